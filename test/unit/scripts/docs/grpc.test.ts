import { describe, expect, it } from 'vitest';
import { grpcMarkdown } from '../../../../scripts/docs/grpc.mjs';

const PROTO = `syntax = "proto3";
package some.v1;
// Serves.
service Agent {
  // Tells.
  rpc Get(GetRequest) returns (stream Answer);

  // Changing things.

  // Sets | resets.
  rpc Set(Answer) returns (GetRequest);
}
// Empty.
message GetRequest {}
// What is told,
// in two lines.
message Answer {
  // Bytes.
  optional uint64 some_bytes = 1;
  // Kinds.
  repeated Kind kinds = 2;
  // By name.
  map<string, uint32> counts = 3;
}
// Which.
enum Kind {
  // Never sent.
  KIND_UNSPECIFIED = 0;
}
`;

describe('grpcMarkdown', () => {
  const text = grpcMarkdown(PROTO);

  it('has calls with what they take and give, and their own comments', () => {
    expect(text).toContain('| `Get` | – | stream of [Answer](#answer) | Tells. |');
    expect(text).toContain('| `Set` | [Answer](#answer) | – | Sets \\| resets. |');
  });

  it('has fields by their names in the .proto, with their kind', () => {
    expect(text).toContain('| `some_bytes` | optional uint64 | Bytes. |');
    expect(text).toContain('| `kinds` | list of [Kind](#kind) | Kinds. |');
    expect(text).toContain('| `counts` | map of string to uint32 | By name. |');
  });

  it('puts comments on one line, and leaves messages without fields out', () => {
    expect(text).toContain('What is told, in two lines.');
    expect(text).not.toContain('### GetRequest');
  });

  it('has the values of enumerations', () => {
    expect(text).toContain('| `KIND_UNSPECIFIED` | Never sent. |');
  });
});

import { Metadata, status as grpcStatus, type ServiceError } from '@grpc/grpc-js';
import { describe, expect, it } from 'vitest';
import { Refused, refusalOf } from '../../../../web/gateway/status.js';

function grpcError(code: grpcStatus, details: string, trailers: Record<string, string> = {}): ServiceError {
  const metadata = new Metadata();
  for (const [key, value] of Object.entries(trailers)) metadata.set(key, value);
  return Object.assign(new Error(details), { code, details, metadata });
}

describe('refusalOf', () => {
  it.each([
    [grpcStatus.INVALID_ARGUMENT, 400],
    [grpcStatus.UNAUTHENTICATED, 401],
    [grpcStatus.FAILED_PRECONDITION, 409],
    [grpcStatus.RESOURCE_EXHAUSTED, 429],
    [grpcStatus.DEADLINE_EXCEEDED, 504],
    [grpcStatus.INTERNAL, 500],
    [grpcStatus.UNKNOWN, 500],
  ])('maps gRPC status %i to %i', (code, status) => expect(refusalOf(grpcError(code, 'x')).status).toBe(status));

  it("passes on the agent's own code, message and cure", () => {
    const error = grpcError(grpcStatus.FAILED_PRECONDITION, 'MODE_REFUSED: ksmtuned runs. Hint: Stop it.', {
      'ksmpilot-code': 'MODE_REFUSED',
    });
    expect(refusalOf(error)).toEqual({
      status: 409,
      body: { code: 'MODE_REFUSED', message: 'ksmtuned runs.', hint: 'Stop it.' },
    });
  });

  it('says that the agent does not answer, with the cure', () => {
    const { status, body } = refusalOf(
      grpcError(
        grpcStatus.UNAVAILABLE,
        'No connection established. Last error: Error: connect ECONNREFUSED 127.0.0.1:50576. Resolution note: ',
      ),
    );
    expect(status).toBe(503);
    expect(body.code).toBe('AGENT_UNREACHABLE');
    expect(body.message).toBe('the agent does not answer: connect ECONNREFUSED 127.0.0.1:50576');
    expect(body.hint).toContain('ksmpilot run');
  });

  it('says that an agent is too old for a call, unless the agent says why itself', () => {
    const { status, body } = refusalOf(grpcError(grpcStatus.UNIMPLEMENTED, 'The server does not implement the method'));
    expect([status, body.code, body.hint]).toEqual([501, 'AGENT_OUTDATED', 'Upgrade ksmpilot on that host.']);
    const own = grpcError(grpcStatus.UNIMPLEMENTED, 'X: no history. Hint: Set it.', { 'ksmpilot-code': 'X' });
    expect(refusalOf(own)).toMatchObject({ status: 501, body: { code: 'X', hint: 'Set it.' } });
  });

  it('knows its own refusals, and takes anything else for a defect', () => {
    expect(refusalOf(new Refused(404, 'REQUEST_INVALID', 'nothing here')).status).toBe(404);
    expect(refusalOf(new Error('boom'))).toEqual({
      status: 500,
      body: { code: 'INTERNAL', message: 'boom', hint: null },
    });
  });
});

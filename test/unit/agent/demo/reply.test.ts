import { describe, expect, it } from 'vitest';
import { parseReply } from '../../../../src/agent/demo/reply.js';

describe('parseReply', () => {
  it('reads what a guest writes', () => {
    expect(parseReply('{"ready":true,"pid":4711,"pageSize":4096}')).toEqual({ ready: true, pid: 4711, pageSize: 4096 });
    expect(parseReply('{"ready":false,"message":"mmap failed with ENOMEM","noLibc":false}')).toEqual({
      ready: false,
      message: 'mmap failed with ENOMEM',
      noLibc: false,
    });
  });

  it.each(['', 'null', '{"ready":true}', '{"ready":"yes","pid":1}', 'node: bad option', '[1]'])(
    'takes %j for a failure and quotes it',
    (line) => {
      expect(parseReply(line)).toEqual({ ready: false, message: `it answered "${line}"`, noLibc: false });
    },
  );

  it('quotes no more than 200 characters', () => {
    const reply = parseReply('x'.repeat(5000));
    expect(reply.ready ? '' : reply.message).toHaveLength('it answered ""'.length + 200);
  });
});

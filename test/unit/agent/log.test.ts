import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { createLog, toText } from '../../../src/agent/log.js';

function capture(isTTY: boolean): { stream: NodeJS.WriteStream; text: () => string } {
  const stream = new PassThrough() as unknown as NodeJS.WriteStream;
  stream.isTTY = isTTY;
  return { stream, text: () => String((stream as unknown as PassThrough).read() ?? '') };
}

describe('createLog', () => {
  it('writes one JSON object a line where nobody watches', () => {
    const { stream, text } = capture(false);
    createLog({ level: 'info', format: 'auto' }, stream).warn('odd', { pid: 7 });
    expect(JSON.parse(text())).toMatchObject({ level: 'warn', msg: 'odd', pid: 7 });
  });
  it('writes text on a terminal', () => {
    const { stream, text } = capture(true);
    createLog({ level: 'info', format: 'auto' }, stream).info('started', { pid: 7, why: 'asked' });
    expect(text()).toMatch(/^\d\d:\d\d:\d\d info {2}started pid=7 why=asked\n$/);
  });
  it('leaves out what is below the level', () => {
    const { stream, text } = capture(false);
    createLog({ level: 'error', format: 'json' }, stream).warn('odd');
    expect(text()).toBe('');
  });
});

describe('toText', () => {
  it('shows nested fields as JSON', () => expect(toText('{"level":"info","msg":"m","a":[1]}')).toContain('a=[1]'));
});

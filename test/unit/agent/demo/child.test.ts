import { describe, expect, it } from 'vitest';
import { GuestChild } from '../../../../src/agent/demo/child.js';

const program = (script: string, endBy: 'eof' | 'SIGTERM' = 'eof'): GuestChild =>
  GuestChild.start({ program: process.execPath, args: ['-e', script], endBy });

const alive = (pid: number | undefined): boolean => {
  try {
    return pid !== undefined && process.kill(pid, 0);
  } catch {
    return false;
  }
};

const ECHO = `require('node:readline').createInterface({ input: process.stdin })
  .on('line', (line) => console.log('noise\\nok ' + line)).on('close', () => process.exit());`;

describe('a guest as a process', () => {
  it('is told lines and answers; others are passed over', async () => {
    const child = program(ECHO);
    for (const word of ['one', 'two']) {
      const answer = child.hear((line) => line.startsWith('ok'), 10_000);
      child.send(word);
      expect(await answer).toBe(`ok ${word}`);
    }
    await child.stop();
    expect(await child.ended).toContain('exit code 0');
  });

  it('that says a last word and ends is heard', async () => {
    const child = program("console.log('sorry'); process.exitCode = 3;");
    expect(await child.hear(() => true, 10_000)).toBe('sorry');
    expect(await child.ended).toBe('it ended with exit code 3; it said: sorry');
  });

  it('that ends instead of answering is told with its last words', async () => {
    const child = program("console.error('no room'); process.exitCode = 1;");
    await expect(child.hear((line) => line === 'ok', 10_000)).rejects.toThrow(
      'it ended with exit code 1; it said: no room',
    );
  });

  it('that is silent is told so', async () => {
    const child = program('setInterval(() => {}, 1000); process.stdin.on("end", () => process.exit()).resume();');
    await expect(child.hear(() => true, 100)).rejects.toThrow('no answer within 0.1 s');
    await child.stop();
    expect(alive(child.pid)).toBe(false);
  });

  it('that cannot be started is told with the reason', async () => {
    const child = GuestChild.start({ program: '/no/such/program', args: [], endBy: 'SIGTERM' });
    await expect(child.hear(() => true, 10_000)).rejects.toThrow(/ENOENT/);
    expect(child.pid).toBeUndefined();
    await child.stop();
  });

  it('that does not end when it is told to is killed', async () => {
    const child = program(
      "process.on('SIGTERM', () => {}); console.log('up'); setInterval(() => {}, 1000);",
      'SIGTERM',
    );
    await child.hear(() => true, 10_000);
    await child.stop();
    expect(await child.ended).toContain('SIGKILL');
    expect(alive(child.pid)).toBe(false);
  }, 15_000);
});

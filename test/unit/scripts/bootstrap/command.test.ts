import { describe, expect, it } from 'vitest';
import { boundToUs, findProgram, runCommand } from '../../../../scripts/bootstrap/command.mjs';

describe('runCommand', () => {
  it('gives the exit code and the last lines of both streams', async () => {
    const result = await runCommand(['sh', '-c', 'seq 1 100; echo oops >&2; exit 3'], { quiet: true });
    expect(result).toMatchObject({ code: 3, signal: null, missing: false, timedOut: false });
    expect(result.tail.split('\n').length).toBeLessThanOrEqual(61);
    expect(result.tail).toContain('100');
    expect(result.tail).toContain('oops');
    expect(result.tail).not.toContain('\n30\n');
  });

  it('tells a program that does not exist', async () => {
    expect(await runCommand(['ksmpilot-no-such-program'], { quiet: true })).toMatchObject({
      code: null,
      missing: true,
    });
  });

  it('ends a program that takes too long', async () => {
    const result = await runCommand(['sleep', '60'], { quiet: true, timeoutMs: 50 });
    expect(result).toMatchObject({ timedOut: true, signal: 'SIGTERM' });
  });
});

describe('findProgram', () => {
  it('finds what execvp would, and nothing else', () => {
    expect(findProgram('sh')).toMatch(/\/sh$/);
    expect(findProgram('ksmpilot-no-such-program')).toBeUndefined();
    expect(findProgram('passwd', '/etc')).toBeUndefined(); // a file, not a program
    expect(findProgram('bin', '/usr')).toBeUndefined(); // a folder
  });
});

describe('boundToUs', () => {
  it('keeps the command as it is, behind setpriv where there is one', () => {
    const argv = boundToUs(['npm', 'ci']);
    expect(argv.slice(-2)).toEqual(['npm', 'ci']);
    if (findProgram('setpriv') !== undefined) expect(argv).toContain('--pdeathsig');
  });
});

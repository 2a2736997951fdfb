import { describe, expect, it } from 'vitest';
import { programArguments, startsAgent } from '../../../../scripts/bootstrap/arguments.mjs';

describe('programArguments', () => {
  it.each([
    [[], ['run']],
    [
      ['--demo', '--mode', 'auto'],
      ['run', '--demo', '--mode', 'auto'],
    ],
    [
      ['status', '--json'],
      ['status', '--json'],
    ],
    [['--version'], ['--version']],
    [['-h'], ['-h']],
    [
      ['run', '--help'],
      ['run', '--help'],
    ],
  ])('%j becomes %j', (given, expected) => {
    expect(programArguments(given)).toEqual(expected);
  });
});

describe('startsAgent', () => {
  it('is true for run alone: no other command is a reason to change the host', () => {
    expect(startsAgent(['run', '--demo'])).toBe(true);
    expect(startsAgent(['run', '--help'])).toBe(false);
    expect(startsAgent(['doctor'])).toBe(false);
    expect(startsAgent(['--version'])).toBe(false);
  });
});

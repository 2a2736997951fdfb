import { describe, expect, it } from 'vitest';
import { HELP, PARTS, readOptions } from '../../../../bench/probes/options.js';

describe('readOptions', () => {
  it('measures everything at least 30 times over unless told otherwise', () => {
    const options = readOptions([]);
    expect(options).toMatchObject({ kind: 'run', quick: false, parts: PARTS, write: false, programs: [] });
    expect(options.kind === 'run' && options.rounds).toBeGreaterThanOrEqual(30);
  });

  it('takes parts and programs more than once', () => {
    const options = readOptions(['--part', 'duty', '--part', 'faults', '--program', 'a.bt', '--program', 'b.bt']);
    expect(options).toMatchObject({ parts: ['faults', 'duty'], programs: ['a.bt', 'b.bt'] });
  });

  it('helps', () => {
    expect(readOptions(['--help'])).toEqual({ kind: 'help' });
    for (const part of PARTS) expect(HELP).toContain(part);
  });

  it.each([
    [['--rounds', '0'], /--rounds/],
    [['--rounds', '1.5'], /--rounds/],
    [['--part', 'fault'], /there is no part fault/],
    [['--speed', '3'], /--speed/],
    [['extra'], /extra/],
    [['--write', '--quick'], /--write wants/],
    [['--write', '--rounds', '29'], /--write wants/],
    [['--write', '--part', 'faults'], /--write wants/],
    [['--write', '--program', 'a.bt'], /--write wants/],
  ])('refuses %j', (argv, message) => {
    expect(() => readOptions(argv)).toThrow(message);
  });

  it('writes the document from a run that is worth it', () => {
    expect(readOptions(['--write', '--rounds', '30'])).toMatchObject({ write: true, rounds: 30 });
  });
});

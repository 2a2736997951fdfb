import { describe, expect, it } from 'vitest';
import { CORE_WORKLOADS, FULL_ROWS, readOptions, type Options } from '../../../../bench/bakeoff/options.js';
import { UsageError } from '../../../../bench/bakeoff/refusal.js';

const catalogue = {
  workloads: [...CORE_WORKLOADS, 'zero', 'exit'],
  policies: ['off', 'default', 'ksmtuned', 'advisor', 'fixed:1250/10', 'cap', 'ksmpilot'],
  corePolicies: ['off', 'ksmpilot'],
  isPolicy: (name: string): boolean => /^(off|default|ksmtuned|advisor|cap|ksmpilot|fixed:\d+\/\d+)$/.test(name),
};

function run(...argv: string[]): Extract<Options, { kind: 'run' }> {
  const options = readOptions(argv, catalogue);
  if (options.kind !== 'run') throw new Error(`read as ${options.kind}`);
  return options;
}

describe('readOptions', () => {
  it('runs everything without options, and keeps the rows', () => {
    const { selection, full, json } = run();
    expect(selection).toMatchObject({ workloads: catalogue.workloads, policies: catalogue.policies });
    expect(selection).toMatchObject({ prices: [4, 8, 16], repeats: 3, seed: 1, shard: undefined });
    expect({ full, json }).toEqual({ full: true, json: FULL_ROWS });
  });

  it('knows quick: few cells, once, at one price, no document, no file', () => {
    const { selection, full, quick, json } = run('--quick');
    expect(selection).toMatchObject({ workloads: ['storm', 'churn', 'idle'], prices: [8], repeats: 1 });
    expect(selection.policies).toEqual(['off', 'default', 'ksmtuned', 'advisor', 'fixed:1250/10', 'ksmpilot']);
    expect({ full, quick, json }).toEqual({ full: false, quick: true, json: undefined });
  });

  it('knows core: the workloads that decide', () => {
    const { selection, full } = run('--core');
    expect(selection).toMatchObject({ workloads: CORE_WORKLOADS, policies: ['off', 'ksmpilot'], repeats: 3 });
    expect(full).toBe(false);
  });

  it('takes names one by one, by commas, and once each', () => {
    const { selection, full } = run('--workload', 'storm,idle', '--workload', 'storm', '--policy', 'fixed:300/20, off');
    expect(selection.workloads).toEqual(['storm', 'idle']);
    expect(selection.policies).toEqual(['fixed:300/20', 'off']);
    expect(full).toBe(false);
  });

  it('lets single options override a preset', () => {
    const { selection } = run('--quick', '--workload', 'exit', '--prices', '4,16', '--repeats', '2', '--seed', '7');
    expect(selection).toMatchObject({ workloads: ['exit'], prices: [4, 16], repeats: 2, seed: 7 });
  });

  it('takes a shard for a part of the run, which writes no document', () => {
    expect(run('--shard', '2/3')).toMatchObject({ selection: { shard: { part: 2, of: 3 } }, full: false });
  });

  it('goes on in the file it resumes, or in another', () => {
    expect(run('--resume', 'a.json')).toMatchObject({ resume: 'a.json', json: 'a.json' });
    expect(run('--resume', 'a.json', '--json', 'b.json', '--redo-above', '0.3')).toMatchObject({
      resume: 'a.json',
      json: 'b.json',
      redoAbove: 0.3,
    });
  });

  it('reports on several files', () => {
    expect(readOptions(['--report', 'a.json', 'b.json'], catalogue)).toEqual({
      kind: 'report',
      files: ['a.json', 'b.json'],
    });
  });

  it('helps', () => {
    expect(readOptions(['--quick', '--help'], catalogue)).toEqual({ kind: 'help' });
  });

  it.each([
    [['--workload', 'nope'], /no workload nope; there are storm/],
    [['--policy', 'nope'], /no policy nope/],
    [['--quick', '--core'], /exclude/],
    [['--repeats', '0'], /--repeats wants a whole number from 1, not 0/],
    [['--repeats', '1.5'], /--repeats/],
    [['--seconds', 'x'], /--seconds/],
    [['--prices', '8,0'], /--prices/],
    [['--prices', ''], /--prices/],
    [['--shard', '4/3'], /--shard/],
    [['--shard', '0/3'], /--shard/],
    [['--redo-above', '-1'], /redo-above/],
    [['--nope'], /nope/],
    [['storm'], /what is storm/],
  ])('refuses %s', (argv, why) => {
    expect(() => readOptions(argv, catalogue)).toThrow(why);
    expect(() => readOptions(argv, catalogue)).toThrow(UsageError);
  });
});

import { describe, expect, it } from 'vitest';
import { renderReport } from '../../../../bench/probes/report.js';
import { faultRows, type Row } from '../../../../bench/probes/rows.js';
import { targets } from '../../../../bench/probes/targets.js';
import { KINDS, type Kind, type Samples } from '../../../../bench/probes/types.js';

const SETS = ['nothing', 'empty', 'window', 'all'].map((name) => ({
  name,
  title: `${name}, at length`,
  text: undefined,
}));

/** Figures that rise from round to round, the same for all kinds; `added` above them by set. */
function samples(added: Readonly<Record<string, number>>): Samples {
  const figures = (more: number): number[] => Array.from({ length: 30 }, (_, round) => 2000 + round + more);
  return new Map(
    SETS.map(({ name }) => [name, new Map<Kind, number[]>(KINDS.map((kind) => [kind, figures(added[name] ?? 0)]))]),
  );
}

const FAULTS = faultRows(SETS, samples({ empty: 110, window: 150, all: 310 }));

describe('faultRows', () => {
  it('compares each set with nothing and with the empty program, round by round', () => {
    const row = FAULTS.find((one) => one.part === 'faults' && one.set === 'all' && one.kind === 'break');
    expect(row).toMatchObject({
      min: 2310,
      median: 2324.5,
      aboveNothing: { median: 310, low: 310, high: 310, pairs: 30 },
      aboveEmpty: { median: 200, low: 200, high: 200 },
    });
    expect(FAULTS).toHaveLength(SETS.length * KINDS.length);
  });
});

describe('targets', () => {
  it('are met, missed, or not measured, each by its own limit', () => {
    const verdicts = targets(FAULTS).map(({ what, verdict }) => [what, verdict]);
    expect(verdicts).toEqual([
      ['an ordinary anonymous fault, window', 'met'],
      ['an ordinary anonymous fault, all', 'missed'],
      ['a write-protect fault of a process without mergeable memory, window', 'met'],
      ['a write-protect fault of a process without mergeable memory, all', 'missed'],
      ['a COW break of a KSM page, window', 'met'],
      ['a COW break of a KSM page, all', 'met'],
      ['from exec of bpftrace to the first frame, all programs', 'not measured'],
      ['the duty cycle over a day, at the dearest of the fault rates below', 'not measured'],
    ]);
  });

  it('judge the duty cycle by its dearest rate', () => {
    const cost = {
      part: 'duty',
      how: 'computed',
      faultsPerSec: 1,
      breaksPerSec: 0,
      seconds: 86_400,
      windows: 9,
    } as const;
    const parts = { attachedShare: 0.01, windowCores: 0.002, steadyCores: 0.0015 };
    const rows: Row[] = [
      { ...cost, ...parts, taxCores: 0.001 },
      { ...cost, ...parts, taxCores: 0.0016 },
      { ...cost, ...parts, how: 'measured', taxCores: 1 },
    ];
    expect(targets(rows).at(-1)).toMatchObject({ measured: '0.510 %', verdict: 'missed' });
    expect(targets(rows.slice(0, 1)).at(-1)).toMatchObject({ measured: '0.450 %', verdict: 'met' });
  });
});

describe('renderReport', () => {
  const machine: Row = {
    part: 'machine',
    kernel: '6.18.0',
    cpu: 'a CPU',
    cpus: 2,
    bpftrace: '0.17.0',
    loadBefore: 0.1,
    loadAfter: 1.25,
    quick: false,
    missing: ['kvm (no kvm:kvm_unmap_hva_range)'],
  };
  const text = renderReport([machine, ...FAULTS]);

  it('shows every kind of fault under every set', () => {
    for (const kind of KINDS) expect(FAULTS.some((row) => row.part === 'faults' && row.kind === kind)).toBe(true);
    expect(text.match(/^\| all \|/gm)).toHaveLength(KINDS.length);
    expect(text).toContain('| all | 2310 | 2325 | 310 (310 to 310) | 200 (200 to 200) |');
    expect(text).toContain('- all: all, at length');
  });

  it('says what it ran on, and what was not measured', () => {
    expect(text).toContain('Linux 6.18.0, 2 CPUs (a CPU), bpftrace 0.17.0; load average 0.10 before, 1.25 at the end.');
    expect(text).toContain('Not measured: kvm (no kvm:kvm_unmap_hva_range).');
  });

  it('leaves out the parts that have no rows', () => {
    expect(text).not.toContain('## bpftrace itself');
    expect(text).not.toContain('## The duty cycle');
    expect(text).not.toContain('undefined');
    expect(text).not.toContain('NaN');
  });
});

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { kernelsMarkdown, tableOf } from '../../../../scripts/kernels/table.mjs';
import { GUESTS } from '../../../../scripts/kernels/targets.mjs';
import { packageRoot } from '../../../../src/agent/paths.js';
import type { GuestResult } from '../../../kernels/boot.js';
import { type CowGrowth, ROUNDS, type RoundReport } from '../../../kernels/inside/report.js';

const NONE: CowGrowth = {
  ...{ attributed: 0, byUser: 0, byKernel: 0, byGuest: 0, byRemote: 0, byUnmerge: 0, byPin: 0, zero: 0, cow_ksm: 0 },
};

const round: RoundReport = {
  round: 'tracepoint',
  cowTier: 'tracepoint',
  states: [{ name: 'scanner', state: 'running', detail: 'bpf/scanner.bt by bpftrace 0.23.2', restarts: 0 }],
  breaks: {
    growth: { ...NONE, attributed: 31, cow_ksm: 37 },
    first: 31,
    child: 0,
    second: 0,
    lifetimes: 31,
    serviceTimes: 0,
  },
  stop: { ...NONE, cow_ksm: 41 },
  zeroPages: undefined,
  machine: { growth: { ...NONE, attributed: 13, cow_ksm: 17 }, charged: 13 },
  scanner: {
    ...{ fullScans: 7, mergesNew: 50, mergesInto: 53, entered: 2, exited: 2, mergesOfFirst: 53 },
    kernel: { fullScans: 7, shared: 50, sharing: 53 },
  },
  bpftraceVersion: '0.23.2',
  lostEvents: 0,
  unparsedLines: 0,
  seconds: 30,
};

const result: GuestResult = {
  guest: { kernel: '6.12', bpftrace: '0.23', levels: 5 },
  versions: { kernel: '6.12.1-1', bpftrace: '0.23.2-2', qemu: '1:10.0.1' },
  facts: { release: '6.12.1+deb13-cloud-amd64', pagingLevels: 5 },
  rounds: [
    round,
    {
      ...round,
      round: 'best',
      cowTier: 'fentry',
      machine: undefined,
      zeroPages: { growth: NONE, merges: 3, charged: 2 },
    },
  ],
  muted: undefined,
  failed: [],
  bootSec: 4,
  totalSec: 60,
};

describe('tableOf', () => {
  it('has a row for each round: what was refused, what was counted, what the kernel says', () => {
    expect(tableOf([result]).split('\n').slice(2)).toEqual([
      '| 6.12.1-1 | 0.23.2-2 | 5 levels | do_wp_page | tracepoint | 31 | 78 | 47 | not told apart | 13 of 17 | bpf/scanner.bt | 7 of 7 | 103 of 103 |',
      '| 6.12.1-1 | 0.23.2-2 | 5 levels | nothing | fentry | 31 | 78 | 47 | 2 | no /dev/kvm | bpf/scanner.bt | 7 of 7 | 103 of 103 |',
    ]);
  });

  it('has as many cells in each row', () => {
    const cells = tableOf([result])
      .split('\n')
      .map((line) => line.split('|').length);
    expect(new Set(cells).size).toBe(1);
  });
});

describe('docs/kernels.md', () => {
  it('has a row for each guest and round', () => {
    const rows = readFileSync(join(packageRoot, 'docs/kernels.md'), 'utf8').split('\n');
    for (const { kernel, bpftrace, levels } of GUESTS) {
      const start = new RegExp(`^\\| ${kernel}\\.\\S+ \\| ${bpftrace}\\.\\S+ \\| ${levels} levels `);
      expect(rows.filter((row) => start.test(row))).toHaveLength(ROUNDS.length);
    }
  });
});

describe('kernelsMarkdown', () => {
  it('names each QEMU once', () => {
    expect(kernelsMarkdown([result, result])).toContain('QEMU 1:10.0.1, `-accel');
  });
});

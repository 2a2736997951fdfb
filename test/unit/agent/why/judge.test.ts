import { describe, expect, it, test } from 'vitest';
import type { Evidence } from '../../../../src/agent/why/evidence.js';
import { reasonsFor, standingOf, standsInTheWay } from '../../../../src/agent/why/judge.js';
import { REASONS, type Reason, type ReasonCode } from '../../../../src/agent/why/reason.js';
import { CASES } from '../../../helpers/why-cases.js';
import { evidenceWith, HEALTHY, MIB_PAGES } from '../../../helpers/why-evidence.js';

const MIB = 1024 * 1024;

const codes = (evidence: Evidence): ReasonCode[] => reasonsFor(evidence).map(({ code }) => code);
const only = (evidence: Evidence, code: ReasonCode): Reason | undefined =>
  reasonsFor(evidence).find((reason) => reason.code === code);

test('every code has a case', () => {
  expect(CASES.map(({ code }) => code).sort()).toEqual(Object.keys(REASONS).sort());
});

describe.each(CASES)('$code', ({ code, when, bytes, says, cure }) => {
  it('is the one reason where it holds, and none where it does not', () => {
    expect(codes(when)).toEqual([code]);
    expect(codes(HEALTHY)).toEqual([]);
  });

  it('has its figure, evidence with its sources, and a cure', () => {
    const reason = only(when, code);
    expect(reason?.bytes).toBe(bytes);
    expect(reason?.bound === undefined).toBe(bytes === undefined);
    expect(reason?.sentence).toMatch(says);
    expect(reason?.cure).toMatch(cure);
    expect(reason?.effect).toBe(REASONS[code].effect);
    expect(reason?.evidence.length).toBeGreaterThan(0);
    for (const fact of reason?.evidence ?? []) expect([fact.what, fact.source]).not.toContain('');
  });
});

describe('order', () => {
  it('begins with what explains most, and ends with notes, however large', () => {
    const many = evidenceWith({
      memory: { shared: 300 * MIB_PAGES, hugetlb: 30 * MIB_PAGES, offeredHuge: 1000 * MIB_PAGES },
      ksm: { run: 0 },
      rivals: ['momd (pid 9)'],
    });
    expect(codes(many)).toEqual(['shared', 'ksm_stopped', 'hugetlb', 'huge_pages', 'rival']);
  });

  it('puts what has no figure after what has', () => {
    const nothing = evidenceWith({
      ksm: { run: 0 },
      memory: { offered: 0, unoffered: 20 * MIB_PAGES },
      tally: { visited: 0, merged: 0 },
    });
    expect(codes(nothing)).toEqual(['not_offered', 'ksm_stopped']);
    expect(only(nothing, 'ksm_stopped')?.bytes).toBeUndefined();
  });
});

describe('thresholds', () => {
  it.each<[string, Evidence]>([
    ["a monitor's own heap", evidenceWith({ memory: { unoffered: 100 * MIB_PAGES } })],
    [
      'the heap of a small machine',
      evidenceWith({
        memory: { resident: 80 * MIB_PAGES, offered: 16 * MIB_PAGES, unoffered: 60 * MIB_PAGES },
        tally: { visited: 16 * MIB_PAGES, merged: 16 * MIB_PAGES },
      }),
    ],
    ['libraries', evidenceWith({ memory: { file: 200 * MIB_PAGES } })],
    ['a page or two that are shared', evidenceWith({ memory: { shared: 255 } })],
    ['what ksmd has not come to since a moment', evidenceWith({ tally: { visited: 1024 * MIB_PAGES - 255 } })],
    ['one changed page in a hundred', evidenceWith({ look: { changed: 10 } })],
    ['locked memory without a device', evidenceWith({ pins: { lockedBytes: 1024 * MIB } })],
    ['smart_scan that never skipped', evidenceWith({ ksm: { smart_scan: 1 } })],
    ['nodes apart on one node', evidenceWith({ ksm: { merge_across_nodes: 0 } })],
  ])('%s: no reason', (_, evidence) => {
    expect(codes(evidence)).toEqual([]);
  });

  it('tells of a backend that was left out beside one that is offered, and of a part of a plain process', () => {
    expect(codes(evidenceWith({ memory: { unoffered: 512 * MIB_PAGES } }))).toEqual(['not_offered']);
    const process_ = evidenceWith({
      guest: { kind: 'process' },
      memory: { resident: 40 * MIB_PAGES, offered: 16 * MIB_PAGES, unoffered: 20 * MIB_PAGES },
      tally: { visited: 16 * MIB_PAGES, merged: 16 * MIB_PAGES },
    });
    expect(codes(process_)).toEqual(['not_offered']);
    const backend = evidenceWith({
      memory: { resident: 80 * MIB_PAGES, offered: 16 * MIB_PAGES, unoffered: 60 * MIB_PAGES },
      tally: { visited: 16 * MIB_PAGES, merged: 16 * MIB_PAGES },
      options: { mergeOff: '-object memory-backend-ram,id=more,merge=off' },
    });
    expect(codes(backend)).toEqual(['merge_option_off']);
  });

  it('tells a small guest of its small parts', () => {
    const small = evidenceWith({
      memory: { resident: 500, offered: 0, unoffered: 300 },
      tally: { visited: 0, merged: 0 },
    });
    expect(codes(small)).toEqual(['not_offered']);
  });
});

describe('what the kernel does not tell', () => {
  const old: Evidence = {
    ...HEALTHY,
    tally: {},
    ksm: { run: 1, pages_to_scan: 100, sleep_millisecs: 20 },
    pace: { seconds: 2, scanned: null, skipped: null },
    look: undefined,
  };

  it('is no reason', () => {
    expect(codes(old)).toEqual([]);
  });

  it('stays unknown in the standing, and all counts as unmerged', () => {
    expect(standingOf(old)).toEqual({
      residentBytes: 1100 * MIB,
      offeredBytes: 1024 * MIB,
      mergedBytes: undefined,
      zeroBytes: undefined,
      unmergedBytes: 1024 * MIB,
    });
  });
});

describe('when ksmd comes', () => {
  const unvisited = (changes: Parameters<typeof evidenceWith>[0]): Reason | undefined =>
    only(evidenceWith({ tally: { visited: 0 }, ...changes }), 'not_visited');

  it('is a full scan at the pace that was measured, skipped pages included', () => {
    // 262,000 known and 262,144 new pages.
    expect(unvisited({ pace: { scanned: 100_000, skipped: 100_000 } })?.sentence).toContain('about 5.2 s');
  });

  it('says of smart_scan what it does now', () => {
    const now = (skipped: number): string | undefined =>
      only(evidenceWith({ ksm: { smart_scan: 1, pages_skipped: 9e6 }, pace: { skipped } }), 'smart_scan')?.sentence;
    expect([now(0), now(100_000)]).toEqual([
      expect.stringContaining('none in the last 2 s'),
      expect.stringContaining('50 % of what it passes'),
    ]);
  });

  it('is what the knobs allow where ksmd slept meanwhile', () => {
    const reason = unvisited({ pace: { scanned: 0 } });
    expect(reason?.sentence).toContain('about 10 s');
    expect(reason?.evidence.map(({ what }) => what)).toContain('pace of ksmd at most');
  });

  it('is never while KSM is stopped, and not to be told where nothing bounds the pace', () => {
    expect(unvisited({ ksm: { run: 0 } })?.sentence).toContain('never will while KSM is stopped');
    expect(unvisited({ pace: { scanned: 0 }, ksm: { sleep_millisecs: 0 } })?.sentence).toContain('cannot be told');
  });
});

describe('kinds', () => {
  it('run = 2 is told as what it is', () => {
    expect(only(evidenceWith({ ksm: { run: 2 } }), 'ksm_stopped')?.sentence).toContain('unmerge everything');
  });

  it("pinning by the program's own doing has another cure than VFIO", () => {
    const reason = only(evidenceWith({ pins: { pinnedBytes: 64 * MIB } }), 'pinned');
    expect([reason?.bytes, reason?.cure]).toEqual([64 * MIB, expect.stringContaining('RDMA')]);
  });

  it("the kernel's advisor is a rival with a cure of its own", () => {
    const reason = only(evidenceWith({ ksm: { advisor_mode: 'scan-time' } }), 'rival');
    expect(reason?.cure).toContain('echo none');
  });
});

test('limits and notes do not stand in the way; the rest does', () => {
  const inTheWay = CASES.filter(({ when }) => standsInTheWay(reasonsFor(when))).map(({ code }) => code);
  expect(inTheWay).toEqual([
    'ksm_absent',
    'ksm_stopped',
    'merge_option_off',
    'not_offered',
    'shared',
    'hugetlb',
    'file_pages',
    'pinned',
    'volatile',
    'not_visited',
    'swapped',
  ]);
});

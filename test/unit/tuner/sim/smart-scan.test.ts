import { describe, expect, test } from 'vitest';
import { HostSim } from '../../../../src/tuner/sim/host-sim.js';
import { KsmSim } from '../../../../src/tuner/sim/page-model.js';

const PAGES = 50;
/** Full scans at which the kernel's table looks, with smart_scan on; then it is off for two. */
const LOOKS = [2, 4, 9, 14, 23, 45];
const KNOBS = { run: 1, pages_to_scan: 10_000, sleep_millisecs: 20, smart_scan: 1 };

/** A host that can be stepped by full scans, page by page or by cohorts. */
interface Steps {
  guest(name: string): void;
  /** All pages of both guests become equal, page by page. */
  fill(): void;
  scans(count: number): void;
  smartScan(value: number): void;
  merged(): number;
}

function pageByPage(equal: boolean): Steps {
  const sim = new KsmSim();
  sim.knobs = KNOBS;
  return {
    guest: (name) => void sim.addGuest(name, PAGES, (index) => (equal ? index : undefined)),
    fill: () => {
      for (const guest of sim.guests) guest.pages.forEach((page, index) => sim.write(page, index));
    },
    scans(count) {
      const until = sim.fullScans + count;
      while (sim.fullScans < until) sim.advance(0.001);
    },
    smartScan: (value) => sim.set('smart_scan', value),
    merged: () => sim.sharingPages,
  };
}

function byCohorts(equal: boolean): Steps {
  const sim = new HostSim({ knobs: KNOBS });
  const mergeable = equal ? 1 : 0;
  sim.defineSet({
    name: 'copies',
    contents: PAGES,
    layout: 'distinct',
    writesPerSec: 0,
    mergeable,
    mergeableAfterWrite: 1,
  });
  return {
    guest: (name) => sim.startGuest(name, [{ set: 'copies', pages: PAGES }]),
    fill() {
      sim.knobs = { ...sim.knobs, run: 0 };
      sim.setRate('copies', 50);
      sim.advance(1);
      sim.setRate('copies', 0);
      sim.knobs = { ...sim.knobs, run: 1 };
    },
    scans(count) {
      const until = sim.fullScans + count;
      while (sim.fullScans < until) sim.advance(0.001);
    },
    smartScan: (value) => {
      sim.knobs = { ...sim.knobs, smart_scan: value };
    },
    merged: () => Math.round(sim.observe().pages_sharing),
  };
}

/** Pages merged at each of LOOKS, then after two more full scans with smart_scan 0. */
function play(host: Steps): number[] {
  let passed = 0;
  const seen = LOOKS.map((at) => {
    host.scans(at - passed);
    passed = at;
    return host.merged();
  });
  host.smartScan(0);
  host.scans(2);
  return [...seen, host.merged()];
}

function later(host: Steps, offset: number): number[] {
  host.guest('first');
  host.scans(offset);
  host.guest('second');
  return play(host);
}

function aged(host: Steps, offset: number): number[] {
  host.guest('first');
  host.scans(offset);
  host.guest('second');
  host.scans(32);
  host.fill();
  return play(host);
}

const P = PAGES;
/** docs/smart-scan.md, measured on 6.18: which offsets had merged by which full scan. */
const KERNEL_LATER: readonly (readonly [readonly number[], readonly number[]])[] = [
  [
    [0, 1, 2, 4, 7, 12],
    [P, P, P, P, P, P, P],
  ],
  [
    [3, 5, 6, 10, 11],
    [0, P, P, P, P, P, P],
  ],
  [
    [8, 14, 17],
    [0, 0, P, P, P, P, P],
  ],
  [[9], [0, 0, 0, P, P, P, P]],
  [
    [13, 15, 16],
    [0, 0, 0, 0, 0, 0, P],
  ],
];

describe.each([
  ['page by page', pageByPage],
  ['by cohorts', byCohorts],
] as const)('smart_scan %s', (_, make) => {
  test.each(KERNEL_LATER)('a copy later by %j full scans merges as on the kernel', (offsets, merged) => {
    for (const offset of offsets) expect(later(make(true), offset), `offset ${offset}`).toEqual(merged);
  });

  test('copies that aged for themselves meet at every ninth offset only, and at 0 all do', () => {
    for (let offset = 0; offset <= 17; offset++) {
      const merged = aged(make(false), offset);
      expect(merged.at(-2), `offset ${offset}`).toBe(offset % 9 === 0 ? P : 0);
      expect(merged.at(-1), `offset ${offset}`).toBe(P);
    }
  });

  test('ages stand still while it is 0', () => {
    const host = make(true);
    host.guest('first');
    host.smartScan(0);
    host.scans(40);
    host.smartScan(1);
    // As young as on its first visit: a copy 13 full scans later would else never meet it.
    host.scans(1);
    host.guest('second');
    host.scans(2);
    expect(host.merged()).toBe(P);
  });
});

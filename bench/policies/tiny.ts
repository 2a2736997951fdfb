/**
 * The bake-off's workloads (bench/bakeoff/workloads) at their own sizes, as far as the simulator knows such things: what
 * is there before the window was scanned fast while the agent looked on, then `run` was 0 and the policy took over.
 */

import type { ContentSpec } from '../../src/tuner/sim/content-set.js';
import type { SegmentSpec } from '../../src/tuner/sim/host-sim.js';
import { alike, byTime, OWN, rewrite, start, stop } from '../../src/tuner/sim/scenario-parts.js';
import type { Workload, WorkloadEvent } from '../../src/tuner/sim/workload.js';

const DEFAULT = { pages_to_scan: 100, sleep_millisecs: 20 };

/** Nobody scans, the agent looks on. */
const WAIT = { seconds: 5, knobs: { run: 0, ...DEFAULT } };

/** Full scans in quick succession until all is merged or aged. */
const SCAN = { seconds: 10, knobs: { run: 1, pages_to_scan: 20_000, sleep_millisecs: 20 } };

type Tiny = Pick<Workload, 'name' | 'what' | 'seconds' | 'sets' | 'events' | 'prepare' | 'changeSec'>;

function guests(count: number, atSec: number, segments: readonly SegmentSpec[]): WorkloadEvent[] {
  return Array.from({ length: count }, (_, n) => start(atSec, n, segments));
}

const moving = (name: string, writesPerSec: number): ContentSpec => ({
  name,
  contents: 0,
  layout: 'random',
  writesPerSec,
  mergeable: 0,
});

/** A guest's memory comes within two seconds. */
function arriving(n: number, atSec: number, segments: readonly SegmentSpec[]): WorkloadEvent[] {
  const half = segments.map(({ set, pages }) => ({ set, pages: Math.floor(pages / 2) }));
  return [start(atSec, n, half), { atSec: atSec + 1, kind: 'grow', guest: `guest-${n}`, segments: half }];
}

const STORM: Tiny = {
  name: 'storm',
  what: 'four guests of 190 MiB, one every other second, three quarters alike',
  seconds: 60,
  prepare: WAIT,
  // The two halves of a guest arrive apart; alike are first halves with first halves.
  sets: [alike('first', 18_229), alike('second', 18_229), OWN, moving('busy', 0.5)],
  events: byTime(
    [0, 1, 2, 3].flatMap((n): WorkloadEvent[] => [
      start(2 * n, n, [
        { set: 'first', pages: 18_229 },
        { set: OWN.name, pages: 5_743 },
      ]),
      {
        atSec: 2 * n + 1,
        kind: 'grow',
        guest: `guest-${n}`,
        segments: [
          { set: 'second', pages: 18_229 },
          { set: OWN.name, pages: 5_743 },
          { set: 'busy', pages: 487 },
        ],
      },
    ]),
  ),
};

const STEADY: Tiny = {
  name: 'steady',
  what: 'all merged before; then fifty pages a second break, and as many become alike',
  seconds: 30,
  prepare: SCAN,
  sets: [alike('image', 8_009, 50 / (4 * 8_009)), OWN],
  events: guests(4, -10, [
    { set: 'image', pages: 8_009 },
    { set: OWN.name, pages: 4_787 },
  ]),
};

const CHURN: Tiny = {
  name: 'churn',
  what: 'two thousand pages a second become alike and live for twenty seconds',
  seconds: 45,
  prepare: SCAN,
  sets: [OWN, { name: 'churn', contents: 8_009, layout: 'random', writesPerSec: 1 / 20, mergeable: 0.8 }],
  events: guests(4, -10, [
    { set: 'churn', pages: 12_007 },
    { set: OWN.name, pages: 787 },
  ]),
};

const PHASE: Tiny = {
  name: 'phase',
  what: 'guests that share nothing; half of their memory becomes alike in the middle, and no sign of it',
  seconds: 40,
  changeSec: 20,
  prepare: SCAN,
  sets: [OWN, { ...alike('turning', 6_007), mergeable: 0, mergeableAfterWrite: 1 }],
  events: [
    ...guests(4, -10, [
      { set: OWN.name, pages: 6_007 },
      { set: 'turning', pages: 6_007 },
    ]),
    ...rewrite('turning', 20),
  ],
};

const VOLATILE: Tiny = {
  name: 'volatile',
  what: '60 MiB rewritten every other second, some of it equal for as long',
  seconds: 30,
  prepare: SCAN,
  sets: [{ name: 'busy', contents: 7_001, layout: 'random', writesPerSec: 0.5, mergeable: 0.3 }],
  events: guests(2, -10, [{ set: 'busy', pages: 7_681 }]),
};

const IDLE: Tiny = {
  name: 'idle',
  what: 'eight guests, 100 MiB in all, that share nothing and were scanned before',
  seconds: 30,
  prepare: SCAN,
  sets: [OWN],
  events: guests(8, -10, [{ set: OWN.name, pages: 3_203 }]),
};

const ZERO: Tiny = {
  name: 'zero',
  what: 'four guests over six seconds, seven tenths of them zero',
  seconds: 40,
  prepare: WAIT,
  sets: [{ name: 'zero', contents: 1, layout: 'random', writesPerSec: 0, mergeable: 1, zero: true }, OWN],
  events: [0, 1, 2, 3]
    .flatMap((n) =>
      arriving(n, 2 * n, [
        { set: 'zero', pages: 17_507 },
        { set: OWN.name, pages: 7_507 },
      ]),
    )
    .sort((a, b) => a.atSec - b.atSec),
};

const ARRAYS: Tiny = {
  name: 'arrays',
  what: 'a process that is there maps 300 MiB of eight equal arrays at once',
  seconds: 40,
  changeSec: 10,
  prepare: SCAN,
  sets: [OWN, alike('array', 9_601)],
  events: [
    ...guests(1, -10, [{ set: OWN.name, pages: 2_003 }]),
    {
      atSec: 10,
      kind: 'grow',
      guest: 'guest-0',
      segments: Array.from({ length: 8 }, () => ({ set: 'array', pages: 9_601 })),
    },
  ],
};

const LOGINS: Tiny = {
  name: 'logins',
  what: 'sixty guests of 4 MiB, three of a second, that stay for twelve seconds',
  seconds: 40,
  prepare: WAIT,
  sets: [alike('image', 761), OWN],
  events: byTime(
    Array.from({ length: 60 }, (_, n) => [
      start(Math.floor(n / 3), n, [
        { set: 'image', pages: 761 },
        { set: OWN.name, pages: 257 },
      ]),
      stop(Math.floor(n / 3) + 12, n),
    ]).flat(),
  ),
};

const EXIT: Tiny = {
  name: 'exit',
  what: 'six guests, merged before; five end at once',
  seconds: 30,
  prepare: SCAN,
  sets: [alike('image', 9_001), OWN],
  events: [
    ...guests(6, -10, [
      { set: 'image', pages: 9_001 },
      { set: OWN.name, pages: 3_001 },
    ]),
    ...[0, 1, 2, 3, 4].map((n) => stop(5, n)),
  ],
};

const AGED: Tiny = {
  name: 'aged',
  what: 'two sets of 20,000 equal pages that aged in different phases of smart_scan',
  seconds: 30,
  prepare: WAIT,
  sets: [alike('pair', 20_011)],
  events: [0, 4].map((later, n) => start(-5, n, [{ set: 'pair', pages: 20_011, phase: 22 + later }])),
};

export const TINY: readonly Workload[] = [
  STORM,
  STEADY,
  CHURN,
  PHASE,
  VOLATILE,
  IDLE,
  ZERO,
  ARRAYS,
  LOGINS,
  EXIT,
  AGED,
].map((one) => ({ ...one, memTotalBytes: 8 * 2 ** 30, otherBytes: 2 ** 30 }));

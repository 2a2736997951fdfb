import { totalCores } from './duty-cost.js';
import { verdict, type Estimate } from './interval.js';
import { rowsOf, type Row } from './rows.js';
import type { Kind } from './types.js';

/** What the probes must reach on the tracepoint tier, and whether they do. */
export interface Target {
  readonly what: string;
  readonly limit: string;
  readonly measured: string;
  /** `undecided`: the 95 % interval contains the limit. */
  readonly verdict: 'met' | 'missed' | 'undecided' | 'not measured';
}

/** Nanoseconds above an empty program on the same tracepoints. */
const FAULT_LIMITS: readonly { readonly kind: Kind; readonly what: string; readonly ns: number }[] = [
  { kind: 'touch', what: 'an ordinary anonymous fault', ns: 50 },
  { kind: 'write-protect', what: 'a write-protect fault of a process without mergeable memory', ns: 100 },
  { kind: 'break', what: 'a COW break of a KSM page', ns: 500 },
];
/** Each limit is for what runs in windows, and for what `exact` runs. */
const SETS = ['window', 'all'];
const FIRST_DATA_MS = 3_000;
const LONG_RUN_CORES = 0.005;

export function targets(rows: readonly Row[]): readonly Target[] {
  return [
    ...FAULT_LIMITS.flatMap(({ kind, what, ns }) =>
      SETS.map((set) => faultTarget(rows, { kind, set, ns, what: `${what}, ${set}` })),
    ),
    firstData(rows),
    longRun(rows),
  ];
}

function faultTarget(
  rows: readonly Row[],
  { kind, set, ns, what }: { kind: Kind; set: string; ns: number; what: string },
): Target {
  const row = rowsOf(rows, 'faults').find((one) => one.kind === kind && one.set === set);
  return {
    what,
    limit: `${ns} ns above an empty program`,
    measured: row === undefined ? '' : withInterval(row.aboveEmpty),
    verdict: row === undefined ? 'not measured' : verdict(row.aboveEmpty, ns),
  };
}

function firstData(rows: readonly Row[]): Target {
  const row = rowsOf(rows, 'startup').find(({ name }) => name === 'all');
  return {
    what: 'from exec of bpftrace to the first frame, all programs',
    limit: `${FIRST_DATA_MS / 1000} s`,
    measured: row === undefined ? '' : `${(row.firstFrameMs / 1000).toFixed(2)} s`,
    verdict: row === undefined ? 'not measured' : row.firstFrameMs <= FIRST_DATA_MS ? 'met' : 'missed',
  };
}

function longRun(rows: readonly Row[]): Target {
  // Not the row that stands beside the measured one: in minutes the credit for the first windows is most of the cost.
  const computed = rowsOf(rows, 'duty').filter(({ how, seconds }) => how === 'computed' && seconds >= DAY_SEC);
  const [worst] = computed.toSorted((a, b) => totalCores(b) - totalCores(a));
  return {
    what: 'the duty cycle over a day, at the dearest of the fault rates below',
    limit: percent(LONG_RUN_CORES),
    measured: worst === undefined ? '' : percent(totalCores(worst)),
    verdict: worst === undefined ? 'not measured' : totalCores(worst) < LONG_RUN_CORES ? 'met' : 'missed',
  };
}

const DAY_SEC = 86_400;

/** `120 (110 to 131)`, nanoseconds. */
export function withInterval({ median, low, high }: Estimate): string {
  return `${median.toFixed(0)} (${low.toFixed(0)} to ${high.toFixed(0)})`;
}

/** Of one core. */
export function percent(cores: number): string {
  return `${(cores * 100).toFixed(3)} %`;
}

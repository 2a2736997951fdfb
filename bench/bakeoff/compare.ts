import type { Price } from './score.js';
import { PRICES } from './score.js';
import type { Spread } from './statistics.js';
import { median, spread } from './statistics.js';
import type { Row } from './types.js';

export const OURS = 'ksmpilot';
/** Scans at the CPU cap for as long as the window lasts: the measure of t95, no contestant. */
export const REFERENCE = 'cap';
/** Core-seconds that any net may lie behind the best; see `allowanceFor`. */
export const LEAST_ALLOWANCE = 0.5;

/** The repeats of one policy on one workload, seen at one price. */
export interface Standing {
  readonly policy: string;
  readonly rows: readonly Row[];
  /** Core-seconds. */
  readonly net: Spread;
}

/** One workload at one price. */
export interface Contest {
  readonly workload: string;
  readonly price: Price;
  /** Best first, ours among them if it has run at this price; without the reference. */
  readonly standings: readonly Standing[];
  readonly ours: Standing | undefined;
  /** The best of all others, chosen in hindsight, `off` and every fixed setting included. */
  readonly best: Standing | undefined;
  readonly bestFixed: Standing | undefined;
  readonly off: Standing | undefined;
  /** What ours may lie behind the best of the others, in core-seconds. */
  readonly allowance: number;
  /** Undefined while ours or all others have not run. */
  readonly verdict: Verdict | undefined;
}

/** won: at least as good as the best of the others; within: not worse than the allowance; lost: worse. */
export type Verdict = 'won' | 'within' | 'lost';

export function netAt(row: Row, price: Price): number {
  return { 4: row.net_4, 8: row.net_8, 16: row.net_16 }[price];
}

/** Repeats of a policy on a workload; of ours those at that price, for it decides by price and the others know none. */
export function repeatsOf(rows: readonly Row[], workload: string, policy: string, price: Price): readonly Row[] {
  return rows.filter(
    (row) => row.workload === workload && row.policy === policy && (policy !== OURS || row.price === price),
  );
}

/** The repeat whose net is the median (of an even number the worse of the middle two). */
export function medianRepeat(standing: Standing, price: Price): Row {
  const sorted = standing.rows.toSorted((a, b) => netAt(a, price) - netAt(b, price));
  const row = sorted[Math.ceil(sorted.length / 2) - 1];
  if (row === undefined) throw new RangeError(`${standing.policy} has no repeat`);
  return row;
}

export function contest(rows: readonly Row[], workload: string, price: Price): Contest {
  const standings = namesOf(rows, 'policy')
    .filter((policy) => policy !== REFERENCE)
    .flatMap((policy) => standingOf(policy, repeatsOf(rows, workload, policy, price), price) ?? [])
    .toSorted((a, b) => b.net.median - a.net.median);
  const others = standings.filter(({ policy }) => policy !== OURS);
  const [ours, best] = [standings.find(({ policy }) => policy === OURS), others[0]];
  const allowance = allowanceFor(best?.net.median ?? 0);
  return {
    workload,
    price,
    standings,
    ours,
    best,
    bestFixed: others.find(({ policy }) => isFixed(policy)),
    off: others.find(({ policy }) => policy === 'off'),
    allowance,
    verdict: ours === undefined || best === undefined ? undefined : verdict(ours.net.median, best.net.median),
  };
}

/** All workloads at all prices, workloads in the order in which the rows name them. */
export function contests(rows: readonly Row[]): Contest[] {
  return PRICES.flatMap((price) => namesOf(rows, 'workload').map((workload) => contest(rows, workload, price)));
}

/** 5 % of what the best has, half a core-second at least. */
export function allowanceFor(best: number): number {
  return Math.max(0.05 * Math.abs(best), LEAST_ALLOWANCE);
}

export function verdict(ours: number, best: number): Verdict {
  if (ours >= best) return 'won';
  return ours >= best - allowanceFor(best) ? 'within' : 'lost';
}

/**
 * Share of what could be won over `off` that a policy left: 0 the best of all, 1 as good as `off`, above 1 worse. Null where
 * nothing beats `off` by more than `LEAST_ALLOWANCE`, for a share of next to nothing tells nothing.
 */
export function regret(of: Standing, { standings, off }: Contest): number | null {
  const best = standings[0]?.net.median;
  if (best === undefined || off === undefined || best - off.net.median <= LEAST_ALLOWANCE) return null;
  return (best - of.net.median) / (best - off.net.median);
}

/** The median of t95, a repeat that never got there being later than any other. Null: never; undefined: no rows. */
export function medianT95(rows: readonly Row[]): number | null | undefined {
  const middle = median(rows.map((row) => row.t95_s ?? Infinity));
  return middle === Infinity ? null : middle;
}

/** Rows with `guest_slowdown_pct`: how much less the timed guest did than under the median of `off` on that workload. */
export function withSlowdown(rows: readonly Row[]): Row[] {
  const free = new Map(
    namesOf(rows, 'workload').map((workload) => [
      workload,
      median(rows.flatMap((row) => (row.workload === workload && row.policy === 'off' ? (row.guest_rate ?? []) : []))),
    ]),
  );
  return rows.map((row) => {
    const rate = free.get(row.workload);
    const known = rate !== undefined && rate > 0 && row.guest_rate !== null;
    return { ...row, guest_slowdown_pct: known ? 100 * (1 - row.guest_rate / rate) : null };
  });
}

/** In the order of first appearance. */
export function namesOf(rows: readonly Row[], field: 'workload' | 'policy'): string[] {
  return [...new Set(rows.map((row) => row[field]))];
}

export function isFixed(policy: string): boolean {
  return policy.startsWith('fixed:');
}

function standingOf(policy: string, rows: readonly Row[], price: Price): Standing | undefined {
  const net = spread(rows.map((row) => netAt(row, price)));
  return net && { policy, rows, net };
}

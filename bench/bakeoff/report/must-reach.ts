import type { Contest } from '../compare.js';
import { medianT95, OURS, REFERENCE, repeatsOf } from '../compare.js';
import type { Price } from '../score.js';
import { PRICES } from '../score.js';
import type { Spread } from '../statistics.js';
import { spread } from '../statistics.js';
import type { Sum } from '../sums.js';
import { isRival, sums } from '../sums.js';
import type { Row } from '../types.js';
import { counted, fixed, listed, withSpread } from './format.js';

/** One demand on ksmpilot, and what the rows say about it. */
export interface Check {
  readonly demand: string;
  /** `not measured` while rows that could change the answer are missing. */
  readonly result: 'met' | 'missed' | 'not measured';
  readonly figures: string;
}

const T95_FACTOR = 1.25;
const TAIL_PCT = 1;
const QUIET_PCT = 0.5;
/** The agent's default cap of 50 % of a core, and 10 % of it. */
const PEAK_PCT = 55;

/** @param planned the workloads that a full run plays */
export function mustReach(rows: readonly Row[], contests: readonly Contest[], planned: readonly string[]): Check[] {
  return [
    ...PRICES.map((price) => netCheck(contests, planned, price)),
    ...PRICES.map((price) => sumCheck(contests, planned, price)),
    ...PRICES.map((price) => t95Check(rows, price)),
    ...PRICES.map((price) => tailCheck(rows, price)),
    ...['idle', 'volatile'].flatMap((workload) => PRICES.map((price) => quietCheck(rows, workload, price))),
    capCheck(rows, planned),
  ];
}

function netCheck(contests: readonly Contest[], planned: readonly string[], price: Price): Check {
  const judged = contests.filter((contest) => contest.price === price && contest.verdict !== undefined);
  const named = (verdict: Contest['verdict']): string[] =>
    judged.filter((contest) => contest.verdict === verdict).map(({ workload }) => workload);
  const [lost, within] = [named('lost'), named('within')];
  const missing = planned.filter((name) => !judged.some(({ workload }) => workload === name));
  return {
    demand: `price ${price}: on each workload no worse than the best of the others, less the allowance`,
    result: lost.length > 0 ? 'missed' : missing.length > 0 ? 'not measured' : 'met',
    figures: sentence([
      `${named('won').length} of ${counted(judged.length, 'workload')} won`,
      within.length > 0 && `within the allowance: ${listed(within)}`,
      lost.length > 0 && `lost: ${listed(lost)}`,
      missing.length > 0 && `not run: ${listed(missing)}`,
    ]),
  };
}

function sumCheck(contests: readonly Contest[], planned: readonly string[], price: Price): Check {
  const rivals = sums(contests, price).filter(isRival);
  const above = rivals.filter(({ ours, theirs }) => theirs >= ours);
  const closest = rivals.toSorted((a, b) => a.ours - a.theirs - (b.ours - b.theirs))[0];
  const partial = rivals.filter(({ workloads }) => workloads < planned.length);
  const against = (sum: Sum): string =>
    `${fixed(sum.ours, 2)} against ${fixed(sum.theirs, 2)} of ${sum.against} (${counted(sum.workloads, 'workload')})`;
  return {
    demand: `price ${price}: the sum over the workloads above that of each other policy`,
    result: above.length > 0 ? 'missed' : closest === undefined || partial.length > 0 ? 'not measured' : 'met',
    figures: sentence([
      closest === undefined ? 'nothing to compare with' : `closest: ${against(closest)}`,
      above.length > 1 && `above ours: ${listed(above.map((sum) => sum.against))}`,
      partial.length > 0 && `not on every workload yet: ${counted(partial.length, 'other')}`,
    ]),
  };
}

function t95Check(rows: readonly Row[], price: Price): Check {
  const demand = `price ${price}: storm, time to 95 % at most ${T95_FACTOR} x that of scanning at the cap from the start`;
  const ours = medianT95(repeatsOf(rows, 'storm', OURS, price));
  const { name, t95 } = yardstick(rows, price);
  if (ours === undefined || t95 === undefined) return { demand, result: 'not measured', figures: '' };
  const times = `${ours === null ? 'never' : `${fixed(ours, 1)} s`} against ${fixed(t95, 1)} s of ${name}`;
  if (ours === null) return { demand, result: 'missed', figures: times };
  const factor = ours / t95;
  return { demand, result: factor <= T95_FACTOR ? 'met' : 'missed', figures: `${times}: ${fixed(factor, 2)} x` };
}

/** The reference, or where it has not run the fastest of all others. */
function yardstick(rows: readonly Row[], price: Price): { name: string; t95: number | undefined } {
  const times = [...new Set(rows.map((row) => row.policy))]
    .filter((policy) => policy !== OURS)
    .flatMap((name) => {
      const t95 = medianT95(repeatsOf(rows, 'storm', name, price));
      return t95 === null || t95 === undefined || t95 <= 0 ? [] : [{ name, t95 }];
    })
    .toSorted((a, b) => a.t95 - b.t95);
  return times.find(({ name }) => name === REFERENCE) ?? times[0] ?? { name: '', t95: undefined };
}

function tailCheck(rows: readonly Row[], price: Price): Check {
  const shares = spread(repeatsOf(rows, 'storm', OURS, price).map((row) => row.tail_cpu_pct));
  return share(`price ${price}: storm, ksmd below ${TAIL_PCT} % of a core in the last third`, shares, TAIL_PCT);
}

function quietCheck(rows: readonly Row[], workload: string, price: Price): Check {
  const shares = spread(repeatsOf(rows, workload, OURS, price).map((row) => (100 * row.ksmd_cpu_s) / row.window_s));
  return share(`price ${price}: ${workload}, ksmd below ${QUIET_PCT} % of a core on average`, shares, QUIET_PCT);
}

function share(demand: string, shares: Spread | undefined, limit: number): Check {
  if (shares === undefined) return { demand, result: 'not measured', figures: '' };
  return { demand, result: shares.median < limit ? 'met' : 'missed', figures: `${withSpread(shares, 2)} %` };
}

/** Here the worst repeat counts, not the median. */
function capCheck(rows: readonly Row[], planned: readonly string[]): Check {
  const ours = rows.filter((row) => row.policy === OURS).toSorted((a, b) => b.peak_10s_cpu_pct - a.peak_10s_cpu_pct);
  const worst = ours[0];
  const missing = planned.filter((name) => PRICES.some((price) => repeatsOf(ours, name, OURS, price).length === 0));
  const above = ours.filter((row) => row.peak_10s_cpu_pct > PEAK_PCT);
  return {
    demand: `never more than ${PEAK_PCT} % of a core over any 10 s (cap 50 %), the worst repeat counts`,
    result: above.length > 0 ? 'missed' : worst === undefined || missing.length > 0 ? 'not measured' : 'met',
    figures: sentence([
      worst !== undefined &&
        `highest ${fixed(worst.peak_10s_cpu_pct, 1)} % (${worst.workload}, price ${worst.price ?? 'not set'})`,
      above.length > 0 && `${above.length} of ${counted(ours.length, 'run')} above`,
      missing.length > 0 && `not run at every price: ${listed(missing)}`,
    ]),
  };
}

function sentence(parts: readonly (string | false)[]): string {
  return parts.filter((part) => part !== false).join('; ');
}

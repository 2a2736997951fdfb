/** One case under all policies: what each nets at each price, and how ksmpilot stands against the best of the others. */

import { DEFAULT_TUNER_SETTINGS } from '../../src/tuner/settings.js';
import { policyNamed } from '../../src/tuner/sim/named-policies.js';
import { simulate, type SimResult } from '../../src/tuner/sim/simulate.js';
import type { Case } from './cases.js';

/** CPU seconds that a COW break costs a guest, supposed: a fault and the copy of a page. The bake-off measures its own. */
export const COW_BREAK_SEC = 2e-6;

/** Rivals; those of one name before the colon count as one, at its best setting. */
const RIVALS = [
  'off',
  'default',
  'ksmtuned',
  'ksmtuned:forced',
  'advisor',
  'advisor:60',
  'advisor:20',
  'advisor:5',
  'fixed:1250/10',
  'fixed:5000/10',
  'cap',
] as const;

/** Pages per batch of 10 ms sleeps among which the best constant is looked for; then half-way to its neighbours. */
const GRID = [12, 25, 50, 100, 200, 400, 800, 1600, 3200, 6400, 12_800, 25_600];
const BETWEEN = [0.71, 1.41];

/** Seconds between two pairs of full scans, for the yardstick; no rival. */
const PAIRS_SEC = [75, 150, 300, 600, 1200, 2400, 4800, 9600];

/** Ten seconds may be above the cap by this factor, for ksmpilot; a rival that takes more is none. */
const CAP_TOLERANCE = 1.1;

/** What may be missing to the best of the others: part of its net, and core-seconds. */
const SLACK_PART = 0.05;
const SLACK_CORE_SEC = 0.5;

export interface Standing {
  readonly case: Case;
  readonly price: number;
  readonly pilot: SimResult;
  /** Net of every policy, ksmpilot included, and of the best constant, under the name `best fixed`. */
  readonly nets: ReadonlyMap<string, number>;
  /** Of those that keep the cap. */
  readonly best: { readonly name: string; readonly net: number };
  /** Core-seconds that ksmpilot is below the best, less what is allowed; above 0 is a loss. */
  readonly loss: number;
  /** Pairs of full scans at the cap at the best of several intervals, where asked for. */
  readonly pairs: { readonly name: string; readonly net: number } | null;
  /** Seconds that `cap` took to 95 %. */
  readonly capT95Sec: number | null;
  readonly broken: readonly string[];
}

export function netOf(result: SimResult, price: number): number {
  return result.savedGibSec / price - result.ksmdCpuSec - result.cowBreaks * COW_BREAK_SEC;
}

export function contest(one: Case, prices: readonly number[], withPairs: boolean): readonly Standing[] {
  const run = (name: string, gibPerCore = DEFAULT_TUNER_SETTINGS.gibPerCore): SimResult => {
    const start = policyNamed(name, { ...DEFAULT_TUNER_SETTINGS, gibPerCore });
    if (start === undefined) throw new RangeError(`no policy ${name}`);
    return simulate(one.workload, start);
  };
  const rivals = new Map<string, SimResult>(RIVALS.map((name) => [name, run(name)]));
  const constants = new Map<number, SimResult>();
  const constant = (pages: number): SimResult => {
    const known = constants.get(pages) ?? run(`fixed:${pages}/10`);
    constants.set(pages, known);
    return known;
  };
  const pairs = withPairs ? PAIRS_SEC.map((seconds) => run(`pairs:${seconds}`)) : [];
  return prices.map((price) => {
    const pilot = run('ksmpilot', price);
    const nets = new Map([...rivals].map(([name, result]) => [name, netOf(result, price)]));
    const { pages, net } = bestConstant(constant, price);
    const bestFixed = `fixed:${pages}/10`;
    nets.set('best fixed', net);
    const candidates = [...rivals.values()]
      .filter(keepsCap)
      .map(({ policy }) => ({ name: policy, net: nets.get(policy) ?? 0 }));
    const best = candidates.reduce((a, b) => (b.net > a.net ? b : a), { name: bestFixed, net });
    const own = netOf(pilot, price);
    nets.set('ksmpilot', own);
    const loss = best.net - own - Math.max(SLACK_PART * Math.abs(best.net), SLACK_CORE_SEC);
    const capT95Sec = rivals.get('cap')?.t95Sec ?? null;
    return {
      case: one,
      price,
      pilot,
      nets,
      best,
      loss,
      pairs: pairs
        .map((result) => ({ name: result.policy, net: netOf(result, price) }))
        .reduce<Standing['pairs']>((a, b) => (a === null || b.net > a.net ? b : a), null),
      capT95Sec,
      broken: broken(one, pilot, loss, capT95Sec),
    };
  });
}

function keepsCap({ policy, worstCpuPct }: SimResult): boolean {
  return policy === 'cap' || worstCpuPct <= CAP_TOLERANCE * DEFAULT_TUNER_SETTINGS.maxCpuPct;
}

function bestConstant(constant: (pages: number) => SimResult, price: number): { pages: number; net: number } {
  const at = (pages: number): { pages: number; net: number } => {
    const result = constant(pages);
    return { pages, net: keepsCap(result) ? netOf(result, price) : -Infinity };
  };
  const better = (a: { pages: number; net: number }, b: typeof a): typeof a => (b.net > a.net ? b : a);
  const coarse = GRID.map(at).reduce(better);
  return BETWEEN.map((factor) => at(Math.round(coarse.pages * factor))).reduce(better, coarse);
}

/** Which of issue 3's "must reach" this breaks. */
function broken(one: Case, pilot: SimResult, loss: number, capT95Sec: number | null): readonly string[] {
  const list: string[] = [];
  const meanPct = (100 * pilot.ksmdCpuSec) / pilot.seconds;
  if (loss > 0) list.push('net');
  if (one.nothingToGain && meanPct >= 0.5) list.push(`ksmd ${meanPct.toFixed(2)} %`);
  if (!keepsCap(pilot)) list.push(`cap ${pilot.worstCpuPct.toFixed(0)} %`);
  // One second is what the simulator's clock can tell apart.
  const late = capT95Sec !== null && (pilot.t95Sec ?? Infinity) > Math.max(1.25 * capT95Sec, capT95Sec + 1);
  if (one.storm && late) list.push('t95');
  if (one.storm && pilot.tailCpuPct >= 1) list.push(`tail ${pilot.tailCpuPct.toFixed(2)} %`);
  return list;
}

import type { Contest, Standing } from './compare.js';
import { isFixed, OURS } from './compare.js';
import type { Price } from './score.js';

/** Our net against another's, both added up over the workloads that both have run at this price. */
export interface Sum {
  readonly against: string;
  readonly price: Price;
  /** Core-seconds, sums of medians. */
  readonly ours: number;
  readonly theirs: number;
  readonly workloads: number;
}

/** The best fixed setting, chosen anew for each workload. */
export const BEST_FIXED = 'best fixed, chosen for each workload';
/** The best of all others, chosen anew for each workload: nobody can run it, for it is known only afterwards. */
export const BEST_OF_ALL = 'best other, chosen for each workload';

/** Against each other policy, then the two that are put together in hindsight. Strongest first within the policies. */
export function sums(contests: readonly Contest[], price: Price): Sum[] {
  const played = contests.filter((contest) => contest.price === price && contest.ours !== undefined);
  const names = new Set(played.flatMap(({ standings }) => standings.map(({ policy }) => policy)));
  names.delete(OURS);
  const one = (against: string, theirs: (contest: Contest) => Standing | undefined): Sum[] => {
    const pairs = played.flatMap((contest) => {
      const [ours, other] = [contest.ours, theirs(contest)];
      return ours && other ? [{ ours: ours.net.median, theirs: other.net.median }] : [];
    });
    if (pairs.length === 0) return [];
    const sum = (of: 'ours' | 'theirs'): number => pairs.reduce((total, pair) => total + pair[of], 0);
    return [{ against, price, ours: sum('ours'), theirs: sum('theirs'), workloads: pairs.length }];
  };
  return [
    ...[...names]
      .flatMap((name) => one(name, ({ standings }) => standings.find(({ policy }) => policy === name)))
      .toSorted((a, b) => a.ours - a.theirs - (b.ours - b.theirs)),
    ...([...names].some(isFixed) ? one(BEST_FIXED, ({ bestFixed }) => bestFixed) : []),
    ...one(BEST_OF_ALL, ({ best }) => best),
  ];
}

/** Whether the sum must be above it: all but what nobody can run. */
export function isRival(sum: Sum): boolean {
  return sum.against !== BEST_OF_ALL;
}

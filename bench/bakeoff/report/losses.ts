import type { Contest, Standing } from '../compare.js';
import { medianRepeat, netAt } from '../compare.js';
import { fixed } from './format.js';

/** A contest in which ours is behind. */
export type Behind = Contest & { readonly ours: Standing; readonly best: Standing };

export function isBehind(contest: Contest): contest is Behind {
  return contest.verdict === 'within' || contest.verdict === 'lost';
}

/** A part of the difference in net, in core-seconds: negative where it tells against ours. */
interface Part {
  readonly coreSec: number;
  readonly verdict: string;
  readonly words: string;
}

/** Below this a part of the difference is not worth a word, in core-seconds. */
const WORTH_A_WORD = 0.005;

/**
 * Why ours is behind the best of the others, in one sentence from the median repeats of both: what the difference in saving
 * was worth at this price, and what the differences in ksmd's CPU and in COW breaks cost.
 */
export function lossSentence({ workload, price, ours, best }: Behind): string {
  const [us, them] = [medianRepeat(ours, price), medianRepeat(best, price)];
  const parts = differences(us, them, price).filter(({ coreSec }) => Math.abs(coreSec) >= WORTH_A_WORD);
  const worst = parts.toSorted((a, b) => a.coreSec - b.coreSec)[0];
  const reason = worst === undefined || worst.coreSec >= 0 ? 'even' : worst.verdict;
  return (
    `**${workload}, price ${price}**: ${reason}. Net ${fixed(netAt(us, price), 2)} against ` +
    `${fixed(netAt(them, price), 2)} of ${best.policy}` +
    parts.map(({ words, coreSec }) => `; ${words} (${coreSec < 0 ? '−' : '+'}${fixed(Math.abs(coreSec), 2)})`).join('')
  );
}

function differences(us: Behind['ours']['rows'][number], them: typeof us, price: number): Part[] {
  const saved = us.saved_gib_s - them.saved_gib_s;
  const cpu = us.ksmd_cpu_s - them.ksmd_cpu_s;
  const breaks = us.cow_breaks - them.cow_breaks;
  return [
    {
      coreSec: saved / price,
      verdict: 'saved too little',
      words: `${fixed(Math.abs(saved), 2)} GiB s ${saved < 0 ? 'less' : 'more'} saved`,
    },
    {
      coreSec: -cpu,
      verdict: 'spent too much CPU',
      words: `${fixed(Math.abs(cpu), 2)} s ${cpu < 0 ? 'less' : 'more'} CPU of ksmd`,
    },
    {
      coreSec: them.cow_breaks * them.cow_break_cost_s - us.cow_breaks * us.cow_break_cost_s,
      verdict: 'merged what was soon written to',
      words: `${fixed(Math.abs(breaks), 0)} ${breaks < 0 ? 'fewer' : 'more'} COW breaks`,
    },
  ];
}

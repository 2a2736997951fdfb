/** How likely a prober is to be found, by its size and the share of pages that are looked at. Pure. */

import { MIN_PAGES, MIN_RETURNS } from './limits.js';

export interface Prober {
  /** Pages whose guess is right: a wrong one is never merged, and nothing of it can be seen. */
  readonly rightPages: number;
  /** Times that it fills, waits and writes. */
  readonly rounds: number;
  /** One page in so many is looked at. */
  readonly oneIn: number;
}

/**
 * That MIN_PAGES of its pages are in the sample, each there with probability 1/oneIn; 0 where it makes fewer rounds than a
 * habit takes. For a prober that writes its pages in one sweep, in a guest with little other churn, within the time
 * limits, and where no break of a watched page was missed.
 */
export function detectionProbability({ rightPages, rounds, oneIn }: Prober): number {
  if (rounds < MIN_RETURNS + 1 || rightPages < MIN_PAGES) return 0;
  if (oneIn <= 1) return 1;
  const p = 1 / oneIn;
  let few = 0;
  // The binomial terms of 0 to MIN_PAGES - 1 pages, each from the one before, in logarithms: (1 - p)^n can be tiny.
  let logTerm = rightPages * Math.log1p(-p);
  for (let pages = 0; pages < MIN_PAGES; pages += 1) {
    few += Math.exp(logTerm);
    logTerm += Math.log((rightPages - pages) / (pages + 1)) + Math.log(p) - Math.log1p(-p);
  }
  return Math.max(0, 1 - few);
}

/** Fewest right guesses of a prober that is found with `probability`, given rounds enough. */
export function smallestFound(oneIn: number, probability = 0.95): number {
  const isFound = (rightPages: number): boolean =>
    detectionProbability({ rightPages, rounds: MIN_RETURNS + 1, oneIn }) >= probability;
  let high = MIN_PAGES;
  while (!isFound(high)) high *= 2;
  let low = Math.floor(high / 2);
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (isFound(middle)) high = middle;
    else low = middle;
  }
  return isFound(low) && low >= MIN_PAGES ? low : high;
}

const TABLE_PAGES = [3, 4, 16, 64, 256, 1_024, 4_096];
const TABLE_ONE_IN = [1, 4, 16, 64, 256];

/** The table of docs/side-channel.md, in Markdown. */
export function detectionTable(): readonly string[] {
  const percent = (share: number): string => {
    if (share > 0 && share < 0.001) return '< 0.1 %';
    const text = (share * 100).toFixed(share > 0 && share < 0.1 ? 1 : 0);
    return share < 1 && text === '100' ? '> 99 %' : `${text} %`;
  };
  const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [
    row(['right guesses', ...TABLE_ONE_IN.map((oneIn) => (oneIn === 1 ? 'every page' : `1 page in ${oneIn}`))]),
    row(['--:', ...TABLE_ONE_IN.map(() => '--:')]),
    ...TABLE_PAGES.map((rightPages) =>
      row([
        rightPages.toLocaleString('en-US'),
        ...TABLE_ONE_IN.map((oneIn) => percent(detectionProbability({ rightPages, rounds: MIN_RETURNS + 1, oneIn }))),
      ]),
    ),
    row(['found with 95 % from', ...TABLE_ONE_IN.map((oneIn) => smallestFound(oneIn).toLocaleString('en-US'))]),
  ];
}

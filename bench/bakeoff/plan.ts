import type { Cell } from './types.js';

/** What is to be run. */
export interface Selection {
  readonly workloads: readonly string[];
  readonly policies: readonly string[];
  /** GiB per core at which ksmpilot runs; the other policies know no price. */
  readonly prices: readonly number[];
  readonly repeats: number;
  readonly seed: number;
  /** The `part`-th (from 1) of `of` runs that together make all cells. */
  readonly shard?: { readonly part: number; readonly of: number } | undefined;
}

export interface PlannedCell extends Cell {
  /** Place in the random order of the whole plan, from 1; the same in every shard. */
  readonly order: number;
}

/** The policy that decides by price, and so runs once for each. */
export function isPriced(policy: string): boolean {
  return policy === 'ksmpilot';
}

/**
 * All cells, in random order within each repeat, one repeat after the other: a run that is interrupted has whole repeats,
 * and a drift of the machine hits all policies alike. The order follows from the seed alone.
 */
export function planCells(selection: Selection): readonly PlannedCell[] {
  const { workloads, policies, prices, repeats, seed, shard } = selection;
  const cells = Array.from({ length: repeats }, (_, index) => index + 1).flatMap((repeat) =>
    shuffled(
      workloads.flatMap((workload) =>
        policies.flatMap((policy) =>
          (isPriced(policy) ? prices : [null]).map((price): Cell => ({ workload, policy, repeat, price })),
        ),
      ),
      randomFrom(mixed(`${seed}/order/${repeat}`)),
    ),
  );
  return cells
    .map((cell, index) => ({ ...cell, order: index + 1 }))
    .filter(({ order }) => shard === undefined || (order - 1) % shard.of === shard.part - 1);
}

/** The seed of what a workload's guests hold: equal for all policies of one repeat. A whole number below 2^32. */
export function stageSeed(seed: number, { workload, repeat }: Pick<Cell, 'workload' | 'repeat'>): number {
  return mixed(`${seed}/${workload}/${repeat}`);
}

/** One line that names a cell, the same in progress, store and messages. */
export function cellName({ workload, policy, repeat, price }: Cell): string {
  return `${workload} ${policy}${price === null ? '' : ` at ${price}`} #${repeat}`;
}

/** Fisher and Yates. */
function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const result = [...items];
  for (let at = result.length - 1; at > 0; at -= 1) {
    const other = Math.floor(random() * (at + 1));
    const [a, b] = [result[at], result[other]];
    if (a !== undefined && b !== undefined) [result[at], result[other]] = [b, a];
  }
  return result;
}

/** FNV-1a, 32 bits, with murmur3's last mix: texts that differ in their last digit must differ everywhere. */
function mixed(text: string): number {
  let hash = 0x811c9dc5;
  for (const char of text) hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** Mulberry32: numbers from 0 to below 1. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let value = Math.imul(state ^ (state >>> 15), state | 1);
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61);
    return ((value ^ (value >>> 14)) >>> 0) / 2 ** 32;
  };
}

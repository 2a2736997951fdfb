/** bpftrace's maps have a fixed size and drop new keys without a word: this says when one is about to fill up. */

import { BARS } from '../model/lifetime.js';
import { type EpochCounts, countAt } from './window.js';

/** A map this full calls for a new run with empty maps. */
const FULL = 0.9;
/** Merged pages expected per key when a sampling rate is chosen: half, so that estimate and leftovers have room. */
const ROOM = 0.5;

/** Which map of processes is nearly full and why that matters; undefined: none. */
export function fullMap(counts: EpochCounts, mapKeys: number): string | undefined {
  const maps = { '@merge': counts.merge, '@cow': counts.cow, '@guest': counts.guest, '@comm': counts.comm };
  for (const [name, { size }] of Object.entries(maps)) {
    if (size >= mapKeys * FULL) return `${name} holds ${size} of ${mapKeys} keys, most of processes that ended`;
  }
  return undefined;
}

/** So many processes get lifetimes of their own in bpf/parts/lifetime.bt: one more row, the others', fits as well. */
export function lifetimeProcesses(mapKeys: number): number {
  return Math.max(0, Math.floor(mapKeys / BARS) - 1);
}

/** Should the rows for lifetimes be given out anew? All are taken, another process wants one, and half are of ended ones. */
export function spentRows(
  { lifetime }: EpochCounts,
  mapKeys: number,
  isAlive: (pid: number) => boolean,
): string | undefined {
  const pids = new Set([...lifetime.keys()].map((key) => Number(key.split(',')[0])));
  if (!pids.delete(0) || pids.size === 0 || pids.size < lifetimeProcesses(mapKeys)) return undefined;
  const ended = [...pids].filter((pid) => !isAlive(pid)).length;
  if (ended * 2 < pids.size) return undefined;
  return `of ${pids.size} processes whose merge lifetimes are told apart ${ended} have ended`;
}

/** One merged page in how many is timed; a power of two. */
export class LifetimeSampling {
  readonly #mapKeys: number;
  #oneIn = 1;

  constructor(mapKeys: number) {
    this.#mapKeys = mapKeys;
  }

  get oneIn(): number {
    return this.#oneIn;
  }

  choose(pages: number, atLeast = 1): void {
    let oneIn = 1;
    while (oneIn < atLeast || pages / oneIn > this.#mapKeys * ROOM) oneIn *= 2;
    this.#oneIn = oneIn;
  }

  /** Merge times of pages that were unmapped while merged stay behind; new ones are not taken once the map is full. */
  isPressed(counts: EpochCounts): boolean {
    return countAt(counts.timed, 0) - countAt(counts.timed, 1) >= this.#mapKeys * FULL;
  }
}

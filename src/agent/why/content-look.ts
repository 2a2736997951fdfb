/** Looks twice at pages drawn by lot: which change, which are zeros, which are merged. Works on what it is given. */

import { fraction, type Random } from '../estimate/random.js';
import type { Area } from '../memory-map/areas.js';
import type { Frames } from '../memory-map/frames.js';
import { isKsm } from '../memory-map/page-flags.js';
import { frameOf, isPrivate } from '../memory-map/pagemap.js';
import type { ProcessMemory } from '../memory-map/process-memory.js';

/** Enough that 2 % of changing pages show; 4 MiB of copies are kept meanwhile. */
const DRAWS = 1024;

/** Places tried for one draw: an area may have few of its pages there. */
const TRIES = 64;

/** Where offered pages may be. */
export interface OfferedArea {
  readonly memory: Pick<ProcessMemory, 'pagemap' | 'content'>;
  readonly area: Area;
}

interface Drawn {
  readonly memory: OfferedArea['memory'];
  readonly page: number;
  readonly merged: boolean;
  readonly zero: boolean;
  /** undefined for KSM pages: whoever writes to one gets a page of his own, so it cannot change. */
  readonly copy: Uint8Array | undefined;
}

export interface SecondLook {
  readonly drawn: number;
  readonly merged: number;
  readonly changed: number;
  readonly zero: number;
}

/**
 * The first look. Every private page that is there has about the same chance: an area by how many it has, then any place
 * in it, until there is one. Nothing is faulted in.
 */
export function lookAt(
  areas: readonly OfferedArea[],
  frames: Frames,
  random: Random,
  pageSize: number,
): readonly Drawn[] {
  const ends: number[] = [];
  let total = 0;
  for (const { area } of areas) ends.push((total += area.anonymousPages));
  if (total === 0) return [];
  const words = new Uint32Array(2);
  const drawn: Drawn[] = [];
  for (let draw = 0; draw < DRAWS; draw += 1) {
    const place = fraction(random) * total;
    const chosen = areas[ends.findIndex((end) => place < end)];
    if (chosen === undefined) continue;
    const { memory, area } = chosen;
    for (let tries = 0; tries < TRIES; tries += 1) {
      const page = area.firstPage + Math.floor(fraction(random) * area.pages);
      if (memory.pagemap(page, words) !== 1) continue;
      const [low = 0, high = 0] = words;
      if (!isPrivate(high)) continue;
      const merged = isKsm(frames.flags(Float64Array.of(frameOf(low, high)))[0] ?? 0);
      const copy = new Uint8Array(pageSize);
      if (memory.content(page, copy) !== pageSize) continue;
      drawn.push({ memory, page, merged, zero: copy.every((byte) => byte === 0), copy: merged ? undefined : copy });
      break;
    }
  }
  return drawn;
}

/** The second look. A page that has gone since does not count at all. */
export function lookAgain(first: readonly Drawn[], pageSize: number): SecondLook {
  const now = Buffer.alloc(pageSize);
  const sums = { drawn: 0, merged: 0, changed: 0, zero: 0 };
  for (const { memory, page, merged, zero, copy } of first) {
    if (copy !== undefined && memory.content(page, now) !== pageSize) continue;
    sums.drawn += 1;
    if (merged) sums.merged += 1;
    if (zero) sums.zero += 1;
    if (copy !== undefined && now.compare(copy) !== 0) sums.changed += 1;
  }
  return sums;
}

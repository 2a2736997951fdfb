import type { Area } from '../memory-map/areas.js';
import { isPrivate } from '../memory-map/pagemap.js';
import type { ProcessMemory } from '../memory-map/process-memory.js';

/** Pages whose words are read at once: 64 KiB of pagemap, 32 MiB of address space. */
const CHUNK_PAGES = 8192;

/** Consecutive pages that KSM might merge. */
export interface PrivateRun {
  /** Virtual page number of the first. */
  readonly firstPage: number;
  readonly pages: number;
  /** Pagemap of the piece, two words per page, and the index of the first page in it. */
  readonly words: Uint32Array;
  readonly index: number;
}

/** An area's present, private pages, in the order of their addresses; `undefined` after each piece, for a pause. */
export function* privateRuns(memory: ProcessMemory, area: Area): Generator<PrivateRun | undefined> {
  const words = new Uint32Array(CHUNK_PAGES * 2);
  for (let at = 0; at < area.pages; at += CHUNK_PAGES) {
    const count = Math.min(CHUNK_PAGES, area.pages - at);
    const got = memory.pagemap(area.firstPage + at, words.subarray(0, count * 2));
    for (let index = 0; index < got; index += 1) {
      if (!isPrivate(words[index * 2 + 1] ?? 0)) continue;
      const from = index;
      while (index + 1 < got && isPrivate(words[index * 2 + 3] ?? 0)) index += 1;
      yield { firstPage: area.firstPage + at + from, pages: index + 1 - from, words, index: from };
    }
    yield undefined;
  }
}

/** Could KSM merge anything of this area if it were offered? */
export function isCandidate(area: Area): boolean {
  return area.obstacle === undefined && area.anonymousPages > 0;
}

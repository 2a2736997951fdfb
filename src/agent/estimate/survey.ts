import { KsmpilotError } from '../errors.js';
import type { Area } from '../memory-map/areas.js';
import type { ProcessMemory } from '../memory-map/process-memory.js';
import { NOTHING_COMMON, Pilot, type CommonContents } from './pilot.js';
import type { ContentHash } from './content-hash.js';
import { isCandidate, privateRuns } from './private-pages.js';
import { gap, type Random } from './random.js';

/** Opens the memory of a process; throws a KsmpilotError where that is not possible. */
export type OpenMemory = (pid: number) => ProcessMemory;

/** Memory of one process as its smaps tells it, in pages. */
export interface Extent {
  readonly pid: number;
  /** Private pages present, in areas that KSM could take. */
  readonly candidatePages: number;
  readonly areas: readonly Area[];
}

/** A process that could not be looked at. */
export interface Refusal {
  readonly pid: number;
  readonly comm: string | undefined;
  /** It ended, or it may not be read. */
  readonly state: 'gone' | 'refused';
  readonly error: KsmpilotError;
}

export interface Survey {
  readonly extents: readonly Extent[];
  readonly refusals: readonly Refusal[];
  /** Processes without private memory, kernel threads among them. */
  readonly without: readonly number[];
  readonly candidatePages: number;
}

/** How much there is. Kernel threads and processes without private memory have no extent. */
export async function survey(
  pids: readonly number[],
  open: OpenMemory,
  breathe: () => Promise<void> | undefined,
): Promise<Survey> {
  const extents: Extent[] = [];
  const refusals: Refusal[] = [];
  const without: number[] = [];
  for (const pid of pids) {
    const result = withMemory(pid, open, (memory) => [...memory.areas()].filter(isCandidate));
    if ('state' in result) refusals.push(result);
    else if (result.value.length === 0) without.push(pid);
    else {
      const candidatePages = result.value.reduce((sum, area) => sum + area.anonymousPages, 0);
      extents.push({ pid, candidatePages, areas: result.value });
    }
    await breathe();
  }
  const candidatePages = extents.reduce((sum, extent) => sum + extent.candidatePages, 0);
  return { extents, refusals, without, candidatePages };
}

/** Runs `use` with a process's memory open; what stands in the way as a value. */
export function withMemory<T>(
  pid: number,
  open: OpenMemory,
  use: (memory: ProcessMemory) => T,
): { readonly value: T } | Refusal {
  let memory: ProcessMemory | undefined;
  try {
    memory = open(pid);
    return { value: use(memory) };
  } catch (error) {
    return refusal(pid, memory?.comm, error);
  } finally {
    memory?.close();
  }
}

/** @throws what is no fault of the process */
export function refusal(pid: number, comm: string | undefined, error: unknown): Refusal {
  if (!(error instanceof KsmpilotError) || error.code === 'INTERNAL') throw error;
  return { pid, comm, state: error.code === 'PROCESS_ABSENT' ? 'gone' : 'refused', error };
}

/** Pages that the pilot looks at: the same part as the estimate itself, within bounds; 3 us each. */
export const PILOT_PAGES = { min: 2 ** 15, max: 2 ** 17 };

/**
 * Looks at pages at random places and finds the contents that are common.
 *
 * @param rate of the estimate
 * @param isWhole every content will be looked at, so there is nothing to find out
 */
export async function runPilot(
  found: Survey,
  rate: number,
  isWhole: boolean,
  tools: {
    readonly open: OpenMemory;
    readonly hash: ContentHash;
    readonly random: Random;
    readonly pageSize: number;
    readonly breathe: () => Promise<void> | undefined;
    /** How many pages it looks at, at least and at most. */
    readonly size: { readonly min: number; readonly max: number };
  },
): Promise<{ readonly common: CommonContents; readonly pages: number }> {
  if (isWhole || found.candidatePages === 0) return { common: NOTHING_COMMON, pages: 0 };
  const { open, hash, random, pageSize, breathe, size } = tools;
  const wanted = Math.min(size.max, Math.max(size.min, found.candidatePages * rate));
  const pilotRate = Math.min(1, wanted / found.candidatePages);
  const pilot = new Pilot(hash);
  const page = new Uint8Array(pageSize);
  const words = new Uint32Array(page.buffer);
  let skip = gap(random, pilotRate);
  for (const { pid, areas } of found.extents) {
    let memory: ProcessMemory;
    try {
      memory = open(pid);
    } catch (error) {
      refusal(pid, undefined, error); // told when the estimate itself comes to it
      continue;
    }
    try {
      for (const area of areas) {
        for (const run of privateRuns(memory, area)) {
          if (run === undefined) {
            await breathe();
            continue;
          }
          for (; skip < run.pages; skip += 1 + gap(random, pilotRate)) {
            if (memory.content(run.firstPage + skip, page) === pageSize) pilot.add(words, 0);
          }
          skip -= run.pages;
        }
      }
    } finally {
      memory.close();
    }
  }
  return { common: pilot.finish(pilotRate), pages: pilot.pages };
}

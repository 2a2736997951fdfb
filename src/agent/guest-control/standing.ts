/** How a process stands with KSM now. */

import { join } from 'node:path';
import { readRecord } from '../kernel/file.js';
import { parseKsmStat, pidDir } from '../kernel/pid.js';
import { parseCount } from '../kernel/number.js';
import { openProcessMemory } from '../memory-map/process-memory.js';

export interface MergeStanding {
  /** Address space offered to KSM (VmFlags `mg` of smaps), touched or not. */
  readonly mergeableBytes: number;
  /** Private pages of it that are there. */
  readonly anonymousBytes: number;
  /** Pages that are KSM pages, by the kernel's count; it follows at ksmd's next visit. undefined: before 5.19. */
  readonly mergingBytes: number | undefined;
  /** Zero pages placed by KSM. undefined: before 6.6. */
  readonly zeroBytes: number | undefined;
}

/** @throws KsmpilotError PROCESS_ABSENT, MEMORY_UNREADABLE, KSM_FILE_UNREADABLE, KSM_FILE_MALFORMED */
export function readStanding(pid: number, pageSize: number, root = '/'): MergeStanding {
  const memory = openProcessMemory(pid, { pageSize, content: false, root });
  let mergeable = 0;
  let anonymous = 0;
  try {
    for (const area of memory.areas()) {
      if (!area.offered) continue;
      mergeable += area.pages;
      anonymous += area.anonymousPages;
    }
  } finally {
    memory.close();
  }
  const statPath = join(pidDir(root, pid), 'ksm_stat');
  const statText = readRecord(statPath);
  const stat = statText === undefined ? {} : parseKsmStat(statText, statPath);
  const bytes = (pages: number | undefined): number | undefined => (pages === undefined ? undefined : pages * pageSize);
  return {
    mergeableBytes: mergeable * pageSize,
    anonymousBytes: anonymous * pageSize,
    mergingBytes: bytes(stat.ksm_merging_pages ?? mergingPages(pid, root)),
    zeroBytes: bytes(stat.ksm_zero_pages),
  };
}

/**
 * The most that switching merging off can take: a copy of each KSM page and of each zero page. Where the kernel tells
 * neither, all of the mergeable memory that is there.
 */
export function neededBytes({ anonymousBytes, mergingBytes, zeroBytes }: MergeStanding): number {
  return mergingBytes === undefined ? anonymousBytes : mergingBytes + (zeroBytes ?? 0);
}

/** A file of its own since 5.19, in ksm_stat since 6.4. */
function mergingPages(pid: number, root: string): number | undefined {
  const path = join(pidDir(root, pid), 'ksm_merging_pages');
  const text = readRecord(path);
  return text === undefined ? undefined : parseCount(text, path);
}

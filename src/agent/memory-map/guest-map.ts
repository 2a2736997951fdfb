/** The memory maps of all processes of a guest. */

import { KsmpilotError } from '../errors.js';
import type { MapAnswer, ProcessMap } from '../model/guest-answer.js';
import type { GuestIdentity } from '../model/guest.js';
import { openFrames } from './frames.js';
import { readMemoryMap, type MemoryMap } from './memory-map.js';
import { KIND_MEANING, PAGE_KINDS } from './page-kind.js';
import { KIND_SIGNS } from './picture.js';
import { openProcessMemory } from './process-memory.js';

/** Most processes of one guest that are looked at: a service may have thousands. */
const PROCESSES_MAX = 64;

export interface GuestMapOptions {
  readonly pageSize: number;
  /** Wall clock, milliseconds. */
  readonly timeMs: number;
  /** As readMemoryMap takes it. */
  readonly breathe?: () => Promise<void> | undefined;
  readonly root?: string;
}

/**
 * Looks at every page of the guest's processes; see readMemoryMap.
 *
 * @throws KsmpilotError PROCESS_ABSENT where none of them lives; MEMORY_UNREADABLE
 */
export async function readGuestMap(guest: GuestIdentity, options: GuestMapOptions): Promise<MapAnswer> {
  const { pageSize, timeMs, breathe, root = '/' } = options;
  const frames = openFrames(root);
  const processes: ProcessMap[] = [];
  let absent: unknown;
  try {
    for (const pid of guest.pids.slice(0, PROCESSES_MAX)) {
      try {
        const memory = openProcessMemory(pid, { pageSize, content: false, root });
        try {
          processes.push(processMap(await readMemoryMap(memory, frames, breathe), pageSize));
        } finally {
          memory.close();
        }
      } catch (error) {
        if (!(error instanceof KsmpilotError) || error.code !== 'PROCESS_ABSENT') throw error;
        absent ??= error;
      }
    }
  } finally {
    frames.close();
  }
  if (processes.length === 0) throw absent;
  return { timeMs, key: guest.key, pageSize, processes: processes.filter(({ total }) => hasMemory(total)) };
}

function processMap({ pid, comm, total, picture, ended }: MemoryMap, pageSize: number): ProcessMap {
  const first = picture.lines[0]?.firstPage ?? 0;
  return {
    pid,
    comm,
    total: PAGE_KINDS.map((kind) => ({
      kind,
      meaning: KIND_MEANING[kind],
      sign: KIND_SIGNS[kind],
      pages: total[kind],
    })),
    pagesPerCell: picture.pagesPerCell,
    lines: picture.lines.map(({ firstPage, cells }) => ({ offsetBytes: (firstPage - first) * pageSize, cells })),
    ended,
  };
}

function hasMemory(total: ProcessMap['total']): boolean {
  return total.some(({ kind, pages }) => kind !== 'absent' && pages > 0);
}

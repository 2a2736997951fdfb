import { join } from 'node:path';
import { readRecord } from '../kernel/file.js';
import { groupsAbove, readGroupRoom, type MemoryRoom } from '../kernel/memory-limit.js';
import { listPids, parseKsmStat, pidDir } from '../kernel/pid.js';

/** A control group with a limit that unmerging would exceed. */
export interface TightGroup extends MemoryRoom {
  /** The most that its processes take together: a copy of each of their KSM pages and zero pages. */
  readonly neededBytes: number;
}

/**
 * The groups that could not hold what unmerging takes in them, the worst first. However much is free on the host, the
 * kernel charges a copy to the group of the process whose page it is, and kills in the group beyond its limit.
 *
 * @throws KsmpilotError KSM_FILE_UNREADABLE, KSM_FILE_MALFORMED
 */
export function tightGroups(pageSize: number, root = '/'): readonly TightGroup[] {
  const needed = new Map<string, number>();
  for (const pid of listPids(join(root, 'proc'))) {
    const bytes = mergedPages(pid, root) * pageSize;
    if (bytes === 0) continue;
    for (const group of groupsAbove(readRecord(join(pidDir(root, pid), 'cgroup')) ?? '')) {
      needed.set(group, (needed.get(group) ?? 0) + bytes);
    }
  }
  const tight: TightGroup[] = [];
  for (const [group, neededBytes] of needed) {
    const room = readGroupRoom(group, root);
    if (room !== undefined && room.roomBytes < neededBytes) tight.push({ ...room, neededBytes });
  }
  return tight.sort((a, b) => b.neededBytes - b.roomBytes - (a.neededBytes - a.roomBytes));
}

function mergedPages(pid: number, root: string): number {
  const path = join(pidDir(root, pid), 'ksm_stat');
  let text: string | undefined;
  try {
    text = readRecord(path);
  } catch {
    return 0; // mode 0400: a dry run without root; who unmerges is root
  }
  const { ksm_merging_pages = 0, ksm_zero_pages = 0 } = text === undefined ? {} : parseKsmStat(text, path);
  return ksm_merging_pages + ksm_zero_pages;
}

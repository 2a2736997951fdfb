import { join } from 'node:path';

import { readRecord, readWhole } from './file.js';
import { parseCount } from './number.js';

/** Control groups, version 2. With version 1 nothing is known here. */
const CGROUP = 'sys/fs/cgroup';

/** The tightest limit above a process. */
export interface MemoryRoom {
  /** Path of the group that has the limit, as in /proc/PID/cgroup. */
  readonly group: string;
  readonly limitBytes: number;
  /** What may be charged until the limit is reached, file pages that the kernel can drop at once included. */
  readonly roomBytes: number;
}

/**
 * How much more memory a process may take by the memory.max of its control group and those above. Pages copied by
 * unmerging are charged to the process's group, and beyond the limit the kernel kills in the group, however much is free
 * on the host.
 *
 * @param cgroup text of /proc/PID/cgroup
 * @returns undefined: no limit, or version 1
 * @throws KsmpilotError KSM_FILE_UNREADABLE, KSM_FILE_MALFORMED
 */
export function readMemoryRoom(cgroup: string, root = '/'): MemoryRoom | undefined {
  let tightest: MemoryRoom | undefined;
  for (const group of groupsAbove(cgroup)) {
    const room = readGroupRoom(group, root);
    if (room !== undefined && (tightest === undefined || room.roomBytes < tightest.roomBytes)) tightest = room;
  }
  return tightest;
}

/** The control groups that a process's memory counts to, its own first. Empty with version 1, and in the root group. */
export function groupsAbove(cgroup: string): readonly string[] {
  const groups: string[] = [];
  let group = /^0::(\/.*)$/m.exec(cgroup)?.[1] ?? '/';
  for (; group !== '/'; group = group.slice(0, group.lastIndexOf('/')) || '/') groups.push(group);
  return groups;
}

/**
 * @returns undefined: the group has no limit of its own
 * @throws KsmpilotError KSM_FILE_UNREADABLE, KSM_FILE_MALFORMED
 */
export function readGroupRoom(group: string, root = '/'): MemoryRoom | undefined {
  const folder = join(root, CGROUP, group);
  const [maxPath, currentPath] = [join(folder, 'memory.max'), join(folder, 'memory.current')];
  const max = readRecord(maxPath)?.trim();
  const current = readRecord(currentPath);
  if (max === undefined || max === 'max' || current === undefined) return undefined;
  const limitBytes = parseCount(max, maxPath);
  const used = parseCount(current, currentPath);
  const inactive = /^inactive_file (\d+)$/m.exec(readWhole(join(folder, 'memory.stat')) ?? '')?.[1];
  return { group, limitBytes, roomBytes: Math.max(0, limitBytes - used + Number(inactive ?? 0)) };
}

import { readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

import { errnoOf } from '../errors.js';
import { malformed, readRecord, unreadable } from './file.js';
import { parseCount } from './number.js';
import { type KsmStat, parseKsmStat, pidDir } from './pid.js';

/** What of a process can keep its memory from merging, beside the memory itself. */

/** Most open files looked at: a QEMU with dozens of disks has some hundreds. */
const FDS_MAX = 4096;

/** Most of those found that are kept. */
const VFIO_MAX = 8;

/**
 * Files through which devices of the host's are handed to a guest: VFIO's groups and devices, iommufd, and the handle by
 * which VFIO tells KVM. Not `/dev/vfio/vfio` alone: it is open wherever somebody looked for devices.
 */
const VFIO = /^(?:\/dev\/vfio\/(?!vfio$)|\/dev\/iommu$|anon_inode:\[?(?:vfio-device|kvm-vfio)\]?$)/;

/** `gone`: the process has ended. */
export type VfioFiles = readonly string[] | 'gone';

/**
 * The files of /proc/PID/fd that VFIO has to do with, each once.
 *
 * @throws KsmpilotError KSM_FILE_UNREADABLE
 */
export function readVfioFiles(root: string, pid: number): VfioFiles {
  const dir = join(pidDir(root, pid), 'fd');
  let names: string[];
  try {
    names = readdirSync(dir);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ESRCH') return 'gone';
    throw unreadable(dir, error);
  }
  const found = new Set<string>();
  for (const name of names.slice(0, FDS_MAX)) {
    let target: string;
    try {
      target = readlinkSync(join(dir, name), 'latin1');
    } catch {
      // It was closed meanwhile.
      continue;
    }
    if (VFIO.test(target)) found.add(target);
    if (found.size >= VFIO_MAX) break;
  }
  return [...found];
}

/** Bytes. */
export interface PinnedBytes {
  /** `VmPin`. */
  readonly pinned: number;
  /** `VmLck`. */
  readonly locked: number;
}

/**
 * From /proc/PID/status; undefined for a process that has ended and for one without memory.
 *
 * @throws KsmpilotError KSM_FILE_UNREADABLE, KSM_FILE_MALFORMED
 */
export function readPinnedBytes(root: string, pid: number): PinnedBytes | undefined {
  const path = join(pidDir(root, pid), 'status');
  const text = readRecord(path);
  return text === undefined ? undefined : parsePinnedBytes(text, path);
}

/**
 * Sample:
 *
 *     VmLck:	       0 kB
 *     VmPin:	 2097152 kB
 */
export function parsePinnedBytes(text: string, path: string): PinnedBytes | undefined {
  const bytes = (field: string): number | undefined => {
    const line = new RegExp(`^${field}:(.*)$`, 'm').exec(text);
    if (line === null) return undefined;
    const amount = /^(.*) kB\s*$/.exec(line[1] ?? '');
    if (amount === null) throw malformed(path, line[0], 'a number of kB');
    return parseCount(amount[1] ?? '', path) * 1024;
  };
  const [locked, pinned] = [bytes('VmLck'), bytes('VmPin')];
  return locked === undefined || pinned === undefined ? undefined : { locked, pinned };
}

/**
 * KSM's own figures of a process: ksm_stat (6.1), and ksm_merging_pages (5.19) where that has it not. Fields that this
 * kernel does not tell are absent; undefined: the process has ended.
 *
 * @throws KsmpilotError KSM_FILE_UNREADABLE, KSM_FILE_MALFORMED
 */
export function readProcessKsm(root: string, pid: number): KsmStat | undefined {
  const dir = pidDir(root, pid);
  const text = readRecord(join(dir, 'ksm_stat'));
  const stat = text === undefined ? {} : parseKsmStat(text, join(dir, 'ksm_stat'));
  if (stat.ksm_merging_pages !== undefined) return stat;
  const path = join(dir, 'ksm_merging_pages');
  const merging = readRecord(path);
  if (merging === undefined || merging === '') {
    return text === undefined && readRecord(join(dir, 'stat')) === undefined ? undefined : stat;
  }
  return { ...stat, ksm_merging_pages: parseCount(merging, path) };
}

/**
 * How many NUMA nodes have memory; 1 where the kernel knows of none.
 *
 * @throws KsmpilotError KSM_FILE_UNREADABLE, KSM_FILE_MALFORMED
 */
export function readMemoryNodes(root = '/'): number {
  const path = join(root, 'sys/devices/system/node/has_memory');
  const text = readRecord(path)?.trim();
  return text === undefined || text === '' ? 1 : parseList(text, path);
}

/**
 * How many numbers a list of the kernel's has (%*pbl).
 *
 * Sample: `0-1,4`
 */
export function parseList(text: string, path: string): number {
  let count = 0;
  for (const part of text.split(',')) {
    const [first = '', last = first] = part.split('-');
    const more = parseCount(last, path) - parseCount(first, path);
    if (more < 0) throw malformed(path, text, 'a list of numbers that grow');
    count += more + 1;
  }
  return count;
}

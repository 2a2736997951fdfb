import { join } from 'node:path';

import type { Ksmd } from '../model/raw.js';
import { malformed, readRecord } from './file.js';
import { parseCount } from './number.js';
import { listPids, parsePidStat, pidDir } from './pid.js';

const NAME = 'ksmd';

/**
 * How long a search that found no ksmd counts, in milliseconds. A kernel without KSM never gets one, and a container
 * with its own pid namespace never shows it: walking all of /proc each second for it would be waste.
 */
const SEARCH_AGAIN_MS = 60_000;

/** Finds ksmd once and reads its CPU time. */
export class KsmdReader {
  readonly #root: string;
  #pid: number | undefined;
  #searchAgainAt = -Infinity;

  constructor(options: { root?: string } = {}) {
    this.#root = options.root ?? '/';
  }

  /**
   * ksmd and its CPU time; undefined where there is no ksmd, or where the kernel keeps no scheduler statistics.
   *
   * @param monoMs monotonic clock, milliseconds
   * @throws KsmpilotError KSM_FILE_UNREADABLE, KSM_FILE_MALFORMED
   */
  read(monoMs: number): Ksmd | undefined {
    if (this.#pid === undefined || !isKsmd(this.#root, this.#pid)) {
      if (monoMs < this.#searchAgainAt) return undefined;
      this.#pid = findKsmd(this.#root);
      this.#searchAgainAt = this.#pid === undefined ? monoMs + SEARCH_AGAIN_MS : -Infinity;
    }
    if (this.#pid === undefined) return undefined;
    const path = join(pidDir(this.#root, this.#pid), 'schedstat');
    const text = readRecord(path);
    const cpuNs = text === undefined ? undefined : parseSchedstatCpu(text, path);
    return cpuNs === undefined ? undefined : { pid: this.#pid, cpuNs };
  }
}

/** A process may call itself ksmd: the kernel's own is a kernel thread and a child of kthreadd, pid 2. */
function isKsmd(root: string, pid: number): boolean {
  const path = join(pidDir(root, pid), 'stat');
  const text = readRecord(path);
  if (text === undefined) return false;
  const stat = parsePidStat(text, path);
  return stat.comm === NAME && stat.kernelThread && stat.ppid === 2;
}

function findKsmd(root: string): number | undefined {
  return listPids(join(root, 'proc')).find(
    (pid) => readRecord(join(pidDir(root, pid), 'comm'))?.trim() === NAME && isKsmd(root, pid),
  );
}

/**
 * CPU time in nanoseconds: field 1 of /proc/PID/schedstat (Documentation/scheduler/sched-stats.rst). A kernel that
 * keeps no such statistics prints `0 0 0`, which is undefined here and not an idle ksmd.
 *
 * Sample (CPU time, time waiting to run, time slices): `42113 258734 3`
 */
export function parseSchedstatCpu(text: string, path: string): number | undefined {
  const fields = text.trim().split(' ');
  if (fields.length !== 3) throw malformed(path, text, '3 numbers');
  const [cpuNs = 0, , slices = 0] = fields.map((field) => parseCount(field, path));
  return slices === 0 ? undefined : cpuNs;
}

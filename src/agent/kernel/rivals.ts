import { basename, join } from 'node:path';

import { readRecord } from './file.js';
import { listPids, parsePidStat, pidDir } from './pid.js';

/** Another program that moves KSM's knobs, seen alive. The kernel's own advisor is told by advisor_mode instead. */
export interface Rival {
  readonly name: string;
  readonly pid: number;
}

/**
 * Programs that tune KSM, by the name of their executable or script:
 *
 * - `ksmtuned`: a shell script of RHEL, Debian and Proxmox VE (ksm-control-daemon)
 * - `momd`: oVirt's Memory Overcommitment Manager, run by itself or by vdsm (mom-vdsm.service)
 * - `kata-ksm-throttler`: Kata Containers
 * - `uksmd`: offers whole processes for merging, so yield moves without any guest having changed
 *
 * KubeVirt's virt-handler is not here: it tunes KSM only where a node's labels ask for it, which its process does not
 * show. Its writes are noticed as knobs moved by somebody else.
 */
const RIVALS: ReadonlySet<string> = new Set(['ksmtuned', 'momd', 'kata-ksm-throttler', 'uksmd']);

/** Interpreters whose first argument that is no option is the program. */
const INTERPRETERS = /^(?:ba|da|k|z)?sh$|^python[\d.]*$/;

/** The kernel keeps 15 bytes of a name (TASK_COMM_LEN less one). */
const COMM_BYTES = 15;

/**
 * Rivals alive on this host, one entry per program (a script forks copies of itself: the lowest pid is shown), in the
 * order of their pids. Reads the name of every process, 6 us each: meant for every half minute, not every second.
 *
 * @throws KsmpilotError KSM_FILE_UNREADABLE
 */
export function findRivals(root = '/'): Rival[] {
  const rivals = new Map<string, Rival>();
  for (const pid of listPids(join(root, 'proc'))) {
    const dir = pidDir(root, pid);
    const comm = readRecord(join(dir, 'comm'))?.trimEnd();
    // The command line takes the process's mmap lock and so may wait: only for what can be a rival by its name.
    if (comm === undefined || !(mayBeRival(comm) || INTERPRETERS.test(comm))) continue;
    const name = rivalName(comm, readRecord(join(dir, 'cmdline')) ?? '');
    if (name !== undefined && !rivals.has(name) && isAlive(dir)) rivals.set(name, { name, pid });
  }
  return [...rivals.values()];
}

/**
 * The rival that a process is, if any. A process of that name counts whatever its arguments; an interpreter counts by
 * the script it runs. An editor that has the script open does not.
 *
 * @param comm as in /proc/PID/comm, at most 15 bytes
 * @param cmdline as in /proc/PID/cmdline, arguments ended by NUL: `/bin/bash\0/usr/sbin/ksmtuned\0`
 */
export function rivalName(comm: string, cmdline: string): string | undefined {
  const full = [...RIVALS].find((name) => name.slice(0, COMM_BYTES) === comm);
  if (full !== undefined) return full;
  if (!INTERPRETERS.test(comm)) return undefined;
  const words = cmdline.split('\0').slice(1);
  const at = words.findIndex((word) => !word.startsWith('-'));
  // After -c comes a command line, not a script.
  const script = words.slice(0, at).some((option) => /^-\w*c$/.test(option)) ? undefined : words[at];
  const name = script === undefined ? undefined : basename(script).replace(/\.(?:sh|py)$/, '');
  return name !== undefined && RIVALS.has(name) ? name : undefined;
}

function mayBeRival(comm: string): boolean {
  return rivalName(comm, '') !== undefined;
}

function isAlive(dir: string): boolean {
  const path = join(dir, 'stat');
  const text = readRecord(path);
  return text !== undefined && !['Z', 'X'].includes(parsePidStat(text, path).state);
}

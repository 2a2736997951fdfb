import { closeSync, fstatSync, openSync, readlinkSync, readSync } from 'node:fs';

import { errnoOf } from '../errors.js';
import type { ProcessFacts } from '../model/guest.js';
import { parsePidStat, pidDir } from './pid.js';

/**
 * Most bytes of a command line that are read. libvirt's for a guest with dozens of disks are about 20 kB, and what names
 * the guest stands in the first two.
 */
export const CMDLINE_MAX = 64 * 1024;

/** One buffer for all reads: they are synchronous. */
const buffer = Buffer.allocUnsafe(CMDLINE_MAX);

/** `gone`: no such process, or another one by now. `refused`: hidepid or missing rights, with the errno name. */
export type FactsReading =
  | { readonly state: 'read'; readonly facts: ProcessFacts }
  | { readonly state: 'gone' }
  | { readonly state: 'refused'; readonly errno: string };

/** What a file gave: its text, nothing (it is absent), or why not. */
interface Reading {
  readonly text?: string;
  readonly errno?: string;
}

/**
 * Reads what tells whose process this is. Never throws: a process that ends meanwhile is `gone`, and what may not be
 * read is left out of the facts with the reason.
 *
 * stat comes last: a start time that is still the expected one shows that all was read of the same process, not half of
 * it of a later one with the same pid.
 */
export function readProcessFacts(root: string, pid: number, startTicks: number): FactsReading {
  const dir = pidDir(root, pid);
  const cmdline = readBytes(`${dir}/cmdline`);
  const cgroup = readBytes(`${dir}/cgroup`);
  const exe = readLink(`${dir}/exe`);
  const stat = readBytes(`${dir}/stat`, true);
  if (stat.text === undefined) {
    return stat.errno === undefined ? { state: 'gone' } : { state: 'refused', errno: stat.errno };
  }
  let parsed: ReturnType<typeof parsePidStat>;
  try {
    parsed = parsePidStat(stat.text, `${dir}/stat`);
  } catch {
    return { state: 'refused', errno: 'a stat that is none' };
  }
  if (parsed.startTicks !== startTicks) return { state: 'gone' };
  const refused = cmdline.errno ?? cgroup.errno ?? exe.errno;
  return {
    state: 'read',
    facts: {
      pid,
      startTicks,
      ppid: parsed.ppid,
      kernelThread: parsed.kernelThread,
      comm: parsed.comm,
      ...(stat.uid === undefined ? {} : { uid: stat.uid }),
      ...(exe.text === undefined ? {} : { exe: exe.text }),
      ...(cmdline.text === undefined ? {} : { cmdline: cmdline.text }),
      ...(cgroup.text === undefined ? {} : { cgroup: cgroup.text }),
      ...(refused === undefined ? {} : { refused }),
    },
  };
}

/** What tells at little cost whether a process can be a virtual machine; undefined: gone, or not to be read. */
export interface ProcessGlance {
  readonly pid: number;
  readonly startTicks: number;
  /** Decoded, as ProcessRaw's. */
  readonly comm: string;
  readonly kernelThread: boolean;
  /** Byte string. */
  readonly exe?: string;
}

/** Half the cost of `readProcessFacts`, and without the process's mmap lock. */
export function glanceAtProcess(root: string, pid: number): ProcessGlance | undefined {
  const dir = pidDir(root, pid);
  const exe = readLink(`${dir}/exe`).text;
  const { text } = readBytes(`${dir}/stat`);
  if (text === undefined) return undefined;
  try {
    const { startTicks, comm, kernelThread } = parsePidStat(text, `${dir}/stat`);
    const decoded = Buffer.from(comm, 'latin1').toString('utf8');
    return { pid, startTicks, comm: decoded, kernelThread, ...(exe === undefined ? {} : { exe }) };
  } catch {
    return undefined;
  }
}

/** @param withOwner also tell who owns the file: the kernel gives all of /proc/PID the process's effective user */
function readBytes(path: string, withOwner = false): Reading & { readonly uid?: number } {
  let fd: number | undefined;
  try {
    fd = openSync(path, 'r');
    const text = buffer.toString('latin1', 0, readSync(fd, buffer, 0, buffer.length, null));
    return withOwner ? { text, uid: fstatSync(fd).uid } : { text };
  } catch (error) {
    return failure(error);
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

/** A kernel thread and a zombie have the link and nothing behind it: ENOENT. */
function readLink(path: string): Reading {
  try {
    return { text: readlinkSync(path, 'latin1') };
  } catch (error) {
    return failure(error);
  }
}

/** ENOENT: no such process or no such file; ESRCH: it ended between open and read. */
function failure(error: unknown): Reading {
  const errno = errnoOf(error) ?? 'an unknown error';
  return errno === 'ENOENT' || errno === 'ESRCH' ? {} : { errno };
}

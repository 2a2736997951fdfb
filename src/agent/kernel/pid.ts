import { readdirSync } from 'node:fs';

import type { ProcessRaw } from '../model/raw.js';
import { malformed, unreadable } from './file.js';
import { parseCount, parseSigned } from './number.js';

/** PF_KTHREAD of include/linux/sched.h: set for kernel threads. */
const PF_KTHREAD = 0x00200000;

/** What ksmpilot needs of /proc/PID/stat. */
export interface PidStat {
  readonly comm: string;
  /** `R`, `S`, `D`, `Z`, ... */
  readonly state: string;
  readonly ppid: number;
  readonly kernelThread: boolean;
  /** Clock ticks after boot. */
  readonly startTicks: number;
}

/** All process ids of a /proc, in the kernel's (ascending) order. */
export function listPids(proc: string): number[] {
  let names: string[];
  try {
    names = readdirSync(proc);
  } catch (error) {
    throw unreadable(proc, error);
  }
  const pids: number[] = [];
  for (const name of names) {
    const pid = Number(name);
    if (Number.isInteger(pid) && pid > 0) pids.push(pid);
  }
  return pids.sort((a, b) => a - b);
}

/** The path of a process's folder. */
export function pidDir(root: string, pid: number): string {
  return `${root === '/' ? '' : root}/proc/${pid}`;
}

/**
 * /proc/PID/stat. The name may hold blanks and parentheses, so it reaches from the first `(` to the last `)`.
 *
 * Sample (field 22 is the start time):
 *
 *     37 (ksmd) S 2 0 0 0 -1 2097216 0 0 0 0 0 0 0 0 25 5 1 0 27 0 0 18446744073709551615 ...
 */
export function parsePidStat(text: string, path: string): PidStat {
  const open = text.indexOf('(');
  const close = text.lastIndexOf(')');
  const fields = text.slice(close + 2).split(' ');
  const [state, ppid, flags, startTicks] = [fields[0], fields[1], fields[6], fields[19]];
  if (open < 0 || close < open || state === undefined || flags === undefined || startTicks === undefined) {
    throw malformed(path, text, '"PID (COMM) STATE PPID ..." with at least 22 fields');
  }
  return {
    comm: text.slice(open + 1, close),
    state,
    ppid: parseCount(ppid ?? '', path),
    kernelThread: (parseCount(flags, path) & PF_KTHREAD) !== 0,
    startTicks: parseCount(startTicks, path),
  };
}

/**
 * Anonymous resident pages from /proc/PID/statm: resident minus shared. The kernel computes `shared` as file pages
 * plus shmem pages and `resident` as that plus anonymous pages (task_statm in fs/proc/task_mmu.c), so the difference
 * is RssAnon of /proc/PID/status, at half its cost. Never below 0 although the two may be read unevenly.
 *
 * Sample: `765 442 414 5 0 123 0`
 */
export function parseStatmAnon(text: string, path: string): number {
  const [, resident, shared] = text.trim().split(' ');
  if (resident === undefined || shared === undefined) throw malformed(path, text, '7 numbers of pages');
  return Math.max(0, parseCount(resident, path) - parseCount(shared, path));
}

/** The fields of `ProcessRaw` that come from KSM's own files. */
export type KsmStat = Pick<
  ProcessRaw,
  'ksm_merging_pages' | 'ksm_rmap_items' | 'ksm_zero_pages' | 'ksm_process_profit' | 'ksm_merge_any' | 'ksm_mergeable'
>;

/**
 * /proc/PID/ksm_stat. The first line came with 6.1, the next three with 6.4 and 6.6, the last two, with a colon, with
 * 6.14. Lines that are not known are left for a newer ksmpilot. A kernel thread's file is empty.
 *
 * Sample:
 *
 *     ksm_rmap_items 51200
 *     ksm_zero_pages 0
 *     ksm_merging_pages 51185
 *     ksm_process_profit 206376960
 *     ksm_merge_any: no
 *     ksm_mergeable: yes
 */
export function parseKsmStat(text: string, path: string): KsmStat {
  const stat: { -readonly [Field in keyof KsmStat]: KsmStat[Field] } = {};
  for (const line of text.split('\n')) {
    const [, key, value = ''] = /^(\w+):?\s*(.*?)\s*$/.exec(line) ?? [];
    switch (key) {
      case 'ksm_rmap_items':
      case 'ksm_zero_pages':
      case 'ksm_merging_pages':
        stat[key] = parseCount(value, path);
        break;
      case 'ksm_process_profit':
        stat[key] = parseSigned(value, path);
        break;
      case 'ksm_merge_any':
      case 'ksm_mergeable':
        if (value !== 'yes' && value !== 'no') throw malformed(path, line, '"yes" or "no"');
        stat[key] = value === 'yes';
        break;
      default:
    }
  }
  return stat;
}

/** Does KSM keep anything for this process, or might it soon? */
export function hasKsm(stat: KsmStat): boolean {
  return (
    (stat.ksm_merging_pages ?? 0) > 0 ||
    (stat.ksm_rmap_items ?? 0) > 0 ||
    (stat.ksm_zero_pages ?? 0) > 0 ||
    stat.ksm_mergeable === true ||
    stat.ksm_merge_any === true
  );
}

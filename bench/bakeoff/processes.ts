import { readdirSync, readFileSync } from 'node:fs';

/** USER_HZ, 100 on every Linux architecture in use. */
const TICKS_PER_SEC = 100;

/** A process as /proc/PID/stat tells it. */
export interface ProcessTime {
  readonly pid: number;
  readonly ppid: number;
  /** CPU seconds, those of its ended children included. */
  readonly cpuSec: number;
}

/** All processes of now, 10 us each. */
export function readProcessTimes(proc = '/proc'): readonly ProcessTime[] {
  return readdirSync(proc)
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        return [parseProcessTime(readFileSync(`${proc}/${pid}/stat`, 'utf8'))];
      } catch {
        return []; // it ended between listing and reading
      }
    });
}

/** Fields 4 (parent) and 14 to 17 (utime, stime, and those of children that were waited for) of /proc/PID/stat. */
export function parseProcessTime(stat: string): ProcessTime {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
  return { pid: Number.parseInt(stat, 10), ppid: Number(fields[1]), cpuSec: ticks / TICKS_PER_SEC };
}

/** A process and all below it. */
export function treeOf(processes: readonly ProcessTime[], root: number): readonly ProcessTime[] {
  const children = new Map<number, ProcessTime[]>();
  for (const one of processes) children.set(one.ppid, [...(children.get(one.ppid) ?? []), one]);
  const tree = processes.filter(({ pid }) => pid === root);
  for (let at = 0; at < tree.length; at += 1) tree.push(...(children.get(tree[at]?.pid ?? NaN) ?? []));
  return tree;
}

/** CPU seconds of a process and all below it, ended ones included: what it costs is the difference of two of these. */
export function treeCpuSec(processes: readonly ProcessTime[], root: number): number {
  return treeOf(processes, root).reduce((sum, { cpuSec }) => sum + cpuSec, 0);
}

/**
 * CPU seconds of all CPUs that were not idle, from /proc/stat. Stolen time counts: it is other machines' load on the same
 * CPUs. Guest time is in user time already.
 *
 * Sample (user, nice, system, idle, iowait, irq, softirq, steal, ...): `cpu  655889 6693 194333 1434579 4990 0 1615 524 0 0`
 */
export function parseBusySec(stat: string): number {
  const fields = /^cpu +(.*)$/m.exec(stat)?.[1]?.split(' ').map(Number) ?? [];
  const [user = NaN, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = fields;
  return (user + nice + system + irq + softirq + steal) / TICKS_PER_SEC;
}

export function readBusySec(): number {
  return parseBusySec(readFileSync('/proc/stat', 'utf8'));
}

/** What processes use: CPU time and memory, from /proc. */

import { readdirSync, readFileSync } from 'node:fs';

/** USER_HZ on every Linux architecture in use; proc(5), times in /proc/PID/stat. */
const TICKS_PER_SEC = 100;

export interface Usage {
  /** User and system time, that of ended children included that were waited for. Seconds. */
  readonly cpuSec: number;
  /** Pages that no other process maps: Private_Clean + Private_Dirty of smaps_rollup. Bytes. */
  readonly privateBytes: number;
  /** Of it what was written, so that the kernel cannot drop it: Private_Dirty. The rest is code. Bytes. */
  readonly dirtyBytes: number;
  /** Shared pages in parts. Bytes. */
  readonly pssBytes: number;
  readonly processes: number;
}

/** Of a process, without its children. */
export function usageOf(pid: number): Usage {
  return { cpuSec: ownTicks(pid) / TICKS_PER_SEC, ...memoryOf([pid]) };
}

/** Of all that descend from a process, those that have ended included. */
export function usageBelow(pid: number): Usage {
  const pids = descendants(pid);
  // A child that ended and was waited for has left its time to the one above.
  const ticks = sum(pids.map((one) => ownTicks(one))) + sum([pid, ...pids].map((one) => childTicks(one)));
  return { cpuSec: ticks / TICKS_PER_SEC, ...memoryOf(pids) };
}

/** Time in which the host's CPUs did anything, seconds (/proc/stat; the time of KVM guests is in user time). */
export function hostBusySec(stat = readFileSync('/proc/stat', 'utf8')): number {
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = (/^cpu +(.*)$/m.exec(stat)?.[1] ?? '')
    .split(' ')
    .map(Number);
  return (user + nice + system + irq + softirq) / TICKS_PER_SEC;
}

function descendants(pid: number): number[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const parent = fields(Number(name))[PARENT];
    if (parent === undefined) continue;
    const siblings = children.get(Number(parent)) ?? [];
    siblings.push(Number(name));
    children.set(Number(parent), siblings);
  }
  const found: number[] = [];
  const open = [pid];
  for (let one = open.pop(); one !== undefined; one = open.pop()) {
    const below = children.get(one) ?? [];
    found.push(...below);
    open.push(...below);
  }
  return found;
}

/** Positions after the name, from 0; proc(5). */
const PARENT = 1;
const UTIME = 11;
const STIME = 12;
const CUTIME = 13;
const CSTIME = 14;

function ownTicks(pid: number): number {
  const stat = fields(pid);
  return Number(stat[UTIME] ?? 0) + Number(stat[STIME] ?? 0);
}

function childTicks(pid: number): number {
  const stat = fields(pid);
  return Number(stat[CUTIME] ?? 0) + Number(stat[CSTIME] ?? 0);
}

/** Empty: the process is gone. */
function fields(pid: number): readonly string[] {
  const stat = readOrEmpty(`/proc/${pid}/stat`);
  return stat === '' ? [] : stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

function memoryOf(pids: readonly number[]): Omit<Usage, 'cpuSec'> {
  const rollups = pids.map((pid) => readOrEmpty(`/proc/${pid}/smaps_rollup`));
  const bytes = (key: string): number =>
    sum(rollups.map((text) => Number(new RegExp(`^${key}:\\s+(\\d+)`, 'm').exec(text)?.[1] ?? 0) * 1024));
  return {
    privateBytes: bytes('Private_Clean') + bytes('Private_Dirty'),
    dirtyBytes: bytes('Private_Dirty'),
    pssBytes: bytes('Pss'),
    processes: pids.length,
  };
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

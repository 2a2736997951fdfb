/** Times of a process from /proc/PID/stat (proc_pid_stat(5)). A process that is gone has none. */

import { readFileSync } from 'node:fs';
import { uptime } from 'node:os';

/** Clock ticks in /proc are hundredths of a second on every Linux architecture that Node runs on (USER_HZ). */
const TICKS_PER_SEC = 100;

/** CPU time of the process so far, user and system, in seconds. */
export function cpuSecOf(pid: number): number | undefined {
  const [userTicks, systemTicks] = fieldsOf(pid, 14, 15) ?? [];
  return userTicks === undefined || systemTicks === undefined ? undefined : (userTicks + systemTicks) / TICKS_PER_SEC;
}

/** How long ago the process began, in seconds. */
export function ageSecOf(pid: number): number | undefined {
  const [startTicks] = fieldsOf(pid, 22) ?? [];
  return startTicks === undefined ? undefined : Math.max(0, uptime() - startTicks / TICKS_PER_SEC);
}

/** Costs a microsecond, so that it can be asked of every guest once a second. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Fields as proc_pid_stat(5) numbers them. The second is the name, which may hold blanks and brackets. */
function fieldsOf(pid: number, ...numbers: readonly number[]): number[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    const values = numbers.map((number) => Number(fields[number - 3]));
    return values.every(Number.isFinite) ? values : undefined;
  } catch {
    return undefined;
  }
}

import { constants, getPriority, setPriority } from 'node:os';

/**
 * Runs `work` at the lowest priority of the CPU, which is also the lowest of disks that the kernel derives from it
 * (ioprio_set(2): best effort 7), and puts back the one before. Where that is not allowed the work is done all the same.
 */
export async function atLowPriority<T>(work: () => Promise<T>): Promise<T> {
  const before = getPriority();
  trySetPriority(constants.priority.PRIORITY_LOW);
  try {
    return await work();
  } finally {
    trySetPriority(before);
  }
}

/** Only root may raise a priority, its own former one included; a sandbox may forbid any change. */
function trySetPriority(priority: number): void {
  try {
    setPriority(priority);
  } catch {
    // The work goes on at the priority there is.
  }
}

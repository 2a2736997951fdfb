/** Wall and CPU time of repeated work over so much address space. */

export interface Timing {
  /** GiB of address space a second of wall time. */
  readonly gibPerSec: { readonly best: number; readonly median: number };
  /** A second of this process's CPU time, user and kernel, best of all repeats: what other work on the machine disturbs least. */
  readonly gibPerCpuSec: number;
}

export async function time(pages: number, repeats: number, work: () => Promise<void> | void): Promise<Timing> {
  const gib = pages / 2 ** 18;
  const wall: number[] = [];
  const cpu: number[] = [];
  for (let repeat = 0; repeat < repeats; repeat += 1) {
    const cpuBefore = process.cpuUsage();
    const before = performance.now();
    await work();
    wall.push((performance.now() - before) / 1000);
    const { user, system } = process.cpuUsage(cpuBefore);
    cpu.push((user + system) / 1e6);
  }
  wall.sort((a, b) => a - b);
  return {
    gibPerSec: { best: gib / (wall[0] ?? NaN), median: gib / (wall[Math.floor(wall.length / 2)] ?? NaN) },
    gibPerCpuSec: gib / Math.min(...cpu),
  };
}

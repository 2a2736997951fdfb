/** Finds virtual machines that KSM has nothing to do with: those that an operator asks about are often among them. */

import { monitorOf } from './machine.js';
import type { Known } from './registry.js';

/** As ProcessGlance of kernel/process-facts.ts. */
export interface Glance extends Known {
  readonly kernelThread: boolean;
  readonly exe?: string;
}

/** /proc is listed this often, in milliseconds: the kernel takes about 2 us for each process. */
const LIST_MS = 10_000;

/** Most processes looked at in one call; a glance takes about 20 us. */
const GLANCES_MAX = 50;

/** A process that is none is looked at again after this time, in milliseconds: a launcher becomes one by exec. */
const AGAIN_MS = 60_000;

/** Re-checks are spread over this many slots by pid. */
const SLOTS = 16;

export interface FinderPort {
  /** All pids. */
  readonly list: () => readonly number[];
  readonly glance: (pid: number) => Glance | undefined;
}

export class MachineFinder {
  readonly #port: FinderPort;
  #listAgainAt = -Infinity;
  #pids: readonly number[] = [];
  /** Monotonic milliseconds of the next glance, by pid. As long as /proc's listing. */
  readonly #due = new Map<number, number>();
  readonly #found = new Map<number, Known>();

  constructor(port: FinderPort) {
    this.#port = port;
  }

  /**
   * The machines found so far that are still listed. A full host takes some calls to be gone through.
   *
   * @param monoMs monotonic clock, milliseconds
   * @param known pids that are looked at anyway
   */
  find(monoMs: number, known: ReadonlySet<number> = new Set()): readonly Known[] {
    if (monoMs >= this.#listAgainAt) this.#list(monoMs);
    let glances = 0;
    for (const pid of this.#pids) {
      if (glances >= GLANCES_MAX) break;
      if (known.has(pid)) continue;
      const due = this.#due.get(pid);
      if (due !== undefined && monoMs < due) continue;
      glances++;
      const spread = due === undefined ? ((pid % SLOTS) * AGAIN_MS) / SLOTS : 0;
      // New ones soon again: between fork and exec a machine is its launcher.
      this.#due.set(pid, monoMs + (due === undefined ? LIST_MS + spread : AGAIN_MS));
      this.#look(pid);
    }
    return [...this.#found.values()];
  }

  #list(monoMs: number): void {
    this.#listAgainAt = monoMs + LIST_MS;
    this.#pids = this.#port.list();
    const listed = new Set(this.#pids);
    for (const byPid of [this.#due, this.#found]) {
      for (const pid of byPid.keys()) if (!listed.has(pid)) byPid.delete(pid);
    }
  }

  #look(pid: number): void {
    const glance = this.#port.glance(pid);
    if (glance === undefined || monitorOf({ ...glance, ppid: 0 }) === undefined) {
      this.#found.delete(pid);
      return;
    }
    const { startTicks, comm } = glance;
    this.#found.set(pid, { pid, startTicks, comm });
  }
}

import { setTimeout as sleep } from 'node:timers/promises';

/** Work goes on for so long before it pauses, in milliseconds: short for the host's scheduler, long for timers. */
const SLICE_MS = 20;

/** Keeps a loop below a share of one core, by pausing. */
export class Pace {
  readonly #maxCpuPct: number;
  readonly #now: () => number;
  readonly #sleep: (ms: number) => Promise<unknown>;
  #since: number;

  /** @param options.maxCpuPct of one core, above 0; 100 never pauses, but lets others have their turn */
  constructor(options: {
    readonly maxCpuPct: number;
    readonly now?: () => number;
    readonly sleep?: (ms: number) => Promise<unknown>;
  }) {
    this.#maxCpuPct = options.maxCpuPct;
    this.#now = options.now ?? (() => performance.now());
    this.#sleep = options.sleep ?? ((ms) => sleep(ms));
    this.#since = this.#now();
  }

  /** To be awaited between two pieces of work. undefined: go on. */
  breathe(): Promise<void> | undefined {
    const busy = this.#now() - this.#since;
    return busy < SLICE_MS ? undefined : this.#pause(busy);
  }

  async #pause(busyMs: number): Promise<void> {
    await this.#sleep(busyMs * (100 / this.#maxCpuPct - 1));
    this.#since = this.#now();
  }
}

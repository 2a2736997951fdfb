/** When the bpftrace that always runs is to begin anew: a full map, or a module that brought its tracepoints. */

import { presentTracepoints } from './host-facts.js';
import { LifetimeSampling, fullMap, spentRows } from './map-pressure.js';
import { isAlive } from './process-times.js';
import type { HostFacts } from './tier.js';
import type { EpochCounts } from './window.js';

export interface ReplanOptions {
  readonly mapKeys: number;
  /** Merged pages now or soon. */
  readonly estimatePages: () => number;
  /** How often there may be a new run, and how often a reason is looked for. */
  readonly everyMs: number | undefined;
}

export interface Replan {
  readonly reason: string;
  readonly facts: HostFacts;
}

const EVERY_MS = 60_000;
/** Merge times that fill their map within this time are too many; later, most are left over from pages long gone. */
const LEFT_OVER_MS = 3_600_000;

export class ReplanWatch {
  readonly #options: ReplanOptions;
  readonly #sampling: LifetimeSampling;
  #lookedAt = 0;
  #sampledAt = 0;

  constructor(options: ReplanOptions) {
    this.#options = options;
    this.#sampling = new LifetimeSampling(options.mapKeys);
  }

  /** One merged page in how many is to be timed. */
  get lifetimeOneIn(): number {
    return this.#sampling.oneIn;
  }

  /** The first run is about to be planned. */
  begin(): void {
    this.#lookedAt = performance.now();
    this.#choose(1);
  }

  /** To be asked at each frame; looks when it is time to. */
  look(counts: EpochCounts, facts: HostFacts): Replan | undefined {
    if (performance.now() - this.#lookedAt < (this.#options.everyMs ?? EVERY_MS)) return undefined;
    this.#lookedAt = performance.now();
    const { mapKeys } = this.#options;
    const reason = fullMap(counts, mapKeys) ?? this.#resample(counts) ?? spentRows(counts, mapKeys, isAlive);
    return reason === undefined ? newTracepoints(facts) : { reason, facts };
  }

  #resample(counts: EpochCounts): string | undefined {
    if (!this.#sampling.isPressed(counts)) return undefined;
    const areTooMany = performance.now() - this.#sampledAt < LEFT_OVER_MS;
    this.#choose(areTooMany ? this.#sampling.oneIn * 2 : 1);
    return `merge times fill their map; from now on one page in ${this.#sampling.oneIn} is timed`;
  }

  #choose(atLeast: number): void {
    this.#sampling.choose(this.#options.estimatePages(), atLeast);
    this.#sampledAt = performance.now();
  }
}

function newTracepoints(facts: HostFacts): Replan | undefined {
  const tracepoints = presentTracepoints(facts.tracefs);
  const arrived = [...tracepoints].filter((name) => !facts.tracepoints.has(name));
  if (arrived.length === 0) return undefined;
  return { reason: `the kernel now has ${arrived.join(', ')}`, facts: { ...facts, tracepoints } };
}

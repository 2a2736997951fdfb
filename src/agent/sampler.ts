import type { KernelSample } from './kernel/kernel-reader.js';
import { derive, type Origin } from './model/derive.js';
import type { Point } from './model/derived.js';
import { ProcessTable } from './model/process-table.js';
import type { ProbeSnapshot } from './model/probe.js';
import type { Sample, SourceState } from './model/raw.js';
import type { Log } from './log.js';

/** Most processes that are read only because the probes named them; ended ones are found gone at little cost. */
const EXTRA_PIDS_MAX = 4096;

/** How long a process that entered KSM is read although its files show nothing yet: it may still be filling its memory. */
const ENTERED_KEPT_MS = 60_000;

export interface SamplerOptions {
  readonly reader: { readSample(options: { monoMs: number; extraPids?: ReadonlySet<number> }): KernelSample };
  readonly probes: { snapshot(): ProbeSnapshot };
  readonly pageSize: number;
  /** Read at each sample: the price may change while the agent runs. */
  readonly gibPerCore: () => number;
  /** Wall clock, milliseconds. */
  readonly now: () => number;
  /** Monotonic clock, milliseconds. */
  readonly monoMs: () => number;
  readonly log: Log;
}

/** Takes samples and turns each, with the one before it, into a point. */
export class Sampler {
  readonly #options: SamplerOptions;
  readonly #table = new ProcessTable();
  readonly #sourceStates = new Map<string, SourceState>();
  #previous: Point | undefined;
  #origin: Origin = { cow_ksm: undefined };
  #seq = 0;
  /** Processes that entered KSM lately, by pid: monotonic milliseconds of their entry. */
  readonly #entered = new Map<number, number>();

  constructor(options: SamplerOptions) {
    this.#options = options;
  }

  /** A probe saw a process enter KSM: the next sample reads it, long before the process scan would look again. */
  expect(pid: number): void {
    if (this.#entered.size < EXTRA_PIDS_MAX) this.#entered.set(pid, this.#options.monoMs());
  }

  sample(): Point {
    const { reader, probes, pageSize, gibPerCore, now, monoMs } = this.#options;
    const snapshot = probes.snapshot();
    const at = monoMs();
    const sample: Sample = {
      seq: this.#seq++,
      timeMs: now(),
      monoMs: at,
      ...reader.readSample({ monoMs: at, extraPids: this.#extraPids(snapshot, at) }),
    };
    this.#logSources(sample);
    // A first reading that failed is made up for by a later one.
    if (this.#origin.cow_ksm === undefined) this.#origin = { cow_ksm: sample.vmstat?.cow_ksm };
    const processes = this.#table.update({ sample, probes: snapshot, pageSize });
    const derived = derive({
      sample,
      probes: snapshot,
      previous: this.#previous,
      origin: this.#origin,
      pageSize,
      gibPerCore: gibPerCore(),
      processes,
    });
    this.#previous = { sample, probes: snapshot, derived };
    return this.#previous;
  }

  /** A change of state is news; the state itself, each second, is not. */
  #logSources(sample: Sample): void {
    for (const { name, state, detail } of sample.sources) {
      const before = this.#sourceStates.get(name);
      if (before === state) continue;
      this.#sourceStates.set(name, state);
      if (before === undefined && state === 'ok') continue;
      const level = state === 'failed' ? 'warn' : 'info';
      this.#options.log[level](`source ${name} ${state}`, detail === undefined ? {} : { detail });
    }
  }

  #extraPids(snapshot: ProbeSnapshot, monoMs: number): ReadonlySet<number> {
    for (const [pid, since] of this.#entered) {
      if (monoMs - since > ENTERED_KEPT_MS) this.#entered.delete(pid);
    }
    const counted = snapshot.processes.slice(-EXTRA_PIDS_MAX).map((process) => process.pid);
    // Who leaves KSM and lives stays listed: only who is gone from the sample has ended.
    const listed = this.#previous?.sample.processes.map((process) => process.pid) ?? [];
    return new Set([...listed, ...counted, ...this.#entered.keys()]);
  }
}

import { setMaxListeners } from 'node:events';
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { FullScans } from '../../../test/helpers/full-scans.js';
import { writeKnobs } from '../../../test/helpers/knobs.js';
import type { Script, Stage, Workload } from '../types.js';
import { reachableMib, TICK_MS } from './account.js';
import { BenchGuest, TimedGuest } from './guest.js';
import type { GuestPlan, Plan } from './plan.js';

/** A workload that is nothing but a plan. */
export interface PlannedWorkload extends Workload {
  plan(seconds: number): Plan;
}

/** Makes a workload of a plan. */
export function planned(workload: Omit<PlannedWorkload, 'prepare'>): PlannedWorkload {
  return {
    ...workload,
    async prepare(stage): Promise<Script> {
      const cast = new Cast(workload.plan(stage.seconds), stage);
      try {
        await cast.prepare();
      } catch (error) {
        await cast.end();
        throw error;
      }
      return cast;
    },
  };
}

/** The processes of a plan. */
class Cast implements Script {
  readonly change: Script['change'];
  readonly #plan: Plan;
  readonly #stage: Stage;
  readonly #reachable: Float64Array;
  readonly #guests = new Map<GuestPlan, BenchGuest>();
  readonly #ended = new AbortController();
  readonly #signal: AbortSignal;
  #timed: TimedGuest | undefined;
  #rate: number | null = null;

  constructor(plan: Plan, stage: Stage) {
    this.change = plan.change;
    this.#plan = plan;
    this.#stage = stage;
    this.#reachable = reachableMib(plan, stage.seconds);
    this.#signal = AbortSignal.any([stage.signal, this.#ended.signal]);
    setMaxListeners(0, this.#signal); // one for each cue of the plan
  }

  async prepare(): Promise<void> {
    this.#timed = await TimedGuest.start();
    if (this.#plan.rehearsal === undefined) await this.#goTo(-1);
    else await this.#rehearse(this.#plan.rehearsal);
  }

  async play(elapsed: () => number): Promise<void> {
    const zeroNs = process.hrtime.bigint() - BigInt(Math.round(elapsed() * 1e9));
    const until = async (ms: number): Promise<void> => {
      const waitMs = ms - Number(process.hrtime.bigint() - zeroNs) / 1e6;
      await sleep(Math.max(0, waitMs), undefined, { signal: this.#signal });
    };
    await Promise.all([this.#timed?.begin(), ...[...this.#guests.values()].map((guest) => guest.begin(zeroNs))]);
    const cues = this.#plan.guests.flatMap((plan) => this.#cues(plan, zeroNs));
    await Promise.all([
      until(this.#stage.seconds * 1000),
      ...cues.map(async ({ atMs, act }) => {
        await until(atMs);
        await act();
      }),
    ]);
    this.#rate = (await this.#timed?.rate()) ?? null;
  }

  reachableMib(atSec: number): number {
    const tick = Math.floor((atSec * 1000) / TICK_MS);
    return this.#reachable[Math.min(Math.max(tick, 0), this.#reachable.length - 1)] ?? 0;
  }

  guestRate(): number | null {
    return this.#rate;
  }

  async end(): Promise<void> {
    this.#ended.abort();
    await Promise.all([this.#timed?.kill(), ...[...this.#guests.values()].map((guest) => guest.kill())]);
  }

  /** What is to be done to a guest in the course of the window. */
  #cues(plan: GuestPlan, zeroNs: bigint): { atMs: number; act: () => Promise<void> }[] {
    const lastMs = this.#stage.seconds * 1000;
    const cues = [];
    if (plan.startMs >= 0) {
      const act = async (): Promise<void> => {
        const guest = await this.#start(plan);
        await guest.mapDue(plan.ranges, plan.startMs);
        await guest.begin(zeroNs);
      };
      cues.push({ atMs: plan.startMs, act });
    }
    for (const range of plan.ranges) {
      const atMs = Math.max(plan.startMs, range.mapMs ?? -Infinity);
      if (atMs >= 0 && atMs > plan.startMs)
        cues.push({ atMs, act: async () => this.#guests.get(plan)?.mapDue([range], atMs) });
    }
    if (plan.endMs !== undefined) cues.push({ atMs: plan.endMs, act: async () => this.#guests.get(plan)?.kill() });
    return cues.filter(({ atMs }) => atMs < lastMs);
  }

  async #rehearse({ scans, everyMs }: { scans: number; everyMs: number }): Promise<void> {
    // Without guests yet: whatever full scans it takes to get ksmd to step are none of the rehearsal.
    await using ksmd = await FullScans.start(existsSync('/sys/kernel/mm/ksm/smart_scan') ? { smart_scan: 1 } : {});
    try {
      for (let left = scans; left > 0; left -= 1) {
        await this.#goTo(-left * everyMs);
        await ksmd.step();
      }
      await this.#goTo(0);
    } finally {
      writeKnobs({ run: 0 });
      writeKnobs({ pages_to_scan: 100, sleep_millisecs: 20 });
    }
  }

  /** Brings all that exists at a time before the window to its state of then. */
  async #goTo(ms: number): Promise<void> {
    this.#signal.throwIfAborted();
    for (const plan of this.#plan.guests) {
      if (plan.startMs >= 0 || plan.startMs > ms) continue;
      const guest = this.#guests.get(plan) ?? (await this.#start(plan));
      await guest.mapDue(plan.ranges, ms);
    }
    await Promise.all([...this.#guests.values()].map((guest) => guest.at(ms)));
  }

  async #start(plan: GuestPlan): Promise<BenchGuest> {
    const guest = await BenchGuest.start(this.#stage.seed, this.#plan.guests.indexOf(plan));
    this.#guests.set(plan, guest);
    if (this.#ended.signal.aborted) await guest.kill();
    return guest;
  }
}

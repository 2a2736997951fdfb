/** Drives the policy over a simulated host: how long a decision takes, and what stays on the heap. */

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { observe } from '../../src/agent/model/observe.js';
import { actuate, noteActuation } from '../../src/tuner/actuator.js';
import { DEFAULT_TUNER_SETTINGS } from '../../src/tuner/settings.js';
import { initialState, type TunerState } from '../../src/tuner/state.js';
import { step } from '../../src/tuner/step.js';
import type { KnobName, KnobPort, Phase } from '../../src/tuner/types.js';
import { BenchHost } from './host.js';

export interface Sizes {
  readonly guests: number;
  /** Ticks that are timed, after a tenth as many to warm up. */
  readonly ticks: number;
  /** Ticks over which the heap is watched. */
  readonly longTicks: number;
}

export interface Measured extends Sizes {
  /** Milliseconds of wall time. */
  readonly observe: Times;
  readonly step: Times;
  readonly both: Times;
  /** The two together in milliseconds of this process's CPU time: what a busy machine takes away is not in it. */
  readonly cpu: Times;
  /** Bytes after a collection: when all has warmed up, and at the end. */
  readonly heapBefore: number;
  readonly heapAfter: number;
  /** Characters of the policy's state as JSON, at its longest. */
  readonly stateChars: number;
  /** Ticks spent in each phase: what was walked through. */
  readonly phases: Readonly<Partial<Record<Phase, number>>>;
}

export interface Times {
  readonly median: number;
  readonly p99: number;
  readonly max: number;
}

const WARM_UP_PART = 0.1;

/** The state is written out every so often, for its length. */
const LOOK_EVERY = 1000;

export function measure(sizes: Sizes, progress: (ticks: number) => void): Measured {
  const host = new BenchHost(sizes.guests);
  const port = portOf(host);
  const timed = (): Float64Array => new Float64Array(sizes.ticks);
  const times = { observe: timed(), step: timed(), cpu: timed() };
  const phases: Partial<Record<Phase, number>> = {};
  const warmUp = Math.ceil(WARM_UP_PART * sizes.ticks);
  const total = Math.max(sizes.longTicks, warmUp + sizes.ticks);
  let state = initialState();
  let heapBefore = 0;
  let stateChars = 0;
  for (let tick = 0; tick < total; tick++) {
    const one = decide(host, state, port);
    state = one.state;
    phases[one.phase] = (phases[one.phase] ?? 0) + 1;
    const at = tick - warmUp;
    if (at >= 0 && at < sizes.ticks) {
      times.observe[at] = one.observeMs;
      times.step[at] = one.stepMs;
      times.cpu[at] = one.cpuMs;
    }
    if (tick % LOOK_EVERY === 0) stateChars = Math.max(stateChars, JSON.stringify(state).length);
    if (at + 1 === sizes.ticks) heapBefore = heapUsed();
    if (tick % 100_000 === 0) progress(tick);
  }
  const both = times.observe.map((ms, n) => ms + (times.step[n] ?? 0));
  return {
    ...sizes,
    longTicks: total,
    observe: summary(times.observe),
    step: summary(times.step),
    both: summary(both),
    cpu: summary(times.cpu),
    heapBefore,
    heapAfter: heapUsed(),
    stateChars,
    phases,
  };
}

interface Decided {
  readonly state: TunerState;
  readonly phase: Phase;
  readonly observeMs: number;
  readonly stepMs: number;
  readonly cpuMs: number;
}

function decide(host: BenchHost, before: TunerState, port: KnobPort): Decided {
  const point = host.tick();
  const nowMonoMs = point.sample.monoMs;
  const cpu = process.cpuUsage();
  const began = performance.now();
  const observation = observe({ point, nowMonoMs, pageSize: 4096, rivals: [] });
  const observed = performance.now();
  if (observation === undefined) throw new Error('the host cannot be tuned');
  const settings = DEFAULT_TUNER_SETTINGS;
  const { state, decision } = step({ observation, state: before, settings, mode: 'auto', paused: false });
  const ended = performance.now();
  const { user, system } = process.cpuUsage(cpu);
  const result = decision.changes.length > 0 ? actuate(decision, port) : null;
  return {
    state: result === null ? state : noteActuation(state, result, nowMonoMs),
    phase: decision.phase,
    observeMs: observed - began,
    stepMs: ended - observed,
    cpuMs: (user + system) / 1000,
  };
}

function portOf({ sim }: BenchHost): KnobPort {
  return {
    read: (knob) => sim.observe().knobs[knob as KnobName] ?? 0,
    write: (knob, value) => {
      sim.knobs = { ...sim.knobs, [knob]: Number(value) };
    },
  };
}

function summary(times: Float64Array): Times {
  const sorted = times.toSorted();
  const at = (part: number): number => sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? NaN;
  return { median: at(0.5), p99: at(0.99), max: at(1) };
}

function heapUsed(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed;
}

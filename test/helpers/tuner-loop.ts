/** The agent's loop around the tuner, on the simulator: once a second, twice while memory grows. */

import { actuate, noteActuation } from '../../src/tuner/actuator.js';
import { DEFAULT_TUNER_SETTINGS } from '../../src/tuner/settings.js';
import { initialState, type TunerState } from '../../src/tuner/state.js';
import { step } from '../../src/tuner/step.js';
import type { Decision, KnobName, KnobPort, Mode, Observation, TunerSettings } from '../../src/tuner/types.js';
import type { KsmSim } from '../../src/tuner/sim/page-model.js';

export class TunerLoop {
  state: TunerState = initialState();
  mode: Mode = 'auto';
  paused = false;
  settings: TunerSettings;
  /** One entry per decision id. */
  readonly log: Decision[] = [];
  writes = 0;
  /** ksmd CPU of each second, as a share of one core. */
  readonly cpu: number[] = [];
  readonly port: KnobPort;

  constructor(
    readonly sim: KsmSim,
    settings: Partial<TunerSettings> = {},
    readonly observe: (sim: KsmSim) => Observation = (s) => s.observe(),
  ) {
    this.settings = { ...DEFAULT_TUNER_SETTINGS, ...settings };
    this.port = {
      read: (knob) => sim.knobs[knob as KnobName] ?? 0,
      write: (knob, value) => {
        this.writes += 1;
        sim.set(knob as KnobName, Number(value));
      },
    };
  }

  /** One second. `eachHalf` is called at its begin and in its middle. */
  tick(eachHalf?: () => void): void {
    const before = this.sim.cpuSec;
    eachHalf?.();
    this.decide();
    this.sim.advance(0.5);
    eachHalf?.();
    if (this.state.urgent) this.decide();
    this.sim.advance(0.5);
    this.cpu.push(this.sim.cpuSec - before);
  }

  private decide(): void {
    const { mode, paused, settings } = this;
    const observation = this.observe(this.sim);
    const { state, decision } = step({ observation, state: this.state, settings, mode, paused });
    this.state = state;
    if (this.log.at(-1)?.id !== decision.id) this.log.push(decision);
    if (mode === 'auto' && !paused && decision.changes.length > 0) {
      const result = actuate(decision, this.port);
      this.state = noteActuation(state, result, this.sim.now * 1000);
    }
  }

  run(seconds: number, each?: (second: number) => void): void {
    for (let i = 0; i < seconds; i++) {
      each?.(i);
      this.tick();
    }
  }

  /** Highest mean CPU over any `width` seconds from second `from` on. */
  worstCpu(width: number, from = 0): number {
    let worst = 0;
    for (let i = from; i + width <= this.cpu.length; i++) {
      const mean = this.cpu.slice(i, i + width).reduce((sum, share) => sum + share, 0) / width;
      worst = Math.max(worst, mean);
    }
    return worst;
  }

  meanCpu(from: number, to = this.cpu.length): number {
    const part = this.cpu.slice(from, to);
    return part.reduce((sum, share) => sum + share, 0) / Math.max(1, part.length);
  }
}

/** ksmpilot's own auto mode: the very code that runs in the agent. */

import { actuate, noteActuation } from '../actuator.js';
import { initialState, type TunerState } from '../state.js';
import { step } from '../step.js';
import type { Decision, KnobName, Knobs, Observation, TunerSettings } from '../types.js';
import { KERNEL_DEFAULT, type Policy } from './policy.js';

/** @param decided is told each tick's decision and what it rests on, for following a run */
export function ksmpilot(
  settings: TunerSettings,
  decided?: (decision: Decision, observation: Observation) => void,
): Policy<TunerState> {
  return {
    name: 'ksmpilot',
    knobs: { run: 0, ...KERNEL_DEFAULT },
    initial: initialState(),
    watch: (state, observation) => step({ observation, state, settings, mode: 'observe', paused: false }).state,
    tick(before, observation) {
      const { state, decision } = step({ observation, state: before, settings, mode: 'auto', paused: false });
      decided?.(decision, observation);
      if (decision.changes.length === 0) return { state, knobs: observation.knobs };
      const knobs: { -readonly [Name in keyof Knobs]: Knobs[Name] } = { ...observation.knobs };
      const result = actuate(decision, {
        read: (name) => {
          const value = knobs[name as KnobName];
          if (value === undefined) throw new RangeError(`no knob ${name} on this host`);
          return value;
        },
        write: (name, value) => {
          knobs[name as KnobName] = Number(value);
        },
      });
      return { state: noteActuation(state, result, observation.monoMs), knobs };
    },
  };
}

/** ksmpilot's own auto mode: the very code that runs in the agent. */

import { actuate, noteActuation } from '../actuator.js';
import { initialState, type TunerState } from '../state.js';
import { step } from '../step.js';
import type { KnobName, Knobs, TunerSettings } from '../types.js';
import { KERNEL_DEFAULT, type Policy } from './policy.js';

export function ksmpilot(settings: TunerSettings): Policy<TunerState> {
  return {
    name: 'ksmpilot',
    knobs: { run: 0, ...KERNEL_DEFAULT },
    initial: initialState(),
    tick(before, observation) {
      const { state, decision } = step({ observation, state: before, settings, mode: 'auto', paused: false });
      if (decision.changes.length === 0) return { state, knobs: observation.knobs };
      const knobs: { -readonly [Name in keyof Knobs]: Knobs[Name] } = { ...observation.knobs };
      const result = actuate(decision, {
        read: (name) => knobs[name as KnobName],
        write: (name, value) => {
          knobs[name as KnobName] = Number(value);
        },
      });
      return { state: noteActuation(state, result, observation.monoMs), knobs };
    },
  };
}

import type { KnobChange, KnobName, TunerSettings } from '../tuner/types.js';
import type { Baseline, KnobValues } from './model/knobs.js';
import { planRestore } from './restore-plan.js';

export interface GiveBackInput {
  readonly baseline: Baseline;
  readonly current: KnobValues;
  readonly before: TunerSettings;
  readonly after: TunerSettings;
}

/**
 * Knobs to put back while auto mode goes on, since it loses the setting under which it moved them: `smart_scan`, and `run`,
 * whether it was stopped and could not be started again, or started where that is forbidden now. As with every restore, one
 * that somebody else has moved since is left.
 */
export function planGiveBack({ baseline, current, before, after }: GiveBackInput): readonly KnobChange[] {
  const knobs: KnobName[] = [];
  if (before.smartScan && !after.smartScan) knobs.push('smart_scan');
  if (before.mayStart && !after.mayStart) knobs.push('run');
  return knobs.flatMap((knob) =>
    planRestore(only(baseline, knob), current, baseline.bootId).writes.map(({ from, to }) => ({
      knob,
      from: Number(from),
      to: Number(to),
    })),
  );
}

/** The baseline as if no other knob had been written. */
function only({ previous, ...baseline }: Baseline, knob: KnobName): Baseline {
  const was = previous?.[knob];
  return {
    ...baseline,
    written: pick(baseline.written, knob),
    ...(was === undefined ? {} : { previous: { [knob]: was } }),
  };
}

function pick(values: KnobValues, knob: KnobName): KnobValues {
  const value = values[knob];
  return value === undefined ? {} : { [knob]: value };
}

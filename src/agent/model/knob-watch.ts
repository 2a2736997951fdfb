/** Tells who moved a knob, by comparing what is read with what this agent wrote. Pure. */

import type { KnobChanged } from './event.js';
import type { KnobValues } from './knobs.js';

/**
 * Changes between two readings that this agent did not make. `written` is what it wrote since the earlier reading: a
 * knob that now holds that value was moved by us and was reported when it was written.
 */
export function foreignChanges(before: KnobValues, now: KnobValues, written: KnobValues): readonly KnobChanged[] {
  return (Object.keys(now) as (keyof KnobValues)[]).flatMap((knob) => {
    const from = written[knob] ?? before[knob];
    const to = now[knob];
    if (from === undefined || to === undefined || from === to) return [];
    return [{ knob, from: String(from), to: String(to), by: 'somebody else' as const }];
  });
}

import type { KnobPort } from '../../tuner/types.js';
import { KsmpilotError } from '../errors.js';
import type { KnobValues } from '../model/knobs.js';

/** A knob that ksmpilot may write. */
export type WritableKnob = keyof KnobValues;

/** The knobs that ksmpilot may write, and no other file. The type makes a forgotten one a compile error. */
const KIND: { readonly [Knob in keyof Required<KnobValues>]: 'count' | 'word' } = {
  run: 'count',
  pages_to_scan: 'count',
  sleep_millisecs: 'count',
  smart_scan: 'count',
  use_zero_pages: 'count',
  merge_across_nodes: 'count',
  max_page_sharing: 'count',
  advisor_mode: 'word',
};

export const WRITABLE_KNOBS = Object.keys(KIND) as readonly WritableKnob[];

export function isWritableKnob(knob: string): knob is WritableKnob {
  return Object.hasOwn(KIND, knob);
}

/**
 * The knob's name, if this knob may be given this value by ksmpilot at all. Whether the kernel takes it is another
 * matter.
 *
 * @throws KsmpilotError KSM_KNOB_ABSENT for what is no knob of ours, KSM_UNMERGE_REFUSED for run = 2,
 *   KSM_KNOB_REFUSED for a value that no kernel takes
 */
export function checkKnobValue(knob: string, value: number | string): WritableKnob {
  if (!isWritableKnob(knob)) throw unknownKnob(knob);
  if (knob === 'run' && value === 2) {
    throw new KsmpilotError('KSM_UNMERGE_REFUSED', '2 (unmerge everything) is never written to run as a knob', {
      hint:
        'It copies every merged page back at once and makes the writer the first victim when memory runs out. ' +
        'If that is wanted: `ksmpilot unmerge` looks first whether the memory is there.',
    });
  }
  const fits =
    KIND[knob] === 'count'
      ? typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
      : typeof value === 'string' && /^[a-z-]+$/.test(value);
  if (!fits) {
    const expected = KIND[knob] === 'count' ? 'a whole number from 0 up' : 'one word';
    throw new KsmpilotError('KSM_KNOB_REFUSED', `${knob} takes ${expected}, not ${JSON.stringify(value)}`, {
      hint: 'Nothing was written.',
    });
  }
  return knob;
}

/** The knobs among the files that were read; those that this kernel does not have stay absent. */
export function knobsOf(ksm: KnobValues): KnobValues {
  return Object.fromEntries(WRITABLE_KNOBS.flatMap((knob) => (ksm[knob] === undefined ? [] : [[knob, ksm[knob]]])));
}

export function unknownKnob(knob: string): KsmpilotError {
  return new KsmpilotError('KSM_KNOB_ABSENT', `${JSON.stringify(knob)} is no knob that ksmpilot moves`, {
    hint: `It moves ${WRITABLE_KNOBS.join(', ')}.`,
  });
}

/**
 * All knobs that this kernel has, as they are now.
 *
 * @throws KsmpilotError KSM_ABSENT; KSM_FILE_UNREADABLE or KSM_FILE_MALFORMED if any knob fails: a baseline with a hole
 *   in it would be trusted later
 */
export function readKnobs(port: Pick<KnobPort, 'read'>): KnobValues {
  const knobs: Partial<Record<WritableKnob, number | string>> = {};
  for (const knob of WRITABLE_KNOBS) {
    const value = readIfThere(port, knob);
    if (value !== undefined) knobs[knob] = value;
  }
  if (Object.keys(knobs).length === 0) {
    throw new KsmpilotError('KSM_ABSENT', 'this kernel has no /sys/kernel/mm/ksm', {
      hint: 'Boot a kernel with CONFIG_KSM=y (distribution kernels have it); in a container, mount sysfs.',
    });
  }
  return knobs as KnobValues;
}

/** A knob's value; undefined where this kernel has no such knob. Throws what else `port.read` throws. */
export function readIfThere(port: Pick<KnobPort, 'read'>, knob: WritableKnob): number | string | undefined {
  try {
    return port.read(knob);
  } catch (error) {
    if (error instanceof KsmpilotError && error.code === 'KSM_KNOB_ABSENT') return undefined;
    throw error;
  }
}

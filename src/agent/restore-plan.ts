import type { Baseline, KnobValues } from './model/knobs.js';

type Knob = keyof KnobValues;

export interface RestoreWrite {
  readonly knob: Knob;
  readonly from: number | string;
  readonly to: number | string;
}

export interface RestorePlan {
  /** In the order in which they must be done. */
  readonly writes: readonly RestoreWrite[];
  /** Knobs left alone, each a sentence with the reason. */
  readonly left: readonly string[];
}

/** What pages_to_scan becomes when the advisor is switched off (set_advisor_defaults in mm/ksm.c). */
export const PAGES_TO_SCAN_AFTER_ADVISOR = 100;

/**
 * advisor_mode goes before pages_to_scan: the kernel refuses pages_to_scan while the advisor is on, and sets it when the
 * advisor goes off. `run` is put at one end or the other below.
 */
const ORDER: readonly Knob[] = [
  'advisor_mode',
  'pages_to_scan',
  'sleep_millisecs',
  'smart_scan',
  'use_zero_pages',
  'merge_across_nodes',
  'max_page_sharing',
];

/**
 * What to write so that every knob that ksmpilot moved is as it was before. Only knobs that still hold a value of ours
 * are written; one that somebody else has set since is left and reported.
 *
 * @param current the knobs as they are now; a knob that cannot be read is absent and is left
 * @param bootId of the running kernel: a reboot has reset all knobs, so a baseline of another boot restores nothing
 */
export function planRestore(baseline: Baseline, current: KnobValues, bootId: string): RestorePlan {
  if (baseline.bootId !== bootId) {
    return { writes: [], left: ['The saved baseline is of an earlier boot, and the reboot has reset the knobs.'] };
  }
  const left: string[] = [];
  const writes: RestoreWrite[] = [];
  const consider = (knob: Knob): RestoreWrite | undefined => {
    const step = planKnob(knob, baseline, current);
    if (step === undefined || typeof step === 'object') return step;
    left.push(step);
    return undefined;
  };

  const run = consider('run');
  if (baseline.written.run !== undefined && baseline.knobs.run === 2) {
    left.push(
      'run: it was 2 (unmerge everything) before ksmpilot, which is restored as 0: writing 2 unmerges all memory.',
    );
  }
  // Stop before changing the rest, start only when the rest is in place.
  if (run?.to === 0) writes.push(run);
  let advisor = current.advisor_mode;
  for (const knob of ORDER) {
    if (knob === 'pages_to_scan') {
      const step = planPagesToScan(baseline, current, advisor, consider);
      if (typeof step === 'string') left.push(step);
      else if (step !== undefined) writes.push(step);
      continue;
    }
    const write = consider(knob);
    if (write === undefined) continue;
    writes.push(write);
    if (knob === 'advisor_mode') advisor = String(write.to);
  }
  if (run !== undefined && run.to !== 0) writes.push(run);
  return { writes, left };
}

/** A write, the sentence why there is none, or undefined when there is nothing to do for this knob. */
function planKnob(knob: Knob, baseline: Baseline, current: KnobValues): RestoreWrite | string | undefined {
  const written = baseline.written[knob];
  if (written === undefined) return undefined;
  const before = baseline.knobs[knob];
  const now = current[knob];
  if (before === undefined) return `${knob}: its value before ksmpilot is not known.`;
  if (now === undefined) return `${knob}: it cannot be read now; it was ${before} before ksmpilot.`;
  const target = knob === 'run' && before === 2 ? 0 : before;
  if (now === target) return undefined;
  if (now !== written && now !== baseline.previous?.[knob]) {
    return `${knob}: it holds ${now}, not the ${written} that ksmpilot wrote last, so somebody else has set it since; it was ${before} before ksmpilot.`;
  }
  return { knob, from: now, to: target };
}

/** @param advisor advisor_mode as it will be by then */
function planPagesToScan(
  baseline: Baseline,
  current: KnobValues,
  advisor: string | undefined,
  consider: (knob: Knob) => RestoreWrite | undefined,
): RestoreWrite | string | undefined {
  const before = baseline.knobs.pages_to_scan;
  if (advisor === 'scan-time') {
    if (baseline.knobs.advisor_mode === 'scan-time') return undefined;
    if (baseline.written.pages_to_scan === undefined || before === undefined) return undefined;
    return `pages_to_scan: the kernel's advisor is on and sets it; it was ${before} before ksmpilot.`;
  }
  if (current.advisor_mode !== 'scan-time') return consider('pages_to_scan');
  // The advisor, ours, goes off, and pages_to_scan falls to its default, whoever set it last.
  if (before === undefined || before === PAGES_TO_SCAN_AFTER_ADVISOR) return undefined;
  return { knob: 'pages_to_scan', from: PAGES_TO_SCAN_AFTER_ADVISOR, to: before };
}

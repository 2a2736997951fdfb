/** When mergeable memory came and went in a record, and how much of each stretch merged. */

import { knownAt, savedAt, type HistorySample } from './history.js';

/** Growth in this many seconds without a pause belongs together: what guests hold of their image then is alike. */
const STRETCH_SEC = 10;

/** Steps below this part of all memory, or below these pages, are noise. */
const NOISE_PART = 0.01;
const NOISE_PAGES = 512;

/** Part of the noise that a single rise must have to begin a stretch. */
const TRICKLE_PART = 0.02;

/** Stretches kept at most; later growth joins the last one. */
const MAX_STRETCHES = 200;

export interface Stretch {
  readonly atSec: number;
  /** Null: until the end. */
  readonly untilSec: number | null;
  readonly pages: number;
  /** Of these, pages that were saved in the end. */
  readonly saved: number;
  /** Saved before the record began. */
  readonly savedBefore: number;
  /** Mean number of pages of one content. */
  readonly copies: number;
}

/** The first stretch is the memory that was there when the record began, if any was. */
export function growthOf(samples: readonly HistorySample[]): readonly Stretch[] {
  const first = samples[0];
  if (first === undefined) return [];
  const levels = levelsOf(samples);
  const steps = stepsOf(samples, levels);
  const copies = copiesOf(samples);
  const savedBefore = savedAt(first);
  const base = Math.max(levels[0] ?? 0, savedBefore);
  const begun = base > 0 ? [{ atSec: 0, pages: base }, ...steps] : steps;
  const gains = gainsOf(begun, samples);
  const stretches: Stretch[] = [];
  // A stretch can hold so much of a gain; what is beyond was found in older memory.
  let beyond = 0;
  for (let n = begun.length - 1; n >= 0; n--) {
    const step = begun[n];
    if (step === undefined) continue;
    const before = n === 0 && base > 0 ? savedBefore : 0;
    const room = Math.max(before, (step.pages * (copies - 1)) / copies);
    const wanted = before + (gains[n] ?? 0) + beyond;
    const saved = Math.min(room, wanted);
    beyond = wanted - saved;
    stretches.unshift({ ...step, untilSec: null, saved, savedBefore: before, copies });
  }
  return shrunk(stretches, samples, levels);
}

/** How much more was saved than ever before, from each step to the next. */
function gainsOf(steps: readonly { readonly atSec: number }[], samples: readonly HistorySample[]): readonly number[] {
  const gains = steps.map(() => 0);
  let most = samples[0] === undefined ? 0 : savedAt(samples[0]);
  let at = 0;
  for (const sample of samples) {
    while ((steps[at + 1]?.atSec ?? Infinity) <= sample.atSec) at += 1;
    const gain = savedAt(sample) - most;
    if (gain <= 0) continue;
    most += gain;
    gains[at] = (gains[at] ?? 0) + gain;
  }
  return gains;
}

/**
 * Mergeable pages by sample: what processes offer, which shows growth at once, scaled to what ksmd knows in the end,
 * because processes also own memory that cannot merge. Without process tables, what ksmd knows.
 */
function levelsOf(samples: readonly HistorySample[]): readonly number[] {
  const known = samples.map(knownAt);
  const offeredMost = samples.reduce((most, one) => Math.max(most, one.offered ?? 0), 0);
  const knownMost = known.reduce((most, pages) => Math.max(most, pages), 0);
  if (offeredMost <= 0 || knownMost <= 0) return offeredMost > 0 ? samples.map((one) => one.offered ?? 0) : known;
  const scale = Math.min(1, knownMost / offeredMost);
  let level = 0;
  return samples.map((one, index) => {
    // A look-back has no process tables: what ksmd knew then is a lower bound.
    level = one.offered === null ? (known[index] ?? level) : Math.max(one.offered * scale, known[index] ?? 0);
    return level;
  });
}

function stepsOf(
  samples: readonly HistorySample[],
  levels: readonly number[],
): readonly { readonly atSec: number; readonly pages: number }[] {
  const noise = noiseOf(levels);
  const steps: { atSec: number; pages: number }[] = [];
  let level = levels[0] ?? 0;
  let pending = 0;
  let pendingSinceSec: number | null = null;
  const close = (): void => {
    if (pendingSinceSec === null) return;
    const lastStep = steps.at(-1);
    if (pending >= noise && steps.length < MAX_STRETCHES) steps.push({ atSec: pendingSinceSec, pages: pending });
    else if (lastStep !== undefined) lastStep.pages += pending;
    pending = 0;
    pendingSinceSec = null;
  };
  samples.forEach((sample, index) => {
    const now = levels[index] ?? level;
    const rise = now - level;
    level = now;
    if (pendingSinceSec !== null && sample.atSec - pendingSinceSec >= STRETCH_SEC && pending >= noise) close();
    if (rise <= 0) return;
    // A trickle counts, but a flood does not begin with it.
    const trickle = rise < TRICKLE_PART * noise;
    const old = pending < noise && pendingSinceSec !== null && sample.atSec - pendingSinceSec >= STRETCH_SEC;
    if (!trickle && (pendingSinceSec === null || old)) pendingSinceSec = sample.atSec;
    pending += rise;
  });
  close();
  return steps;
}

function noiseOf(levels: readonly number[]): number {
  return levels.reduce((most, level) => Math.max(most, NOISE_PART * level), NOISE_PAGES);
}

/** Memory that went: the youngest stretches end first, whole ones only. */
function shrunk(
  stretches: readonly Stretch[],
  samples: readonly HistorySample[],
  levels: readonly number[],
): readonly Stretch[] {
  const noise = noiseOf(levels);
  const alive = [...stretches];
  const ended: Stretch[] = [];
  samples.forEach((sample, index) => {
    const level = levels[index] ?? 0;
    let held = alive.filter(({ atSec }) => atSec <= sample.atSec).reduce((sum, { pages }) => sum + pages, 0);
    for (let n = alive.length - 1; n >= 0; n--) {
      const stretch = alive[n];
      // Its memory may still be coming: no verdict before it has had time to.
      if (stretch === undefined || sample.atSec < stretch.atSec + 2 * STRETCH_SEC) continue;
      const missing = held - level;
      if (missing < noise || missing < stretch.pages - noise) continue;
      held -= stretch.pages;
      ended.push({ ...stretch, untilSec: sample.atSec });
      alive.splice(n, 1);
    }
  });
  return [...alive, ...ended].sort((a, b) => a.atSec - b.atSec);
}

/** Mean mappings of a KSM page where the most was shared, at least 2. */
function copiesOf(samples: readonly HistorySample[]): number {
  let best = 2;
  let most = 0;
  for (const { shared, sharing } of samples) {
    if (sharing <= most || shared <= 0) continue;
    most = sharing;
    best = (sharing + shared) / shared;
  }
  return Math.max(2, best);
}

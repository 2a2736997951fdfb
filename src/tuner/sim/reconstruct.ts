/**
 * From a record to a workload that behaves like it: what memory was there and when it grew, how much of it merged, how
 * fast merges broke. What the record cannot tell is said in `unknowns`, in words for an operator.
 */

import { bytes, digits, duration } from '../format.js';
import type { ContentSpec } from './content-set.js';
import { scaledCosts, USUAL_COSTS, type SimCosts } from './costs.js';
import { growthOf, type Stretch } from './growth-steps.js';
import { knownAt, savedAt, type HistorySample, type HostHistory } from './history.js';
import type { SegmentSpec } from './host-sim.js';
import { starter, type Policy } from './policy.js';
import { simulate } from './simulate.js';
import type { Workload, WorkloadEvent } from './workload.js';

const GIB = 2 ** 30;

/** Copies of a content that are modelled one by one; with more, which page equals which is left to chance. */
const MAX_COPIES = 8;

/** Rounds of fitting the cost of a page, and how far from the usual it is believed to be. */
const FIT_ROUNDS = 3;
const MIN_FACTOR = 0.05;
const MAX_FACTOR = 30;

export interface Fit {
  /** The cost of a page here, as a factor on the usual ones. */
  readonly costFactor: number;
  /** The record replayed under its own knobs, against the record: share of difference; null: nothing to compare. */
  readonly savedError: number | null;
  readonly cpuError: number | null;
}

export interface Reconstruction {
  readonly workload: Workload;
  readonly costs: SimCosts;
  readonly smartScan: boolean;
  readonly useZeroPages: boolean;
  readonly pageSize: number;
  /** The knobs as they were, for the row "as recorded". */
  readonly recorded: Policy<number>;
  readonly fit: Fit;
  readonly unknowns: readonly string[];
}

export interface ReconstructOptions {
  /** Nothing is merged at the start, as after a boot into the same memory. */
  readonly cold: boolean;
}

export function reconstruct(history: HostHistory, options: ReconstructOptions): Reconstruction {
  const workload = workloadOf(history, options);
  const recorded = recordedPolicy(history.samples);
  const { smartScan, useZeroPages, pageSize } = history;
  const sums = sumsOf(history);
  let factor = 1;
  // A cold start is not what was recorded: costs are fitted on the warm one.
  const warm = options.cold ? workloadOf(history, { cold: false }) : workload;
  const replay = (): ReturnType<typeof simulate> =>
    simulate(warm, starter(recorded), { costs: scaledCosts(USUAL_COSTS, factor), smartScan, useZeroPages, pageSize });
  if (sums.cpuSec !== null && sums.cpuSec > 0) {
    for (let round = 0; round < FIT_ROUNDS; round++) {
      const { ksmdCpuSec } = replay();
      if (ksmdCpuSec <= 0) break;
      factor = Math.min(MAX_FACTOR, Math.max(MIN_FACTOR, (factor * sums.cpuSec) / ksmdCpuSec));
    }
  }
  const result = replay();
  return {
    workload,
    costs: scaledCosts(USUAL_COSTS, factor),
    smartScan,
    useZeroPages,
    pageSize,
    recorded,
    fit: {
      costFactor: factor,
      savedError: sums.savedGibSec > 0 ? result.savedGibSec / sums.savedGibSec - 1 : null,
      cpuError: sums.cpuSec !== null && sums.cpuSec > 0 ? result.ksmdCpuSec / sums.cpuSec - 1 : null,
    },
    unknowns: unknownsOf(history),
  };
}

function workloadOf(history: HostHistory, { cold }: ReconstructOptions): Workload {
  const { samples, pageSize, memTotalBytes } = history;
  const seconds = Math.max(1, Math.ceil(endOf(samples)));
  const flow = breaksOf(samples);
  const sets: ContentSpec[] = [];
  const events: WorkloadEvent[] = [];
  const presetKsmPages: Record<string, number> = {};
  for (const [n, stretch] of growthOf(samples).entries()) {
    const part = partsOf(stretch, n, flow);
    const warm = n === 0 && !cold && stretch.savedBefore > 0;
    const merged = warm ? Math.min(1, stretch.savedBefore / Math.max(1, part.saved)) : 0;
    sets.push(...part.sets);
    part.guests.forEach((segments, copy) => {
      events.push({
        atSec: stretch.atSec,
        kind: 'start',
        guest: `memory-${n}-${copy}`,
        segments: segments.map((one) =>
          warm ? { ...one, calm: true, merged: one.set.startsWith('own') ? 0 : one.pages * merged } : one,
        ),
      });
      if (stretch.untilSec !== null)
        events.push({ atSec: stretch.untilSec, kind: 'stop', guest: `memory-${n}-${copy}` });
    });
    if (warm) for (const { name, contents } of part.sets) if (contents > 0) presetKsmPages[name] = contents * merged;
  }
  return {
    name: 'record',
    what: `${duration(seconds)} of a recorded host`,
    seconds,
    memTotalBytes,
    otherBytes: Math.max(0, memTotalBytes * 0.1 - pageSize),
    sets,
    presetKsmPages,
    events: events.sort((a, b) => a.atSec - b.atSec),
  };
}

interface Flow {
  /** Breaks per merged page and second, all told. */
  readonly rate: number;
  /** Of the merged memory, the part that is written to at all, and how often: where the probe timed merges. */
  readonly hotPart: number;
  readonly hotRate: number;
  /** Part of what broke that merged again. */
  readonly again: number;
}

function breaksOf(samples: readonly HistorySample[]): Flow {
  const first = samples[0];
  const last = samples.at(-1);
  let exposure = 0;
  let breaks = 0;
  for (let i = 1; i < samples.length; i++) {
    const [before, now] = [samples[i - 1], samples[i]];
    if (before === undefined || now === undefined) continue;
    exposure += savedAt(before) * (now.atSec - before.atSec);
    breaks += Math.max(0, (now.breaks ?? 0) - (before.breaks ?? 0));
  }
  if (first === undefined || last === undefined || exposure <= 0 || breaks <= 0) {
    return { rate: 0, hotPart: 0, hotRate: 0, again: 0 };
  }
  const rate = breaks / exposure;
  // Little's law: what breaks at this rate and had lived that long is so many pages.
  const meanLife = (last.brokenLifetimeSec ?? 0) / Math.LN2;
  const hotPart = meanLife > 0 ? Math.min(1, rate * meanLife) : 1;
  const merges =
    last.merges !== null && first.merges !== null
      ? last.merges - first.merges
      : Math.max(0, savedAt(last) - savedAt(first)) + breaks;
  const gained = Math.max(0, savedAt(last) - savedAt(first));
  return { rate, hotPart, hotRate: rate / hotPart, again: Math.min(1, Math.max(0, (merges - gained) / breaks)) };
}

/** One stretch of memory as content sets and guests: pages that merge, in as many copies as were seen, and the rest. */
function partsOf(
  stretch: Stretch,
  n: number,
  flow: Flow,
): { readonly sets: ContentSpec[]; readonly guests: SegmentSpec[][]; readonly saved: number } {
  const copies = Math.max(2, stretch.copies);
  const mergeable = Math.min(stretch.pages, (stretch.saved * copies) / (copies - 1));
  const contents = mergeable / copies;
  const layout = copies <= MAX_COPIES ? 'distinct' : 'random';
  const sets: ContentSpec[] = [];
  const holders = layout === 'distinct' ? Math.round(copies) : 1;
  const guests: SegmentSpec[][] = Array.from({ length: holders }, () => []);
  const addSet = (name: string, part: number, writesPerSec: number): void => {
    if (!(part > 0) || contents < 1) return;
    sets.push({
      name: `${name}-${n}`,
      contents: contents * part,
      layout,
      writesPerSec,
      mergeable: 1,
      mergeableAfterWrite: flow.again,
    });
    for (const guest of guests) guest.push({ set: `${name}-${n}`, pages: (mergeable * part) / holders });
  };
  addSet('still', 1 - flow.hotPart, 0);
  addSet('written', flow.hotPart, flow.hotRate);
  const rest = Math.max(0, stretch.pages - mergeable);
  sets.push({ name: `own-${n}`, contents: 0, layout: 'random', writesPerSec: 0, mergeable: 0 });
  for (const guest of guests) guest.push({ set: `own-${n}`, pages: rest / holders });
  return { sets, guests, saved: mergeable - contents };
}

function recordedPolicy(samples: readonly HistorySample[]): Policy<number> {
  const knobs = samples[0]?.knobs ?? { run: 0, pages_to_scan: 100, sleep_millisecs: 20 };
  return {
    name: 'as recorded',
    knobs,
    initial: 0,
    // The knobs of a sample are those in force from there to the next.
    tick(state, observation) {
      const nowSec = observation.monoMs / 1000;
      let index = state;
      for (
        let next = samples[index + 1];
        next !== undefined && next.atSec <= nowSec + 1e-6;
        next = samples[index + 1]
      ) {
        index += 1;
      }
      return { state: index, knobs: samples[index]?.knobs ?? knobs };
    },
  };
}

function sumsOf({ samples, pageSize }: HostHistory): { readonly savedGibSec: number; readonly cpuSec: number | null } {
  let saved = 0;
  let cpuSec = 0;
  let told = false;
  for (let i = 1; i < samples.length; i++) {
    const [before, now] = [samples[i - 1], samples[i]];
    if (before === undefined || now === undefined) continue;
    const seconds = now.atSec - before.atSec;
    saved += ((savedAt(before) + savedAt(now)) / 2) * seconds * pageSize;
    if (now.cpuShare === null) continue;
    told = true;
    cpuSec += now.cpuShare * seconds;
  }
  return { savedGibSec: saved / GIB, cpuSec: told ? cpuSec : null };
}

function unknownsOf(history: HostHistory): string[] {
  const { samples, pageSize, smartScan } = history;
  const known = samples.reduce((most, one) => Math.max(most, knownAt(one)), 0);
  const tables = samples.some((one) => one.offered !== null);
  const offered = samples.reduce((most, one) => Math.max(most, one.offered ?? 0), 0);
  const unseen = Math.max(0, offered - known);
  const scanning = samples.filter((one) => one.knobs.run === 1).length / samples.length;
  const list = [
    'Equal pages that ksmd had not compared by the end of the record are not in it: a faster policy may save more than is shown here.',
  ];
  if (scanning < 1) {
    list.push(
      `KSM was stopped in ${digits(100 * (1 - scanning))} % of the record: what could have merged then is not known.`,
    );
  }
  if (unseen > 0.05 * known) {
    list.push(
      `${bytes(unseen * pageSize)} that processes offer were never visited, or cannot merge; they count as not mergeable.`,
    );
  }
  if (!tables) {
    list.push('The record has no process tables, so growth shows as late as ksmd visited it.');
  }
  if (smartScan)
    list.push(
      'smart_scan was on: pages that change all the time cannot be told from unequal ones, and cost as those do.',
    );
  if (samples.every((one) => one.breaks === null)) list.push('COW breaks were not counted: merges are taken to last.');
  else if (samples.at(-1)?.brokenLifetimeSec === null) {
    list.push('Merge lifetimes were not timed: breaks are taken to hit all merged pages alike.');
  }
  list.push('The CPU of the agent and its probes, and the time guests lose to COW breaks, are in no row.');
  return list;
}

function endOf(samples: readonly HistorySample[]): number {
  return samples.at(-1)?.atSec ?? 0;
}

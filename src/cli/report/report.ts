/** What a host, or one guest, saved and cost over a span: the figures of every format. Pure; null: not known. */

import type { ReportEvent, ReportEvents } from './past.js';
import type { Overcommit, Room } from './room.js';
import type { Gap, Peak, Track } from './track.js';

const GIB = 2 ** 30;
const HOUR_SEC = 3600;

/** Points of a chart: a report is read on paper, too. */
const CHART_POINTS = 120;
const TOLD_EVENTS = 20;

export interface Price {
  /** GiB of memory that are worth one core. */
  readonly gibPerCore: number;
  readonly from: 'option' | 'agent' | 'default';
}

export interface Saving {
  readonly averageBytes: number | null;
  readonly peakBytes: number | null;
  readonly peakMs: number | null;
  readonly lastBytes: number | null;
  readonly byteHours: number | null;
}

export interface Cost {
  /** ksmd's CPU, or the guest's part of it, seconds. */
  readonly ksmdCpuSec: number | null;
  readonly ksmdCores: number | null;
  /** The agent's, from its average since it was started; null for a guest. */
  readonly agentCpuSec: number | null;
  readonly probeCpuSec: number | null;
  /** KSM's own records, bytes on average. */
  readonly recordBytes: number | null;
  readonly merges: number | null;
  readonly cowBreaks: number | null;
  readonly breaksPerMerge: number | null;
}

/** Core-hours over the span. */
export interface Worth {
  readonly savingCoreHours: number | null;
  readonly ksmdCoreHours: number | null;
  readonly netCoreHours: number | null;
  /** Memory may be so cheap, in GiB a core, and merging still pays. */
  readonly breakEvenGibPerCore: number | null;
}

export interface GuestFigures extends Saving, Pick<Cost, 'ksmdCpuSec' | 'merges' | 'cowBreaks' | 'breaksPerMerge'> {
  readonly identity: string;
  readonly name: string;
  readonly kind: string | null;
  readonly merge: string | null;
  readonly netCoreHours: number | null;
  readonly mergeableBytes: number | null;
  /** Hours of the span that are known. */
  readonly knownHours: number;
}

export interface Risk {
  /** Worst point: what unmerging would have needed at most, against what there was at least. Above 1 it did not fit. */
  readonly worstRatio: number | null;
  readonly worstMs: number | null;
  readonly worstNeededBytes: number | null;
  readonly worstUsableBytes: number | null;
  /** Hours in which it did not fit on average. */
  readonly hoursAbove: number;
  readonly knownHours: number;
}

export interface Decisions {
  readonly decisions: number;
  readonly written: number;
  readonly held: number;
  readonly missed: number;
  readonly modes: number;
  readonly knobsBySomebodyElse: number;
  /** The newest that changed something, oldest first. */
  readonly told: readonly { readonly timeMs: number; readonly kind: string; readonly text: string }[];
}

/** One recommendation. */
export interface Advice {
  /** Stable, for scripts. */
  readonly code: string;
  /** What is the matter. */
  readonly sentence: string;
  /** The figures that it rests on. */
  readonly evidence: readonly string[];
  readonly cure: string;
}

/** Course of one figure: at most so many points, NaN-free; null: not known. */
export interface Course {
  readonly name: 'saved_bytes' | 'ksmd_cores' | 'unmerge_ratio';
  readonly title: string;
  readonly unit: 'bytes' | 'cores' | 'ratio';
  /** Starts of the slots, milliseconds since the epoch. */
  readonly timesMs: readonly number[];
  /** End of the last slot. */
  readonly endMs: number;
  readonly values: readonly (number | null)[];
}

export interface Report {
  readonly madeMs: number;
  readonly hostname: string | null;
  readonly kernel: string | null;
  /** Identity and name; null: of the host. */
  readonly guest: { readonly identity: string; readonly name: string } | null;
  readonly source: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly coveredSec: number;
  readonly resolutionMs: number;
  readonly price: Price;
  readonly saving: Saving;
  readonly cost: Cost;
  readonly worth: Worth;
  /** Most worth first; null in the report of one guest. */
  readonly guests: readonly GuestFigures[] | null;
  readonly overcommit: Overcommit | null;
  readonly room: Room | null;
  readonly risk: Risk | null;
  readonly decisions: Decisions | null;
  readonly advice: readonly Advice[];
  readonly courses: readonly Course[];
  /** Spans without samples, longest first. */
  readonly holes: readonly Gap[];
  /** What the figures lack, a sentence each. */
  readonly gaps: readonly string[];
}

/** Fields that a report reads of the host, and of a guest. */
export const HOST_FIELDS = [
  'saved_bytes',
  'profit_bytes',
  'ksmd_cpu_pct',
  'merges_per_sec',
  'cow_breaks_per_sec',
  'mem_available_bytes',
  'unmerge_needed_bytes',
  'unmerge_usable_bytes',
  'knobs.run',
] as const;
export const GUEST_FIELDS = [
  'mergeable_bytes',
  'saved_bytes',
  'rmap_item_bytes',
  'ksmd_cores',
  'merges_per_sec',
  'cow_breaks_per_sec',
] as const;

export function savingOf(track: Track): Saving {
  const peak: Peak | null = track.peak('saved_bytes');
  const byteSeconds = track.integral('saved_bytes');
  return {
    averageBytes: track.average('saved_bytes'),
    peakBytes: peak?.value ?? null,
    peakMs: peak?.timeMs ?? null,
    lastBytes: track.last('saved_bytes'),
    byteHours: byteSeconds === null ? null : byteSeconds / HOUR_SEC,
  };
}

/** @param of whose track: the host's has ksmd's CPU in per cent of a core, a guest's its part in cores */
export function costOf(
  track: Track,
  of: 'host' | 'guest',
  agent: { readonly cores: number | null; readonly probeCores: number | null } = { cores: null, probeCores: null },
): Cost {
  const [field, scale] = of === 'host' ? (['ksmd_cpu_pct', 100] as const) : (['ksmd_cores', 1] as const);
  const cpuSec = track.integral(field);
  const [saved, profit] = [track.average('saved_bytes'), track.average('profit_bytes')];
  const merges = track.integral('merges_per_sec');
  const cowBreaks = track.integral('cow_breaks_per_sec');
  const cores = track.average(field);
  const { coveredSec } = track;
  return {
    ksmdCpuSec: cpuSec === null ? null : cpuSec / scale,
    ksmdCores: cores === null ? null : cores / scale,
    agentCpuSec: agent.cores === null ? null : agent.cores * coveredSec,
    probeCpuSec: agent.probeCores === null ? null : agent.probeCores * coveredSec,
    recordBytes:
      of === 'guest' ? track.average('rmap_item_bytes') : saved === null || profit === null ? null : saved - profit,
    merges,
    cowBreaks,
    breaksPerMerge: merges === null || cowBreaks === null || merges < 1 ? null : cowBreaks / merges,
  };
}

/** As net_cores of the agent: the saving at the price, less ksmd. */
export function worthOf(saving: Saving, cost: Pick<Cost, 'ksmdCpuSec'>, gibPerCore: number): Worth {
  const gibHours = saving.byteHours === null ? null : saving.byteHours / GIB;
  const savingCoreHours = gibHours === null ? null : gibHours / gibPerCore;
  const ksmdCoreHours = cost.ksmdCpuSec === null ? null : cost.ksmdCpuSec / HOUR_SEC;
  return {
    savingCoreHours,
    ksmdCoreHours,
    netCoreHours: savingCoreHours === null || ksmdCoreHours === null ? null : savingCoreHours - ksmdCoreHours,
    breakEvenGibPerCore:
      gibHours === null || ksmdCoreHours === null || ksmdCoreHours <= 0 ? null : gibHours / ksmdCoreHours,
  };
}

export function riskOf(track: Track): Risk {
  const needed = track.values('unmerge_needed_bytes', 'max');
  const usable = track.values('unmerge_usable_bytes', 'min');
  const ratios = track.timesMs.map((_, index) => ratioOf(needed[index], usable[index]));
  let worst = -1;
  ratios.forEach((ratio, index) => {
    if (ratio !== null && ratio > (ratios[worst] ?? -1)) worst = index;
  });
  const [meanNeeded, meanUsable] = [track.values('unmerge_needed_bytes'), track.values('unmerge_usable_bytes')];
  const above = (index: number): boolean => (ratioOf(meanNeeded[index], meanUsable[index]) ?? 0) > 1;
  return {
    worstRatio: ratios[worst] ?? null,
    worstMs: track.timesMs[worst] ?? null,
    worstNeededBytes: worst < 0 ? null : (needed[worst] ?? null),
    worstUsableBytes: worst < 0 ? null : (usable[worst] ?? null),
    hoursAbove: track.secondsWhere(above) / HOUR_SEC,
    knownHours: track.secondsWhere((index) => ratios[index] !== null) / HOUR_SEC,
  };
}

/** null: not known. What needs nothing always fits; where nothing is left, nothing does. */
function ratioOf(needed = Number.NaN, usable = Number.NaN): number | null {
  if (!Number.isFinite(needed) || !Number.isFinite(usable)) return null;
  return needed === 0 ? 0 : usable === 0 ? Number.MAX_VALUE : needed / usable;
}

export function decisionsOf({ events }: ReportEvents): Decisions {
  const made = events.flatMap(({ decision }) => (decision === null ? [] : [decision]));
  const toTell = (event: ReportEvent): boolean =>
    event.kind === 'decision' ? (event.decision?.changes ?? 0) > 0 : event.kind !== 'knob' || event.bySomebodyElse;
  return {
    decisions: made.length,
    written: made.filter(({ written, changes }) => written && changes > 0).length,
    held: made.filter(({ held }) => held === true).length,
    missed: made.filter(({ held }) => held === false).length,
    modes: events.filter(({ kind }) => kind === 'mode').length,
    knobsBySomebodyElse: events.filter(({ bySomebodyElse }) => bySomebodyElse).length,
    told: events
      .filter(toTell)
      .slice(-TOLD_EVENTS)
      .map(({ timeMs, kind, text }) => ({ timeMs, kind, text })),
  };
}

/** The courses that a report draws. */
export function coursesOf(track: Track, of: 'host' | 'guest'): Course[] {
  const cpu = of === 'host' ? track.values('ksmd_cpu_pct').map((pct) => pct / 100) : track.values('ksmd_cores');
  const courses = [
    course(track, { name: 'saved_bytes', title: 'Saved', unit: 'bytes' }, track.values('saved_bytes')),
    course(track, { name: 'ksmd_cores', title: "ksmd's CPU", unit: 'cores' }, cpu),
  ];
  if (of === 'guest') return courses;
  const needed = track.values('unmerge_needed_bytes');
  const usable = track.values('unmerge_usable_bytes');
  const ratios = needed.map((value, index) => ratioOf(value, usable[index]) ?? Number.NaN);
  return [
    ...courses,
    course(
      track,
      { name: 'unmerge_ratio', title: 'Needed to unmerge everything, of what is free for it', unit: 'ratio' },
      ratios,
    ),
  ];
}

/** Slots of equal time: a slot without samples is a gap in the line. */
function course(track: Track, about: Pick<Course, 'name' | 'title' | 'unit'>, values: readonly number[]): Course {
  const { fromMs, toMs, timesMs, resolutionMs } = track;
  const slots = Math.max(1, Math.min(CHART_POINTS, Math.floor((toMs - fromMs) / resolutionMs)));
  const slotMs = (toMs - fromMs) / slots;
  const sums = Array.from({ length: slots }, () => ({ sum: 0, count: 0 }));
  values.forEach((value, index) => {
    const slot = sums[Math.min(slots - 1, Math.max(0, Math.floor(((timesMs[index] ?? 0) - fromMs) / slotMs)))];
    if (slot === undefined || !Number.isFinite(value)) return;
    slot.sum += value;
    slot.count += 1;
  });
  return {
    ...about,
    timesMs: sums.map((_, index) => Math.round(fromMs + index * slotMs)),
    endMs: toMs,
    values: sums.map(({ sum, count }) => (count === 0 ? null : sum / count)),
  };
}

/** All that the policy believes at one tick, in one place, and the same as a list for people. */

import { cost, type Cost, type CostState } from './cost.js';
import { costOfPages } from './cost-split.js';
import type { Figure } from './figure.js';
import { flow, type Flow, type FlowState } from './flow.js';
import type { CapState } from './cap.js';
import { yieldPlusMinus, type GrowthState } from './growth.js';
import { shareOf } from './knobs.js';
import { worthPerPageSec } from './price.js';
import { knownPages, offeredPages, type Reading } from './reading.js';
import { arrivals, type RoundsState } from './rounds.js';
import { savingBeforeExits, trueSaving } from './saving.js';
import type { Estimate, Observation, TunerSettings } from './types.js';
import { unvisitedMergeable } from './unvisited.js';

export interface Estimates {
  readonly cost: Cost;
  readonly flow: Flow;
  /** Pages that become mergeable, per second. */
  readonly arrivals: Figure;
  /** Core-seconds per page-second. */
  readonly worth: number;
  /** Pages to plan a full scan with: those that ksmd knows; while new memory is being walked all that is offered. */
  readonly mergeablePages: number;
  /** Pages that a full scan walks: known ones, and unvisited ones as far as they are expected to be mergeable. */
  readonly mergeable: Figure;
  /** Pages offered to KSM (upper bound), or known pages where the host cannot say. */
  readonly level: number;
  readonly offeredKnown: boolean;
  /** New guests are seen before ksmd has come by: without that ksmd may not rest. */
  readonly offersVisible: boolean;
  /** Offered and never visited: an upper bound, since processes also own memory that cannot merge. Null: not known. */
  readonly unvisitedPages: number | null;
  /** As the kernel reports it. */
  readonly savedPages: number;
  /** Less the breaks and exits that ksmd has not come by yet. */
  readonly trueSaving: Figure;
  /** What merges have gained and breaks have cost, exits left out. Only its differences mean something. Pages. */
  readonly ledgerPages: number;
  /** CPU seconds of one full scan. */
  readonly fullScanCpuSec: number;
  readonly fullScanCpuPlusMinus: number;
  /** The same with `smart_scan` off: every page is looked at. Never less than `fullScanCpuSec`. */
  readonly fullScanCpuSecPlain: number;
  readonly fullScanCpuPlainPlusMinus: number;
  /** The kernel has smart_scan, and counts what it skips. */
  readonly countsSkips: boolean;
  /** Share of one core that ksmd takes with the present knobs, 0 while it is stopped. */
  readonly presentShare: number;
  /** Null while nothing is scanned. */
  readonly presentFullScanSec: number | null;
}

export interface EstimateInput {
  readonly observation: Observation;
  readonly reading: Reading;
  readonly settings: TunerSettings;
  readonly cost: CostState;
  readonly flow: FlowState;
  readonly cap: CapState;
  readonly rounds: RoundsState;
  /** New memory is being walked: what ksmd knows so far is less than all. */
  readonly growing: boolean;
}

export function estimate(input: EstimateInput): Estimates {
  const { observation, reading } = input;
  const { knobs } = observation;
  const known = knownPages(observation);
  const offered = offeredPages(observation);
  const level = offered ?? known;
  const unvisited = unvisitedMergeable(input.flow.unvisited, reading.gauges);
  const mergeable = { value: known + (unvisited?.value ?? 0), plusMinus: unvisited?.plusMinus ?? 0 };
  const mergeablePages = input.growing || known === 0 ? Math.max(known, level) : known;
  const prices = cost(input.cost, reading.cpuNs !== null);
  const breaks = flow(input.flow, reading.cow_ksm !== null);
  const fullScanCpuSec = mergeablePages * prices.secPerWalked;
  const fullScanCpuPlusMinus = Math.hypot(
    mergeable.plusMinus * prices.secPerWalked,
    mergeablePages * (prices.spread ?? prices.secPerWalked),
  );
  const plain = plainFullScan(input, prices, mergeablePages);
  // A batch ends with the full scan, so that no batch works for longer than one.
  const pages_to_scan = Math.min(knobs.pages_to_scan, Math.max(1, fullScanCpuSec / prices.secPerScanned));
  const present = { pages_to_scan, sleep_millisecs: knobs.sleep_millisecs };
  const presentShare = knobs.run === 1 ? shareOf(present, prices.secPerScanned, input.cap.trim) : 0;
  const presentFullScanSec = presentShare > 0 && fullScanCpuSec > 0 ? fullScanCpuSec / presentShare : null;
  return {
    cost: prices,
    flow: breaks,
    arrivals: arrivals(input.rounds),
    worth: worthPerPageSec(observation, input.settings),
    mergeablePages,
    mergeable,
    level,
    offeredKnown: offered !== null,
    offersVisible: offered !== null && observation.offersVisible !== false,
    unvisitedPages: offered === null ? null : Math.max(0, offered - known),
    savedPages: reading.savedPages,
    trueSaving: trueSaving(input.flow.saving, reading.gauges),
    ledgerPages: savingBeforeExits(input.flow.saving, reading.gauges).value + input.flow.ended,
    fullScanCpuSec,
    fullScanCpuPlusMinus,
    fullScanCpuSecPlain: Math.max(fullScanCpuSec, plain?.value ?? 0),
    fullScanCpuPlainPlusMinus: Math.max(fullScanCpuPlusMinus, plain?.plusMinus ?? 0),
    countsSkips: reading.pages_skipped !== null,
    presentShare,
    presentFullScanSec,
  };
}

/** With `smart_scan` off; null where it skips nothing now, so that a full scan costs what it costs. */
function plainFullScan(input: EstimateInput, prices: Cost, mergeablePages: number): Figure | null {
  if (!prices.readable || prices.skippedShare === 0) return null;
  const merged = Math.min(mergeablePages, input.reading.gauges.merged);
  return costOfPages(input.cost.split, merged, mergeablePages - merged, 0);
}

/** The list that a decision carries; names are stable. */
export function listEstimates(e: Estimates, backlogVisits: number, growth: GrowthState): readonly Estimate[] {
  const { cost: c, flow: f } = e;
  const present = e.presentFullScanSec;
  return [
    item('cpu_per_walked_page', c.secPerWalked * 1e6, (c.spread ?? c.secPerWalked) * 1e6, 'us'),
    item('cpu_per_scanned_page', ...micro(c.perScanned), 'us'),
    item('cpu_per_unmerged_page', ...micro(c.perUnmerged), 'us'),
    item('cpu_per_skipped_page', ...micro(e.countsSkips ? c.perSkipped : null), 'us'),
    item('mergeable_pages', e.mergeable.value, e.mergeable.plusMinus, 'pages'),
    item('offered_pages', e.offeredKnown ? e.level : null, e.unvisitedPages, 'pages'),
    item('growth', growth.rate, Math.sqrt(growth.rateVariance), 'pages/s'),
    item('growth_yield', growth.yield * 100, yieldPlusMinus(growth) * 100, '%'),
    item('backlog', backlogVisits, backlogVisits > 0 ? 2 * e.mergeable.plusMinus : 0, 'page visits'),
    item('arrivals', e.arrivals.value, e.arrivals.plusMinus, 'pages/s'),
    item('true_saving', e.trueSaving.value, e.trueSaving.plusMinus, 'pages'),
    item('unnoticed_breaks', f.unnoticed?.value ?? null, f.unnoticed?.plusMinus ?? null, 'pages'),
    item('break_rate', f.breakRate, f.breakRatePlusMinus, 'pages/s'),
    item('break_hazard', perHour(f.hazard?.value), perHour(f.hazard?.plusMinus), '1/h'),
    item('merge_lifetime', f.lifetimeSec, f.lifetimePlusMinus, 's'),
    item('full_scan_cpu', e.fullScanCpuSec, e.fullScanCpuPlusMinus, 's'),
    item('full_scan_cpu_unskipped', e.fullScanCpuSecPlain, e.fullScanCpuPlainPlusMinus, 's'),
    // Pages and seconds a page are in the CPU time; the share of a core that the knobs give holds to a few per cent.
    item(
      'full_scan_time',
      present,
      present === null ? null : (present * e.fullScanCpuPlusMinus) / e.fullScanCpuSec,
      's',
    ),
  ];
}

function micro(figure: Figure | null): [number | null, number | null] {
  return figure === null ? [null, null] : [figure.value * 1e6, figure.plusMinus * 1e6];
}

function perHour(perSec: number | undefined): number | null {
  return perSec === undefined ? null : perSec * 3600;
}

function item(name: string, value: number | null, plusMinus: number | null, unit: string): Estimate {
  return { name, value: finite(value), plusMinus: finite(plusMinus), unit };
}

function finite(value: number | null): number | null {
  return value !== null && Number.isFinite(value) ? value : null;
}

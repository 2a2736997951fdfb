/** All that the policy believes at one tick, in one place, and the same as a list for people. */

import { cost, type Cost, type CostState } from './cost.js';
import { flow, type Flow, type FlowState } from './flow.js';
import type { CapState } from './cap.js';
import { shareOf } from './knobs.js';
import { worthPerPageSec } from './price.js';
import { knownPages, offeredPages, type Reading } from './reading.js';
import type { Estimate, Observation, TunerSettings } from './types.js';

export interface Estimates {
  readonly cost: Cost;
  readonly flow: Flow;
  /** Core-seconds per page-second. */
  readonly worth: number;
  /** Pages that a full scan walks. */
  readonly mergeablePages: number;
  /** Pages offered to KSM (upper bound), or known pages where the host cannot say. */
  readonly level: number;
  readonly offeredKnown: boolean;
  /** Offered and never visited: an upper bound, since processes also own memory that cannot merge. Null: not known. */
  readonly unvisitedPages: number | null;
  readonly savedPages: number;
  /** CPU seconds of one full scan. */
  readonly fullScanCpuSec: number;
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
  /** New memory is being walked: what ksmd knows so far is less than all. */
  readonly growing: boolean;
}

export function estimate(input: EstimateInput): Estimates {
  const { observation, reading } = input;
  const { knobs } = observation;
  const known = knownPages(observation);
  const offered = offeredPages(observation);
  const level = offered ?? known;
  const mergeablePages = input.growing || known === 0 ? Math.max(known, level) : known;
  const prices = cost(input.cost, reading.cpuNs !== null);
  const fullScanCpuSec = mergeablePages * prices.secPerWalked;
  // A batch ends with the full scan, so that no batch works for longer than one.
  const pages_to_scan = Math.min(knobs.pages_to_scan, Math.max(1, fullScanCpuSec / prices.secPerScanned));
  const present = { pages_to_scan, sleep_millisecs: knobs.sleep_millisecs };
  const presentShare = knobs.run === 1 ? shareOf(present, prices.secPerScanned, input.cap.trim) : 0;
  const presentFullScanSec = presentShare > 0 && fullScanCpuSec > 0 ? fullScanCpuSec / presentShare : null;
  return {
    cost: prices,
    flow: flow(input.flow, reading.savedPages, reading.cow_ksm !== null),
    worth: worthPerPageSec(observation, input.settings),
    mergeablePages,
    level,
    offeredKnown: offered !== null,
    unvisitedPages: offered === null ? null : Math.max(0, offered - known),
    savedPages: reading.savedPages,
    fullScanCpuSec,
    presentShare,
    presentFullScanSec,
  };
}

/** The list that a decision carries; names are stable. */
export function listEstimates(e: Estimates, backlogVisits: number, growthYield: number): readonly Estimate[] {
  const { cost: c, flow: f } = e;
  const spread = c.measured ? scaled(c.spread, 1e6) : null;
  return [
    item('cpu_per_walked_page', c.secPerWalked * 1e6, spread, 'us'),
    item('cpu_per_scanned_page', scaled(c.scannedOnly, 1e6), c.scannedOnly === null ? null : spread, 'us'),
    item('cpu_per_skipped_page', scaled(c.skippedOnly, 1e6), c.skippedOnly === null ? null : spread, 'us'),
    // What ksmd knows is exact for what it has walked; what is offered and not visited may yet belong to it.
    item('mergeable_pages', e.mergeablePages, e.unvisitedPages === null ? null : e.unvisitedPages / 2, 'pages'),
    item('backlog', backlogVisits, null, 'page visits'),
    item('arrivals', f.arrivals, f.arrivalsPlusMinus, 'pages/s'),
    item('merge_lifetime', f.lifetimeSec, f.lifetimePlusMinus, 's'),
    item('break_rate', f.breakRate, null, 'pages/s'),
    item('growth_yield', growthYield * 100, null, '%'),
    item('full_scan_cpu', e.fullScanCpuSec, c.measured && c.spread !== null ? e.mergeablePages * c.spread : null, 's'),
    item('full_scan_time', e.presentFullScanSec, null, 's'),
  ];
}

function scaled(value: number | null, factor: number): number | null {
  return value === null ? null : value * factor;
}

function item(name: string, value: number | null, plusMinus: number | null, unit: string): Estimate {
  return { name, value: finite(value), plusMinus: finite(plusMinus), unit };
}

function finite(value: number | null): number | null {
  return value !== null && Number.isFinite(value) ? value : null;
}

/**
 * What ksmd pays for a page by what it does with it: a merged page, one that is not merged and looked at, one that
 * smart_scan passes over. Bayesian least squares, one full scan a measurement: only over a full scan is it known how
 * many of the pages were merged ones, for ksmd may walk a merged guest in one second and an unmerged one in the next.
 *
 * Priors hold what was measured on 6.18 (docs/tuner.md), wide enough for hosts ten times as slow. What the data
 * cannot tell apart keeps the doubt of the prior, so there is always a figure, and it says how good it is.
 */

import type { Figure } from './figure.js';
import type { Interval } from './reading.js';

/** Merged, looked at without merging, skipped: microseconds a page, and the standard deviation of that. */
const PRIOR_US: Triple = [0.3, 4.5, 0.25];
const PRIOR_SD_US: Triple = [0.5, 4.5, 0.25];

/** No page costs less than a cache miss or more than a scheduler tick. Microseconds. */
const MIN_US = 0.02;
const MAX_US = 1000;

/** From one full scan to the next the costs may change by this part of the prior's standard deviation. */
const DRIFT = 0.05;

/** Supposed scatter of one full scan's mean, microseconds a page, and how many full scans that weighs. */
const PRIOR_SCATTER_US = 1;
const PRIOR_SCANS = 3;
/** Full scans that the scatter, and the mix of pages, are remembered for. */
const MEMORY_SCANS = 30;

/** A first visit is a checksum only and a merge takes locks: full scans full of them tell less of the other pages. */
const UNUSUAL_US = 4;

/** Surprises beyond this many standard deviations count less: a busy host, a full scan cut in two. */
const OUTLIER_SD = 3;

/** Pages below which CPU time is too coarse to be worth a measurement. */
const MIN_PAGES = 1000;

type Triple = readonly [number, number, number];

/** Plain data of fixed size. */
export interface SplitState {
  /** Microseconds a page. */
  readonly mean: Triple;
  /** Covariance: 00, 01, 02, 11, 12, 22. */
  readonly covariance: readonly [number, number, number, number, number, number];
  /** Squared scatter and full scans, fading. */
  readonly scatter: number;
  readonly scans: number;
  /** Scanned pages that were merged, and all scanned ones, fading over full scans. */
  readonly mixMerged: number;
  readonly mixScanned: number;
  /** The full scan in progress. */
  readonly cpuSec: number;
  readonly scanned: number;
  readonly skipped: number;
  readonly merged: number;
  readonly unusual: number;
}

const [p0, p1, p2] = PRIOR_SD_US;

export const initialSplit: SplitState = {
  mean: PRIOR_US,
  covariance: [p0 * p0, 0, 0, p1 * p1, 0, p2 * p2],
  scatter: 0,
  scans: 0,
  mixMerged: 0,
  mixScanned: 0,
  cpuSec: 0,
  scanned: 0,
  skipped: 0,
  merged: 0,
  unusual: 0,
};

export interface Split {
  /** CPU seconds for a merged page, and for one that is looked at and does not merge. */
  readonly perMerged: Figure;
  readonly perUnmerged: Figure;
  /** CPU seconds for a scanned page, in the mix of the last full scans. */
  readonly perScanned: Figure;
  readonly perSkipped: Figure;
}

/** @param cpuSec of the interval, known to make sense */
export function updateSplit(state: SplitState, interval: Interval, cpuSec: number): SplitState {
  const walked = interval.scanned + interval.skipped;
  const known = interval.to?.known ?? 0;
  const share = known > 0 ? (interval.to?.merged ?? 0) / known : 0;
  const unusual = Math.abs(interval.savedDelta) + Math.max(0, known - (interval.from?.known ?? known));
  const open = {
    ...state,
    cpuSec: state.cpuSec + cpuSec,
    scanned: state.scanned + interval.scanned,
    skipped: state.skipped + interval.skipped,
    merged: state.merged + Math.min(1, share) * walked,
    unusual: state.unusual + Math.min(walked, unusual),
  };
  return open.scanned + open.skipped >= Math.max(MIN_PAGES, known) ? close(open) : open;
}

/** One measurement more: a Kalman filter of three unknowns. */
function close(open: SplitState): SplitState {
  const walked = open.scanned + open.skipped;
  const merged = Math.min(open.merged, open.scanned);
  const x: Triple = [merged / walked, (open.scanned - merged) / walked, open.skipped / walked];
  const drifted = drift(open.covariance);
  const gain = times(drifted, x);
  const doubt = dot(gain, x);
  const scatter = scatterOf(open);
  const unusual = (UNUSUAL_US * open.unusual) / walked;
  const surprise = (open.cpuSec * 1e6) / walked - dot(open.mean, x);
  const expected = doubt + scatter + unusual * unusual;
  const weight = Math.min(1, (OUTLIER_SD * Math.sqrt(expected)) / Math.abs(surprise));
  const spread = doubt + (scatter + unusual * unusual) / weight;
  const [g0, g1, g2] = gain;
  const [a, b, c, d, e, f] = drifted;
  const keep = Math.exp(-1 / MEMORY_SCANS);
  const [m0, m1, m2] = open.mean;
  const step = surprise / spread;
  return {
    mean: [bounded(m0 + g0 * step), bounded(m1 + g1 * step), bounded(m2 + g2 * step)],
    covariance: [
      a - (g0 * g0) / spread,
      b - (g0 * g1) / spread,
      c - (g0 * g2) / spread,
      d - (g1 * g1) / spread,
      e - (g1 * g2) / spread,
      f - (g2 * g2) / spread,
    ],
    // Of the surprise, the part that is not the doubt of the figures themselves.
    scatter: open.scatter * keep + (weight * surprise * surprise * scatter) / expected,
    scans: open.scans * keep + 1,
    mixMerged: open.mixMerged * keep + merged,
    mixScanned: open.mixScanned * keep + open.scanned,
    cpuSec: 0,
    scanned: 0,
    skipped: 0,
    merged: 0,
    unusual: 0,
  };
}

export function split(state: SplitState): Split {
  const part = state.mixScanned > 0 ? state.mixMerged / state.mixScanned : 0.5;
  return {
    perMerged: figure(state, [1, 0, 0]),
    perUnmerged: figure(state, [0, 1, 0]),
    perScanned: figure(state, [part, 1 - part, 0]),
    perSkipped: figure(state, [0, 0, 1]),
  };
}

/** CPU seconds of so many pages of each kind. */
export function costOfPages(state: SplitState, merged: number, unmerged: number, skipped: number): Figure {
  return figure(state, [merged, unmerged, skipped]);
}

function figure(state: SplitState, x: Triple): Figure {
  const variance = dot(times(state.covariance, x), x);
  return { value: dot(state.mean, x) / 1e6, plusMinus: Math.sqrt(Math.max(0, variance)) / 1e6 };
}

function scatterOf(state: SplitState): number {
  return (PRIOR_SCANS * PRIOR_SCATTER_US ** 2 + state.scatter) / (PRIOR_SCANS + state.scans);
}

/** Doubt grows again, up to the prior's. */
function drift([a, b, c, d, e, f]: SplitState['covariance']): SplitState['covariance'] {
  return [
    a + DRIFT * DRIFT * Math.max(0, p0 * p0 - a),
    b,
    c,
    d + DRIFT * DRIFT * Math.max(0, p1 * p1 - d),
    e,
    f + DRIFT * DRIFT * Math.max(0, p2 * p2 - f),
  ];
}

function times([a, b, c, d, e, f]: SplitState['covariance'], [x, y, z]: Triple): Triple {
  return [a * x + b * y + c * z, b * x + d * y + e * z, c * x + e * y + f * z];
}

function dot(u: Triple, v: Triple): number {
  return u[0] * v[0] + u[1] * v[1] + u[2] * v[2];
}

function bounded(us: number): number {
  return Math.min(MAX_US, Math.max(MIN_US, us));
}

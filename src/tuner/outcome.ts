/** Did what a decision expected come true? */

import { bytes, duration, percent } from './format.js';
import type { Interval } from './reading.js';
import type { Expectation, Outcome } from './types.js';

/** Seconds that must have passed before anything is judged. */
const MIN_SECONDS = 3;

/** What counts as come true: CPU within 30 % or one per cent of a core, full scan within 1.6x, saving at least half. */
const CPU_TOLERANCE = 0.3;
const CPU_TOLERANCE_PCT = 1;
const FULL_SCAN_FACTOR = 1.6;
const SAVED_PART = 0.5;

/** An expectation under watch, with what was measured since. */
export interface Pending {
  readonly ofDecision: number;
  readonly expectation: Expectation;
  readonly seconds: number;
  /** Null as soon as one interval lacked it. */
  readonly cpuSec: number | null;
  readonly fullScans: number;
  /** Seconds at which the first and the latest full scan ended, and how many had ended at the first. */
  readonly firstEndSec: number | null;
  readonly lastEndSec: number;
  readonly atFirstEnd: number;
}

export function watch(ofDecision: number, expectation: Expectation): Pending {
  return {
    ofDecision,
    expectation,
    seconds: 0,
    cpuSec: 0,
    fullScans: 0,
    firstEndSec: null,
    lastEndSec: 0,
    atFirstEnd: 0,
  };
}

export function follow(pending: Pending, interval: Interval): Pending {
  const cpuSec = pending.cpuSec === null || interval.cpuSec === null ? null : pending.cpuSec + interval.cpuSec;
  const seconds = pending.seconds + interval.seconds;
  const fullScans = pending.fullScans + interval.fullScans;
  const next = { ...pending, seconds, cpuSec, fullScans };
  if (interval.fullScans === 0) return next;
  if (pending.firstEndSec !== null) return { ...next, lastEndSec: seconds };
  return { ...next, firstEndSec: seconds, lastEndSec: seconds, atFirstEnd: fullScans };
}

/** Null when too little was seen to say. */
export function judge(pending: Pending, savedBytes: number): Outcome | null {
  const { expectation, seconds } = pending;
  if (seconds < MIN_SECONDS) return null;
  const checks = [
    checkCpu(expectation.ksmdCpuPct, pending.cpuSec === null ? null : (100 * pending.cpuSec) / seconds),
    checkFullScan(expectation.fullScanSec, fullScanSec(pending)),
    checkSaved(expectation.savedBytes, savedBytes),
  ].filter((check) => check !== null);
  if (checks.length === 0) return null;
  const held = checks.every((check) => check.held);
  const text = checks.map((check) => check.text).join('; ');
  return {
    ofDecision: pending.ofDecision,
    held,
    text: `Decision ${pending.ofDecision} ${held ? 'came true' : 'did not come true'}: ${text}.`,
  };
}

/** From the end of one full scan to the end of another; what began before the watch does not count. */
function fullScanSec(pending: Pending): number | null {
  const complete = pending.fullScans - pending.atFirstEnd;
  return pending.firstEndSec === null || complete < 1 ? null : (pending.lastEndSec - pending.firstEndSec) / complete;
}

interface Check {
  readonly held: boolean;
  readonly text: string;
}

function checkCpu(expected: number | null, measured: number | null): Check | null {
  if (expected === null || measured === null) return null;
  const held = Math.abs(measured - expected) <= Math.max(CPU_TOLERANCE_PCT, CPU_TOLERANCE * expected);
  return { held, text: `ksmd expected at ${percent(expected / 100)}, was at ${percent(measured / 100)}` };
}

function checkFullScan(expected: number | null, measured: number | null): Check | null {
  if (expected === null || measured === null) return null;
  const factor = Math.max(expected / measured, measured / expected);
  return {
    held: factor <= FULL_SCAN_FACTOR,
    text: `full scan expected every ${duration(expected)}, was every ${duration(measured)}`,
  };
}

function checkSaved(expected: number | null, measured: number): Check | null {
  if (expected === null) return null;
  return {
    held: measured >= SAVED_PART * expected,
    text: `expected ${bytes(expected)} saved, are ${bytes(measured)}`,
  };
}

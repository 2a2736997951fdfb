/**
 * The kernel's own tuner (`advisor_mode` scan-time, 6.8 and newer): after each full scan it sets pages_to_scan so that the
 * next takes a target time. Whole numbers, as mm/ksm.c (scan_time_advisor) computes; that is part of its behaviour.
 */

import type { Policy } from './policy.js';

/** Defaults of the files advisor_* in /sys/kernel/mm/ksm, and constants of mm/ksm.c. Seconds, per cent, pages. */
const TARGET_SCAN_SEC = 200;
const MAX_CPU_PCT = 70;
const MIN_CPU_PCT = 10;
const MIN_PAGES = 500;
const MAX_PAGES = 30_000;
const EWMA_WEIGHT_PCT = 30;

export interface AdvisorState {
  /** Of the full scan before, seconds; 0 before the first. */
  readonly scanSec: number;
  readonly changePct: number;
  readonly cpuSec: number;
}

export interface AdvisorInput {
  readonly scanSec: number;
  /** ksmd's CPU seconds since its start. */
  readonly cpuSec: number;
  readonly pages_to_scan: number;
  readonly targetSec: number;
}

export function advisorStep(
  state: AdvisorState,
  input: AdvisorInput,
): { readonly state: AdvisorState; readonly pages_to_scan: number } {
  const scanSec = atLeastOne(input.scanSec);
  const cpuMs = Math.floor((input.cpuSec - state.cpuSec) * 1000);
  const cpuPct = atLeastOne((cpuMs * 100) / (scanSec * 1000));
  const factor = atLeastOne((input.targetSec * 100) / scanSec);
  const change = atLeastOne((scanSec * 100) / (state.scanSec === 0 ? scanSec : state.scanSec));
  const changePct = Math.floor(((100 - EWMA_WEIGHT_PCT) * state.changePct + EWMA_WEIGHT_PCT * change) / 100);
  const wanted = Math.floor((Math.floor((input.pages_to_scan * 100) / factor) * changePct) / 100);
  const perPct = atLeastOne(input.pages_to_scan / cpuPct);
  const pages_to_scan = Math.min(MAX_PAGES, Math.max(Math.min(wanted, perPct * MAX_CPU_PCT), perPct * MIN_CPU_PCT));
  return { state: { scanSec, changePct, cpuSec: input.cpuSec }, pages_to_scan };
}

function atLeastOne(value: number): number {
  return Math.max(1, Math.floor(value));
}

/** The advisor switched on at the start, `run` 1, on a ksmd that has used no CPU before. */
export function advisor(targetSec = TARGET_SCAN_SEC): Policy<AdvisorState> {
  return {
    name: targetSec === TARGET_SCAN_SEC ? 'advisor' : `advisor:${targetSec}`,
    knobs: { run: 1, pages_to_scan: MIN_PAGES, sleep_millisecs: 20 },
    initial: { scanSec: 0, changePct: 0, cpuSec: 0 },
    tick: (state, observation) => ({ state, knobs: observation.knobs }),
    fullScan(before, scan, knobs) {
      const scanSec = scan.endedSec - scan.startedSec;
      const { state, pages_to_scan } = advisorStep(before, {
        scanSec,
        cpuSec: scan.cpuSec,
        pages_to_scan: knobs.pages_to_scan,
        targetSec,
      });
      return { state, knobs: { ...knobs, pages_to_scan } };
    },
  };
}

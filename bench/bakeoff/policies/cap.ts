import { KsmdReader } from '../../../src/agent/kernel/ksmd.js';
import { writeKnobs } from '../../../test/helpers/knobs.js';
import type { Policy } from '../types.js';
import { every } from './every.js';

/** ksmpilot's default CPU cap, as a share of one core. */
const CAP = 0.5;
const LOOK_MS = 100;
const SLEEP_MS = 10;
const FIRST_PAGES = 2_000;
const MIN_PAGES = 10;
/** A batch of some 0.1 s. */
const MAX_PAGES = 100_000;
/** CPU seconds above or below the cap that are made up for, over the next second. */
const MOST_OWED = 0.25;
const MOST_LEFT = 0.05;
/** Below this share ksmd had nothing to scan, which tells nothing about the batch. */
const IDLE_SHARE = 0.001;

export interface CapState {
  readonly pages: number;
  /** CPU seconds that may still be used to be on the cap; negative: used too much. */
  readonly leftSec: number;
}

export const capAtStart: CapState = { pages: FIRST_PAGES, leftSec: 0 };

/** The batch for the next interval. The odds of working against sleeping are what a batch scales. */
export function capStep(state: CapState, { seconds, cpuSec }: { seconds: number; cpuSec: number }): CapState {
  const leftSec = Math.min(MOST_LEFT, Math.max(-MOST_OWED, state.leftSec + CAP * seconds - cpuSec));
  const share = Math.min(0.98, cpuSec / seconds);
  if (!(share > IDLE_SHARE)) return { pages: state.pages, leftSec };
  const wanted = Math.min(0.9, Math.max(0.05, CAP + leftSec));
  const odds = wanted / (1 - wanted) / (share / (1 - share));
  const pages = state.pages * Math.sqrt(Math.min(4, Math.max(0.25, odds)));
  return { pages: Math.min(MAX_PAGES, Math.max(MIN_PAGES, Math.round(pages))), leftSec };
}

/**
 * Not a contestant: the time that a scanner at the cap takes, measured, for the comparison of t95. smart_scan as found, so
 * ksmd comes to use less than the cap when all that is left are pages it passes over: a batch ends with the full scan.
 */
export const cap: Policy = {
  name: 'cap',
  title: `scanning at the CPU cap (${CAP * 100} % of a core) all the time`,
  obstacle() {
    const readable = new KsmdReader().read(performance.now()) !== undefined;
    return Promise.resolve(readable ? undefined : "ksmd's CPU time is not to be read (/proc/PID/schedstat)");
  },
  start({ signal }) {
    const reader = new KsmdReader();
    let state = capAtStart;
    let before = { ms: performance.now(), cpuNs: reader.read(performance.now())?.cpuNs };
    writeKnobs({ run: 1, pages_to_scan: state.pages, sleep_millisecs: SLEEP_MS });
    const running = every(LOOK_MS, signal, () => {
      const ms = performance.now();
      const cpuNs = reader.read(ms)?.cpuNs;
      if (cpuNs === undefined || before.cpuNs === undefined) throw new Error("ksmd's CPU time is not to be read");
      state = capStep(state, { seconds: (ms - before.ms) / 1e3, cpuSec: (cpuNs - before.cpuNs) / 1e9 });
      before = { ms, cpuNs };
      writeKnobs({ pages_to_scan: state.pages });
    });
    return Promise.resolve(running);
  },
};

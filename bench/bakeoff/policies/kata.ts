import { readMeminfo } from '../../../src/agent/kernel/meminfo.js';
import { readKsm, writeKnobs } from '../../../test/helpers/knobs.js';
import type { Policy } from '../types.js';
import { every } from './every.js';
import { GuestWatch } from './guest-watch.js';

// Rule and constants: ksm.go (ksmSettings, throttle) and throttler.go (the intervals) of
// github.com/kata-containers/ksm-throttler, in its default mode `auto`; the trigger is trigger/virtcontainers/vc.go.

/** What is in force, and what the timer turns it into. `initial`: the knobs as found. */
export type KataMode = 'aggressive' | 'standard' | 'slow' | 'initial';

/** One batch is this part of the host's anonymous pages. */
const SETTINGS = {
  aggressive: { part: 10, sleepMs: 1 },
  standard: { part: 100, sleepMs: 10 },
  slow: { part: 500, sleepMs: 100 },
} as const;

const AFTER_KICK_SEC = 30;
const STEP_SEC = 120;
const PAGE_KB = 4;

/** @param anonKb AnonPages of /proc/meminfo */
export function kataKnobs(
  mode: Exclude<KataMode, 'initial'>,
  anonKb: number,
): { readonly pages: number; readonly sleepMs: number } {
  const { part, sleepMs } = SETTINGS[mode];
  return { pages: Math.floor(Math.floor(anonKb / PAGE_KB) / part), sleepMs };
}

/**
 * The throttler's clock. It starts in `aggressive` without writing that: only a new guest (a kick) does. Times in seconds
 * since its start.
 */
export class KataThrottler {
  #mode: KataMode = 'aggressive';
  #dueSec = STEP_SEC;

  /** A guest was started. @returns the mode to write */
  kick(nowSec: number): KataMode {
    this.#mode = 'aggressive';
    this.#dueSec = nowSec + AFTER_KICK_SEC;
    return this.#mode;
  }

  /** @returns the mode to write when the timer is due, else undefined; after `initial` only a kick moves it */
  tick(nowSec: number): KataMode | undefined {
    if (nowSec < this.#dueSec) return undefined;
    this.#mode = this.#mode === 'aggressive' ? 'standard' : this.#mode === 'standard' ? 'slow' : 'initial';
    this.#dueSec = this.#mode === 'initial' ? Infinity : nowSec + STEP_SEC;
    return this.#mode;
  }
}

const LOOK_MS = 250;

/** Guests that are there before the window do not kick it, as they do not when the real one is started beside them. */
export const kata: Policy = {
  name: 'kata',
  title: "Kata Containers' throttler: 30 s of full speed for each new guest",
  obstacle: () => Promise.resolve(undefined),
  start({ signal }) {
    const found = {
      run: readKsm('run'),
      pages_to_scan: readKsm('pages_to_scan'),
      sleep_millisecs: readKsm('sleep_millisecs'),
    };
    const write = (mode: KataMode): void => {
      if (mode === 'initial') {
        writeKnobs(found);
        return;
      }
      const anonKb = readMeminfo()?.AnonPages;
      if (anonKb === undefined) throw new Error('/proc/meminfo tells no AnonPages');
      const { pages, sleepMs } = kataKnobs(mode, anonKb);
      writeKnobs({ run: 0 });
      writeKnobs({ run: 1, pages_to_scan: pages, sleep_millisecs: sleepMs });
    };
    const throttler = new KataThrottler();
    const watch = new GuestWatch();
    watch.look();
    const startMs = performance.now();
    const running = every(LOOK_MS, signal, () => {
      const nowSec = (performance.now() - startMs) / 1000;
      const mode = watch.look().started > 0 ? throttler.kick(nowSec) : throttler.tick(nowSec);
      if (mode !== undefined) write(mode);
    });
    return Promise.resolve(running);
  },
};

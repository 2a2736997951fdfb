import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { KsmdReader } from '../../src/agent/kernel/ksmd.js';
import type { Ksmd } from '../../src/agent/model/raw.js';
import { Guest } from './guest.js';
import { readKsm, writeKnobs } from './knobs.js';

/** One batch ends with the full scan at the latest, so a batch without other bound is one full scan. */
const WHOLE_SCAN = 1_000_000_000;
/** So long that ksmd wakes for a step only. */
const SLEEP_MS = 3_600_000;
const STEP_TIMEOUT_MS = 60_000;

/**
 * Lets ksmd do full scans one by one, so that a test can do something between two of them, and count them. The knobs
 * are the caller's to save.
 *
 * A change of sleep_millisecs wakes ksmd (6.1 and newer: `ksm_iter_wait`), it scans one batch, and sleeps again. A guest
 * with one page keeps it from going to rest for want of anything to scan.
 */
export class FullScans implements AsyncDisposable {
  readonly #ksmd = new KsmdReader();
  readonly #clock: Guest;
  #sleepMs = SLEEP_MS;

  private constructor(clock: Guest) {
    this.#clock = clock;
  }

  /** @param knobs other switches to set, such as smart_scan */
  static async start(knobs: Parameters<typeof writeKnobs>[0] = {}): Promise<FullScans> {
    writeKnobs({ run: 0 });
    const clock = await Guest.start('scan-clock');
    await clock.map(0, 1, 'random');
    const scans = new FullScans(clock);
    const before = readKsm('full_scans');
    writeKnobs({ ...knobs, pages_to_scan: WHOLE_SCAN, sleep_millisecs: SLEEP_MS, run: 1 });
    await scans.#settle(() => readKsm('full_scans') > before);
    await scans.step(); // the first may have begun in the middle of the list of processes
    return scans;
  }

  /** One full scan after the other; ksmd sleeps when it returns. */
  async step(count = 1): Promise<void> {
    for (let done = 0; done < count; done += 1) {
      const before = readKsm('full_scans');
      this.#sleepMs += 1;
      writeKnobs({ sleep_millisecs: this.#sleepMs });
      await this.#settle(() => readKsm('full_scans') > before);
      const extra = readKsm('full_scans') - before - 1;
      if (extra !== 0) throw new Error(`ksmd did ${extra} full scans more than it was told`);
    }
  }

  /** CPU time of ksmd so far, in nanoseconds. */
  cpuNs(): number {
    return this.#read().cpuNs;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#clock[Symbol.asyncDispose]();
  }

  /** Until ksmd has done what `done` says, and sleeps (state S; on a lock it would be D). */
  async #settle(done: () => boolean): Promise<void> {
    const deadline = performance.now() + STEP_TIMEOUT_MS;
    const { pid } = this.#read();
    while (!done() || !/^\d+ \(ksmd\) S /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))) {
      if (performance.now() > deadline) throw new Error(`ksmd has not done a full scan within ${STEP_TIMEOUT_MS} ms`);
      await sleep(1);
    }
  }

  #read(): Ksmd {
    const ksmd = this.#ksmd.read(performance.now());
    if (ksmd === undefined) throw new Error('ksmd is not to be found in /proc');
    return ksmd;
  }
}

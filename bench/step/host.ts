/** A simulated host with many guests, told as the agent tells its own: a sample with one entry for each process. */

import type { Point } from '../../src/agent/model/derived.js';
import type { HistogramBucket } from '../../src/agent/model/probe.js';
import type { ProcessRaw, Sample } from '../../src/agent/model/raw.js';
import { testDerived } from '../../test/helpers/agent-port.js';
import { HostSim } from '../../src/tuner/sim/host-sim.js';
import { imageSets, OWN, allAtOnce, pagesOf } from '../../src/tuner/sim/scenario-parts.js';
import type { Observation } from '../../src/tuner/types.js';

const SIZE = { guestBytes: 2 ** 30, seconds: 0 };
const PAGES = pagesOf({ ...SIZE, guests: 1 });

/** One guest in a thousand is replaced every minute: the process list changes, and so does what is offered. */
const REPLACE_EVERY_SEC = 60;

/** Of merged pages, rewritten in a second: rounds that pay, so that every branch of the policy is walked. */
const WRITES_PER_SEC = 1e-5;

const SOURCES: Sample['sources'] = [{ name: 'processes', state: 'ok', durationMs: 1 }];

export class BenchHost {
  readonly sim = new HostSim({ memTotalBytes: 2 ** 41 });
  private processes: ProcessRaw[] = [];
  private started = 0;
  private seconds = 0;

  constructor(readonly guests: number) {
    for (const set of [...imageSets(PAGES, WRITES_PER_SEC), OWN]) this.sim.defineSet(set);
    for (let n = 0; n < guests; n++) this.start();
  }

  /** One second, and the sample at its end. */
  tick(): Point {
    this.sim.advance(1);
    this.seconds += 1;
    if (this.seconds % REPLACE_EVERY_SEC === 0) {
      this.stop();
      this.start();
    }
    return this.point(this.sim.observe());
  }

  private start(): void {
    const pid = 1000 + this.started++;
    this.sim.startGuest(`guest-${pid}`, allAtOnce(PAGES));
    const books = { ksm_merging_pages: PAGES / 2, ksm_rmap_items: PAGES, ksm_zero_pages: 0, ksm_process_profit: 1 };
    const flags = { ksm_merge_any: true, ksm_mergeable: true };
    this.processes = [
      ...this.processes,
      { pid, startTicks: pid, comm: 'qemu-system-x86', rssAnonPages: PAGES, ...books, ...flags },
    ];
  }

  private stop(): void {
    const [first, ...rest] = this.processes;
    if (first === undefined) return;
    this.sim.stopGuest(`guest-${first.pid}`);
    this.processes = rest;
  }

  private point(o: Observation): Point {
    const { monoMs, knobs } = o;
    const { pages_shared, pages_sharing, pages_unshared, pages_volatile, full_scans } = o;
    const gauges = { pages_shared, pages_sharing, pages_unshared, pages_volatile, full_scans, ksm_zero_pages: 0 };
    const scanned = { pages_scanned: o.pages_scanned ?? 0, pages_skipped: o.pages_skipped ?? 0 };
    const psi = { some: { avg10: 1, avg60: 1, avg300: 1, total: 1 } };
    return {
      sample: {
        seq: this.seconds,
        timeMs: monoMs,
        monoMs,
        ksm: { ...knobs, ...gauges, ...scanned, advisor_mode: 'none' },
        vmstat: { cow_ksm: o.cow_ksm ?? 0 },
        meminfo: { MemTotal: 2 ** 31, MemAvailable: 2 ** 30 },
        psiCpu: psi,
        psiMemory: psi,
        ksmd: { pid: 2, cpuNs: o.ksmdCpuNs ?? 0 },
        processes: this.processes,
        sources: SOURCES,
      },
      probes: {
        cow: {
          tier: 'tracepoint',
          attributed: 0,
          byUser: 0,
          byKernel: 0,
          byGuest: 0,
          zero: 0,
          mergeLifetime: LIFETIMES,
          lifetimeSampledOneIn: 1,
        },
        processes: [],
        lostEvents: 0,
        states: [],
      },
      // observe() takes nothing from it.
      derived: NOT_DERIVED,
    };
  }
}

/** A histogram as wide as the probe's. */
const LIFETIMES: readonly HistogramBucket[] = Array.from({ length: 32 }, (_, n) => ({
  lowerMs: 2 ** n,
  upperMs: 2 ** (n + 1),
  count: n === 20 ? 1000 : 1,
}));

const NOT_DERIVED = testDerived(0, { timeMs: 0 });

/** What a replay takes from one sample, and a host's history made of them. Pure. */

import type { HistorySample, HostHistory } from '../../tuner/sim/history.js';
import { medianLifetimeSec } from '../model/lifetime.js';
import type { Point } from '../model/derived.js';

/** One sample as records have it, in bytes and with the names of SampleFrame. null: the host could not say. */
export interface RecordedSample {
  /** Wall clock. */
  readonly time_ms: number;
  readonly shared_bytes: number | null;
  readonly sharing_bytes: number | null;
  readonly unshared_bytes: number | null;
  readonly volatile_bytes: number | null;
  readonly zero_bytes: number | null;
  readonly offered_bytes: number | null;
  readonly ksmd_cpu_pct: number | null;
  readonly cow_breaks_total: number | null;
  readonly merges_total: number | null;
  /** Median age of merges that broke. */
  readonly broken_lifetime_sec: number | null;
  /** null: KSM could not be read. */
  readonly knobs: RecordedKnobs | null;
}

export interface RecordedKnobs {
  readonly run: number | null;
  readonly pages_to_scan: number | null;
  readonly sleep_millisecs: number | null;
  readonly smart_scan: number | null;
  readonly use_zero_pages: number | null;
}

/** Puts a history together, oldest sample first. */
export class HistoryMaker {
  readonly #pageSize: number;
  readonly #samples: HistorySample[] = [];
  #smartScan = false;
  #useZeroPages = false;
  #firstMs: number | undefined;

  constructor(pageSize: number) {
    this.#pageSize = pageSize;
  }

  /** Samples kept so far; those at which the host could not be read are not. */
  get size(): number {
    return this.#samples.length;
  }

  add(sample: RecordedSample): void {
    this.#firstMs ??= sample.time_ms;
    const kept = historySample(sample, (sample.time_ms - this.#firstMs) / 1000, this.#pageSize);
    if (kept === null) return;
    this.#smartScan = sample.knobs?.smart_scan === 1;
    this.#useZeroPages = sample.knobs?.use_zero_pages === 1;
    this.#samples.push(kept);
  }

  /** @param memTotalBytes 0 where it is not known */
  finish(memTotalBytes: number): HostHistory {
    return {
      pageSize: this.#pageSize,
      memTotalBytes,
      smartScan: this.#smartScan,
      useZeroPages: this.#useZeroPages,
      samples: this.#samples,
    };
  }
}

/** null where the host could not be read at that moment. */
function historySample(sample: RecordedSample, atSec: number, pageSize: number): HistorySample | null {
  const { knobs, ksmd_cpu_pct: cpuPct, offered_bytes: offered } = sample;
  if (knobs === null || sample.shared_bytes === null) return null;
  const { run, pages_to_scan, sleep_millisecs } = knobs;
  if (run === null || pages_to_scan === null || sleep_millisecs === null) return null;
  const pages = (bytes: number | null): number => (bytes ?? 0) / pageSize;
  return {
    atSec,
    knobs: { run, pages_to_scan, sleep_millisecs },
    shared: pages(sample.shared_bytes),
    sharing: pages(sample.sharing_bytes),
    unshared: pages(sample.unshared_bytes),
    volatile: pages(sample.volatile_bytes),
    zero: pages(sample.zero_bytes),
    offered: offered === null ? null : offered / pageSize,
    cpuShare: cpuPct === null ? null : cpuPct / 100,
    breaks: sample.cow_breaks_total,
    merges: sample.merges_total,
    brokenLifetimeSec: sample.broken_lifetime_sec,
  };
}

/** Of the agent's own history. */
export function recordedOf({ sample, probes, derived }: Point): RecordedSample {
  const { memory } = derived;
  const ksm = sample.ksm;
  return {
    time_ms: sample.timeMs,
    shared_bytes: memory?.sharedBytes ?? null,
    sharing_bytes: memory?.sharingBytes ?? null,
    unshared_bytes: memory?.unsharedBytes ?? null,
    volatile_bytes: memory?.volatileBytes ?? null,
    zero_bytes: memory?.zeroBytes ?? null,
    offered_bytes: derived.offeredBytes,
    ksmd_cpu_pct: derived.ksmdCpuPct,
    cow_breaks_total: derived.cowBreaksTotal,
    merges_total: derived.mergesTotal,
    broken_lifetime_sec: medianLifetimeSec(probes.cow?.mergeLifetime ?? [], []),
    knobs:
      ksm === undefined
        ? null
        : {
            run: ksm.run ?? null,
            pages_to_scan: ksm.pages_to_scan ?? null,
            sleep_millisecs: ksm.sleep_millisecs ?? null,
            smart_scan: ksm.smart_scan ?? null,
            use_zero_pages: ksm.use_zero_pages ?? null,
          },
  };
}

/** The table of processes: what the kernel says of each, what the probes counted for it, and who ended. */

import { RMAP_ITEM_BYTES } from './derive.js';
import type { ProcessRow } from './derived.js';
import type { ProbeSnapshot, ProcessProbeTotals } from './probe.js';
import type { KsmSysfs, ProcessRaw, Sample } from './raw.js';

/** How long an ended process stays listed: long enough to be seen by a reader that polls, and by a person. */
const ENDED_KEPT_MS = 60_000;

const NOTHING: ProcessProbeTotals = { pid: 0, merges: 0, zeroMerges: 0, cowBreaks: 0, zeroBreaks: 0 };

interface Entry {
  /** Undefined for a process that only the probes saw. */
  startTicks: number | undefined;
  comm: string;
  row: ProcessRow;
  /** Probe totals that belong to earlier processes with the same pid. */
  base: ProcessProbeTotals;
  endedAtMs: number | undefined;
}

export interface TableInput {
  readonly sample: Sample;
  /** What no program has counted yet is null, not 0: merges without `scanner`, breaks without `cow`. */
  readonly probes: Pick<ProbeSnapshot, 'scanner' | 'cow' | 'processes'>;
  readonly pageSize: number;
}

/**
 * Folds one sample after the other into rows. Bounded: an entry goes a minute after its process ended; what the probes
 * still hold of it is remembered as one number each, as long as they hold it.
 */
export class ProcessTable {
  readonly #entries = new Map<number, Entry>();
  /** Probe totals of processes that are no longer listed. */
  #retired = new Map<number, ProcessProbeTotals>();

  update({ sample, probes, pageSize }: TableInput): readonly ProcessRow[] {
    const probedByPid = new Map(probes.processes.map((totals) => [totals.pid, totals]));
    const alive = new Set<number>();
    for (const raw of sample.processes) {
      alive.add(raw.pid);
      const entry = this.#entryFor(raw, probedByPid.get(raw.pid));
      entry.row = rowOf(raw, sample.ksm, pageSize, countsOf(entry, probedByPid.get(raw.pid), probes));
    }
    for (const totals of probedByPid.values()) this.#admitProbeOnly(totals);
    for (const [pid, entry] of this.#entries) {
      if (!alive.has(pid)) this.#age(pid, entry, probedByPid.get(pid), probes, sample.monoMs);
    }
    this.#retired = new Map([...this.#retired].filter(([pid]) => probedByPid.has(pid)));
    return [...this.#entries.values()].map((entry) => entry.row);
  }

  #entryFor(raw: ProcessRaw, totals: ProcessProbeTotals | undefined): Entry {
    const known = this.#entries.get(raw.pid);
    // A process that only the probes had seen so far, and that is now in the sample, is the same one.
    if (known !== undefined && (known.startTicks === raw.startTicks || known.startTicks === undefined)) {
      known.startTicks = raw.startTicks;
      known.comm = raw.comm;
      known.endedAtMs = undefined;
      return known;
    }
    const entry: Entry = {
      startTicks: raw.startTicks,
      comm: raw.comm,
      row: EMPTY_ROW,
      base: known === undefined ? (this.#retired.get(raw.pid) ?? NOTHING) : (totals ?? NOTHING),
      endedAtMs: undefined,
    };
    this.#retired.delete(raw.pid);
    this.#entries.set(raw.pid, entry);
    return entry;
  }

  /** A process too short-lived for the samples still gets a row. */
  #admitProbeOnly(totals: ProcessProbeTotals): void {
    if (this.#entries.has(totals.pid)) return;
    const base = this.#retired.get(totals.pid) ?? NOTHING;
    if (!movedSince(totals, base)) return;
    this.#retired.delete(totals.pid);
    const comm = totals.comm ?? '?';
    this.#entries.set(totals.pid, { startTicks: undefined, comm, row: EMPTY_ROW, base, endedAtMs: undefined });
  }

  #age(pid: number, entry: Entry, totals: ProcessProbeTotals | undefined, probes: Counting, monoMs: number): void {
    entry.endedAtMs ??= monoMs;
    if (monoMs - entry.endedAtMs > ENDED_KEPT_MS) {
      this.#entries.delete(pid);
      if (totals !== undefined) this.#retired.set(pid, totals);
      return;
    }
    entry.row = {
      ...EMPTY_ROW,
      pid,
      comm: entry.comm,
      // An ended process saves nothing and has nothing; what was counted for it stays.
      savedBytes: 0,
      mergingPages: 0,
      zeroPages: 0,
      rmapItems: 0,
      profitBytes: 0,
      anonBytes: 0,
      ...countsOf(entry, totals, probes),
      ended: true,
    };
  }
}

const EMPTY_ROW: ProcessRow = {
  pid: 0,
  comm: '',
  savedBytes: null,
  mergingPages: null,
  zeroPages: null,
  rmapItems: null,
  profitBytes: null,
  anonBytes: null,
  mergesTotal: null,
  cowBreaksTotal: null,
  cowBreaksSeen: null,
  zeroBreaksTotal: null,
  ended: false,
};

type Counts = Pick<ProcessRow, 'mergesTotal' | 'cowBreaksTotal' | 'cowBreaksSeen' | 'zeroBreaksTotal'>;

/** Which programs have counted anything so far. */
type Counting = Pick<ProbeSnapshot, 'scanner' | 'cow'>;

function countsOf(entry: Entry, totals: ProcessProbeTotals | undefined, { scanner, cow }: Counting): Counts {
  const { base, row } = entry;
  const { mergesTotal, cowBreaksTotal, cowBreaksSeen, zeroBreaksTotal } = row;
  const now = totals ?? base;
  return {
    ...(scanner === undefined
      ? { mergesTotal }
      : { mergesTotal: now.merges + now.zeroMerges - base.merges - base.zeroMerges }),
    ...(cow === undefined
      ? { cowBreaksTotal, cowBreaksSeen, zeroBreaksTotal }
      : {
          cowBreaksTotal: now.cowBreaks - base.cowBreaks,
          cowBreaksSeen: seenOf(now) - seenOf(base),
          zeroBreaksTotal: now.zeroBreaks - base.zeroBreaks,
        }),
  };
}

function seenOf({ cowBreaks, cowBreaksSeen }: ProcessProbeTotals): number {
  return cowBreaksSeen ?? cowBreaks;
}

function movedSince(now: ProcessProbeTotals, base: ProcessProbeTotals): boolean {
  return (
    now.merges > base.merges ||
    now.zeroMerges > base.zeroMerges ||
    now.cowBreaks > base.cowBreaks ||
    now.zeroBreaks > base.zeroBreaks
  );
}

function rowOf(raw: ProcessRaw, ksm: KsmSysfs | undefined, pageSize: number, counts: Counts): ProcessRow {
  const savedBytes = savedByProcess(raw, ksm, pageSize);
  return {
    pid: raw.pid,
    comm: raw.comm,
    savedBytes,
    mergingPages: raw.ksm_merging_pages ?? null,
    zeroPages: raw.ksm_zero_pages ?? null,
    rmapItems: raw.ksm_rmap_items ?? null,
    profitBytes: profitOf(raw, savedBytes),
    anonBytes: raw.rssAnonPages === undefined ? null : raw.rssAnonPages * pageSize,
    ...counts,
    ended: false,
  };
}

/**
 * Merging pages count every mapping, the one that is kept included; scaled by sharing / (sharing + shared) the rows add
 * up to what the host saves.
 */
function savedByProcess(raw: ProcessRaw, ksm: KsmSysfs | undefined, pageSize: number): number | null {
  if (raw.ksm_merging_pages === undefined || ksm?.pages_sharing === undefined || ksm.pages_shared === undefined) {
    return null;
  }
  const mapped = ksm.pages_sharing + ksm.pages_shared;
  const share = mapped === 0 ? 0 : ksm.pages_sharing / mapped;
  return Math.round((raw.ksm_merging_pages * share + (raw.ksm_zero_pages ?? 0)) * pageSize);
}

/**
 * `ksm_process_profit` counts every merging page as saved, the kept one included; the rows' own saving less the rmap
 * items is the one that adds up to the host's profit.
 */
function profitOf(raw: ProcessRaw, savedBytes: number | null): number | null {
  if (savedBytes === null || raw.ksm_rmap_items === undefined) return raw.ksm_process_profit ?? null;
  return savedBytes - raw.ksm_rmap_items * RMAP_ITEM_BYTES;
}

import { printable } from '../guests/printable.js';
import type { GuestTable } from '../model/guest.js';
import type { PageBreakFrame } from '../model/page-break.js';
import type { ProbeSnapshot } from '../model/probe.js';
import type { SideChannelReport, Suspect, SuspicionStep } from '../model/side-channel.js';
import { describeAbsence, describeEvidence } from './describe.js';
import { smallestFound } from './detection.js';
import { MIN_PAGES, OVER, THRESHOLD, timeLimits } from './limits.js';
import { PageHistory, type PageRecord } from './page-history.js';
import { gatherEvidence, scoreOf } from './score.js';

export interface SideChannelWatchOptions {
  readonly enabled: boolean;
  readonly probes: () => ProbeSnapshot;
  readonly table: () => GuestTable | undefined;
  readonly emit: (step: SuspicionStep) => void;
  /** CLOCK_MONOTONIC of the kernel, milliseconds: the clock of the frames. */
  readonly kernelMs: () => number;
  /** Wall clock, milliseconds. */
  readonly now: () => number;
}

/** Between two looks at all pages: one takes some milliseconds at the most pages there can be. */
const LOOK_EVERY_MS = 5_000;
/** Frames come once a second; without one for so long, breaks are not seen. */
const STALE_MS = 10_000;
/** Most guests that are told of; the highest scores. */
const MAX_SUSPECTS = 100;

const SWITCHED_OFF = 'off: switched off by the setting sideChannel.enabled';
const STARTING = 'the probes are being started';

interface Group {
  readonly name: string;
  readonly pages: PageRecord[];
}

const NONE = { returningPages: 0, returns: 0, sweepShare: 0, periodSec: 0, otherPages: 0, accidents: 0 };

/** Looks for guests that read others by the timing of writes. It reports; it never stops anybody. */
export class SideChannelWatch {
  readonly #options: SideChannelWatchOptions;
  readonly #history = new PageHistory();
  readonly #sinceMs = new Map<string, number>();
  readonly #names = new Map<string, string>();
  #frame: { readonly atMs: number; readonly oneIn: number; readonly missed: number } | undefined;
  #lookedMs = -Infinity;
  #suspects: readonly Suspect[] = [];

  constructor(options: SideChannelWatchOptions) {
    this.#options = options;
  }

  takeFrame({ breaks, oneIn, missed }: PageBreakFrame): void {
    this.#frame = { atMs: this.#options.kernelMs(), oneIn, missed };
    this.#history.add(breaks);
  }

  /** To be called at each sample; looks when it is time to. */
  tick(): void {
    const nowMs = this.#options.kernelMs();
    if (nowMs - this.#lookedMs < LOOK_EVERY_MS) return;
    this.#lookedMs = nowMs;
    const limits = this.#limits();
    this.#history.forgetBefore(nowMs - limits.windowMs);
    const suspects: Suspect[] = [];
    for (const [key, { name, pages }] of this.#groups()) {
      const evidence = gatherEvidence(pages, limits, nowMs);
      const score = scoreOf(evidence);
      if (evidence.returningPages === 0) continue;
      const suspicious = score >= (this.#sinceMs.has(key) ? OVER : THRESHOLD);
      const sinceMs = this.#sinceMs.get(key) ?? this.#options.now();
      const text = describeEvidence(evidence, this.#oneIn());
      suspects.push({ key, name, score, suspicious, text, evidence, ...(suspicious && { sinceMs }) });
    }
    this.#suspects = suspects.sort((a, b) => b.score - a.score).slice(0, MAX_SUSPECTS);
    this.#tell();
  }

  report(): SideChannelReport {
    const { enabled, kernelMs, probes } = this.#options;
    const off = { state: 'off', threshold: THRESHOLD, suspects: [] } as const;
    if (!enabled) return { ...off, detail: SWITCHED_OFF };
    if (this.#frame === undefined || kernelMs() - this.#frame.atMs > STALE_MS) {
      const snapshot = probes();
      const isStarting = snapshot.states.some(({ name, state }) => name === 'cow' && state === 'starting');
      if (isStarting) return { ...off, state: 'starting', detail: STARTING };
      return { ...off, detail: describeAbsence(snapshot) };
    }
    const oneIn = this.#oneIn();
    const { slowestMs } = this.#limits();
    return {
      state: 'on',
      detail: oneIn === 1 ? 'every page is looked at' : `one page in ${oneIn} is looked at`,
      threshold: THRESHOLD,
      oneIn,
      foundFrom: smallestFound(oneIn),
      pages: this.#history.size,
      missed: this.#frame.missed,
      slowestSec: slowestMs / 1_000,
      suspects: this.#suspects,
    };
  }

  #oneIn(): number {
    return (this.#frame?.oneIn ?? 1) * this.#history.oneIn;
  }

  #limits(): ReturnType<typeof timeLimits> {
    const durationUs = this.#options.probes().scanner?.lastScan?.durationUs;
    return timeLimits(durationUs === undefined ? undefined : durationUs / 1_000);
  }

  /** The pages that were broken more than once, by guest. */
  #groups(): ReadonlyMap<string, Group> {
    const guests = new Map<number, { readonly key: string; readonly name: string }>();
    for (const guest of this.#options.table()?.guests ?? []) for (const pid of guest.pids) guests.set(pid, guest);
    const comms = new Map(this.#options.probes().processes.map(({ pid, comm }) => [pid, comm]));
    const groups = new Map<string, Group>();
    for (const record of this.#history.records) {
      const guest = guests.get(record.pid);
      const key = guest?.key ?? `pid:${record.pid}`;
      const group = groups.get(key) ?? { name: guest?.name ?? printable(comms.get(record.pid) ?? key), pages: [] };
      group.pages.push(record);
      groups.set(key, group);
    }
    for (const [key, { pages }] of groups) if (pages.length < MIN_PAGES) groups.delete(key);
    return groups;
  }

  /** Tells of whom became suspicious, and of whom is so no more, once each. */
  #tell(): void {
    const suspicious = new Map(this.#suspects.filter((one) => one.suspicious).map((one) => [one.key, one]));
    for (const [key, { name, score, sinceMs = this.#options.now(), text }] of suspicious) {
      if (this.#sinceMs.has(key)) continue;
      this.#sinceMs.set(key, sinceMs);
      this.#names.set(key, name);
      this.#options.emit({ key, name, what: 'suspicious', score, text });
    }
    for (const key of this.#sinceMs.keys()) {
      if (suspicious.has(key)) continue;
      this.#sinceMs.delete(key);
      const { score = 0, text = describeEvidence(NONE, 1) } = this.#suspects.find((one) => one.key === key) ?? {};
      this.#options.emit({ key, name: this.#names.get(key) ?? key, what: 'over', score, text });
      this.#names.delete(key);
    }
  }
}

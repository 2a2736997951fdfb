/**
 * A host with KSM, by cohorts of pages instead of pages, so that its size does not matter: the cost of a simulated
 * second is that of the segments ksmd reaches in it. Same behaviour as page-model.ts, which is the reference; how far
 * the two agree is in docs/simulator.md. Time is in seconds.
 */

import type { Knobs, Observation } from '../types.js';
import { ContentSet, type ContentSpec } from './content-set.js';
import { JIFFY_SEC, sleepJiffies, type SimCosts, USUAL_COSTS } from './costs.js';
import { brokenLifetimeSec, noteBreaks, type RecentBreaks } from './recent-breaks.js';
import { Segment } from './segment.js';

/** One stretch of a guest's memory. */
export interface SegmentSpec {
  /** Name of a content set. */
  readonly set: string;
  readonly pages: number;
  /** Pages merged already: for a host that has run for a while. */
  readonly merged?: number;
  /** Visited before, and in all of smart_scan's phases. */
  readonly calm?: boolean;
  /** The same with all pages in one phase (phase.ts), as those have that came together. */
  readonly phase?: number;
}

export interface HostOptions {
  readonly costs?: SimCosts;
  readonly pageSize?: number;
  readonly memTotalBytes?: number;
  /** What the host needs for itself. */
  readonly otherBytes?: number;
  readonly knobs?: Knobs;
  /** What `smart_scan` is before anybody writes to it. */
  readonly smartScan?: boolean;
  readonly useZeroPages?: boolean;
  /** Tell the tuner how long broken merges had lived, as the agent's probe does. */
  readonly probes?: boolean;
}

/** A full scan as it ends: what the kernel's advisor is told. */
export interface FullScanEnd {
  readonly startedSec: number;
  readonly endedSec: number;
  /** ksmd's CPU seconds since the start of all. */
  readonly cpuSec: number;
}

/** How much was computed: bounds of the simulator itself. */
export interface SimWork {
  /** Stretches of segments walked. */
  readonly walks: number;
  /** Most cohorts alive at the end of a full scan. */
  readonly cohorts: number;
}

/** Pause after a full scan that found nothing to walk, so that time goes on. */
const EMPTY_SCAN_SEC = 0.02;

/** Pages. */
interface Ghosts {
  readonly known: number;
  readonly shared: number;
  readonly sharing: number;
}

const NO_GHOSTS: Ghosts = { known: 0, shared: 0, sharing: 0 };

interface Guest {
  readonly name: string;
  readonly segments: Segment[];
}

export class HostSim {
  now = 0;
  cpuSec = 0;
  scanned = 0;
  skipped = 0;
  fullScans = 0;
  cow = 0;
  knobs: Knobs;
  /** Called at each end of a full scan; the kernel's advisor answers with pages_to_scan. */
  onFullScan: ((scan: FullScanEnd) => void) | undefined;
  private readonly costs: SimCosts;
  private readonly sets = new Map<string, ContentSet>();
  private readonly guests: Guest[] = [];
  /** All segments in the order of the walk, and where ksmd is. */
  private order: Segment[] = [];
  private cursor = 0;
  private entered = 0;
  private known = 0;
  private alone = 0;
  /** `pages_unshared` at the end of the last full scan: a page counts until ksmd comes by again. */
  private unsharedBefore = 0;
  private inBatch = 0;
  private scanStartedSec = 0;
  private walkedInScan = 0;
  private walks = 0;
  private mostCohorts = 0;
  private readonly recent: RecentBreaks = new Map();
  /** What ksmd still counts of guests that ended while it stood still. */
  private ghosts = NO_GHOSTS;

  constructor(private readonly options: HostOptions = {}) {
    this.costs = options.costs ?? USUAL_COSTS;
    this.knobs = options.knobs ?? { run: 0, pages_to_scan: 100, sleep_millisecs: 20 };
  }

  /** Ages stand still while it is off: should_skip_rmap_item() returns before it counts. */
  get smartScan(): boolean {
    const { smart_scan } = this.knobs;
    return smart_scan === undefined ? (this.options.smartScan ?? true) : smart_scan !== 0;
  }

  get work(): SimWork {
    return { walks: this.walks, cohorts: this.mostCohorts };
  }

  /** Pages really saved now. */
  get savedPages(): number {
    return this.sumOf((set) => set.saved);
  }

  /** Pages saved if all equal pages were merged. */
  get reachablePages(): number {
    return this.sumOf((set) => set.reachable);
  }

  get totalPages(): number {
    return this.sumOf((set) => set.pages);
  }

  defineSet(spec: ContentSpec): void {
    const set = new ContentSet(spec);
    set.sync(this.now);
    this.sets.set(spec.name, set);
  }

  /** KSM pages that `merged` pages of a set already have, at the start. */
  presetKsmPages(name: string, ksmPages: number): void {
    this.setNamed(name).ksmPages = ksmPages;
  }

  setRate(name: string, writesPerSec: number): void {
    this.syncSets();
    const set = this.setNamed(name);
    for (const segment of this.order) if (segment.set === set) segment.sync(this.now);
    set.setRate(writesPerSec);
  }

  startGuest(name: string, segments: readonly SegmentSpec[]): void {
    this.guests.push({ name, segments: [] });
    this.entered += 1;
    this.growGuest(name, segments);
  }

  growGuest(name: string, specs: readonly SegmentSpec[]): void {
    const guest = this.guests.find((one) => one.name === name);
    if (guest === undefined) throw new RangeError(`no guest ${name}`);
    this.syncSets();
    for (const { set, pages, ...rest } of specs) {
      const segment = new Segment(this.setNamed(set), pages, this.now, rest);
      // New memory in front of ksmd is reached by this full scan, memory behind it by the next.
      const last = guest.segments.at(-1);
      const at = last === undefined ? this.order.length : this.order.indexOf(last) + 1;
      if (at >= this.cursor) segment.turn();
      else this.cursor += 1;
      this.order.splice(at, 0, segment);
      guest.segments.push(segment);
      this.known += segment.known;
    }
  }

  /**
   * A process that ends leaves its rmap items to ksmd (__ksm_exit), which takes them next of all: at once here. While
   * `run` is 0 nobody does, and the gauges go on counting them.
   */
  stopGuest(name: string): void {
    const index = this.guests.findIndex((one) => one.name === name);
    const guest = this.guests[index];
    if (guest === undefined) throw new RangeError(`no guest ${name}`);
    this.syncSets();
    const gone = new Set(guest.segments);
    const before = this.gauges();
    const known = this.known;
    for (const segment of gone) {
      segment.sync(this.now);
      this.known -= segment.known;
      segment.leave();
    }
    if (this.knobs.run !== 1) {
      const after = this.gauges();
      this.ghosts = {
        known: this.ghosts.known + known - this.known,
        shared: this.ghosts.shared + before.shared - after.shared,
        sharing: this.ghosts.sharing + before.sharing - after.sharing,
      };
    }
    this.cursor -= this.order.slice(0, this.cursor).filter((segment) => gone.has(segment)).length;
    this.order = this.order.filter((segment) => !gone.has(segment));
    this.guests.splice(index, 1);
  }

  advance(seconds: number): void {
    const end = Math.round((Math.max(this.now, 0) + seconds) * 1e6) / 1e6;
    if (this.knobs.run === 1 && this.ghosts.known > 0) {
      this.cpuSec += this.ghosts.known * this.costs.skip;
      this.ghosts = NO_GHOSTS;
    }
    while (this.now < end && this.knobs.run === 1 && this.order.length > 0) this.walkUntil(end);
    this.now = Math.max(this.now, end);
    this.syncSets();
  }

  /** One stretch: the rest of a segment, or as much of it as there is time for. */
  private walkUntil(end: number): void {
    const segment = this.order[this.cursor];
    if (segment === undefined) {
      this.endFullScan();
      return;
    }
    const rules = { costs: this.costs, smartScan: this.smartScan, useZeroPages: this.options.useZeroPages === true };
    this.catchUp(segment.set);
    segment.sync(this.now);
    const ahead = segment.survey(rules);
    const sleepPerPage = this.sleepSec / Math.max(1, this.knobs.pages_to_scan);
    const needed = ahead.cpuSec + ahead.scanned * sleepPerPage;
    const part = needed <= end - this.now ? 1 : (end - this.now) / needed;
    const walked = segment.walk(part, rules);
    this.walks += 1;
    this.cpuSec += walked.cpuSec;
    this.scanned += walked.scanned;
    this.skipped += walked.skipped;
    this.known += walked.first;
    this.alone += walked.alone;
    this.walkedInScan += walked.pages;
    this.inBatch = (this.inBatch + walked.scanned) % Math.max(1, this.knobs.pages_to_scan);
    const took = walked.cpuSec + walked.scanned * sleepPerPage;
    if (part >= 1) {
      this.cursor += 1;
      this.now += took;
    } else {
      this.now = end;
    }
  }

  /** The end of a full scan ends the batch: what is left of its share of sleep is slept now. */
  private endFullScan(): void {
    const left = 1 - this.inBatch / Math.max(1, this.knobs.pages_to_scan);
    this.now += this.walkedInScan > 0 ? this.sleepSec * left : Math.max(EMPTY_SCAN_SEC, this.sleepSec);
    this.fullScans += 1;
    this.syncSets();
    let cohorts = 0;
    for (const segment of this.order) {
      segment.sync(this.now);
      segment.turn();
      cohorts += segment.cohorts;
    }
    this.mostCohorts = Math.max(this.mostCohorts, cohorts);
    this.unsharedBefore = this.unsharedNow;
    for (const set of this.sets.values()) set.clearTree();
    this.cursor = 0;
    this.alone = 0;
    this.inBatch = 0;
    this.walkedInScan = 0;
    this.onFullScan?.({ startedSec: this.scanStartedSec, endedSec: this.now, cpuSec: this.cpuSec });
    this.scanStartedSec = this.now;
  }

  observe(): Observation {
    const { ghosts } = this;
    const gauges = this.gauges();
    const shared = gauges.shared + ghosts.shared;
    const sharing = gauges.sharing + ghosts.sharing;
    const zeroed = this.sumOf((set) => set.zeroed);
    const unshared = this.unsharedNow + this.unsharedBefore * this.stillAhead;
    const { pageSize = 4096, memTotalBytes = null, otherBytes = 0 } = this.options;
    const usedBytes = otherBytes + (this.totalPages - this.savedPages) * pageSize;
    return {
      monoMs: this.now * 1000,
      ageMs: 0,
      pageSize,
      memTotalBytes,
      memAvailableBytes: memTotalBytes === null ? null : Math.max(0, memTotalBytes - usedBytes),
      knobs: { ...this.knobs, smart_scan: this.smartScan ? 1 : 0 },
      advisorMode: 'none',
      pages_shared: Math.round(shared),
      pages_sharing: Math.round(sharing),
      pages_unshared: Math.round(unshared),
      pages_volatile: Math.max(0, Math.round(this.known + ghosts.known - shared - sharing - unshared)),
      ksm_zero_pages: Math.round(zeroed),
      pages_scanned: Math.round(this.scanned),
      pages_skipped: Math.round(this.skipped),
      full_scans: this.fullScans,
      cow_ksm: Math.round(this.cow),
      ksmdCpuNs: Math.round(this.cpuSec * 1e9),
      mergeableBytes: Math.round(this.totalPages) * pageSize,
      mergeableProcesses: this.guests.length,
      entered: this.entered,
      cpuPressurePct: 0,
      memoryPressurePct: 0,
      brokenLifetimeSec: this.options.probes === false ? null : brokenLifetimeSec(this.recent, this.now),
      rivals: [],
    };
  }

  /** Mean pause between two batches: n jiffies end between n and n + 1 of them. */
  private get sleepSec(): number {
    const jiffies = sleepJiffies(this.knobs.sleep_millisecs);
    return jiffies === 0 ? 0 : (jiffies + 0.5) * JIFFY_SEC;
  }

  /** Pages that are in the unstable tree of this full scan. */
  private get unsharedNow(): number {
    return this.alone + this.sumOf((set) => set.inTree);
  }

  /** Part of the known pages that this full scan has yet to reach. */
  private get stillAhead(): number {
    return this.known > 0 ? Math.max(0, 1 - this.walkedInScan / this.known) : 0;
  }

  /** As ksmd counts the guests that are there. */
  private gauges(): { readonly shared: number; readonly sharing: number } {
    return {
      shared: this.sumOf((set) => set.shared),
      sharing: this.sumOf((set) => Math.max(0, set.mappings - set.shared) + set.unnoticed),
    };
  }

  private syncSets(): void {
    for (const set of this.sets.values()) this.catchUp(set);
  }

  private catchUp(set: ContentSet): void {
    const breaks = set.sync(this.now);
    if (breaks <= 0) return;
    this.cow += breaks;
    if (this.options.probes !== false) noteBreaks(this.recent, set, breaks, this.now);
  }

  private sumOf(figure: (set: ContentSet) => number): number {
    let sum = 0;
    for (const set of this.sets.values()) sum += figure(set);
    return sum;
  }

  private setNamed(name: string): ContentSet {
    const set = this.sets.get(name);
    if (set === undefined) throw new RangeError(`no content set ${name}`);
    return set;
  }
}

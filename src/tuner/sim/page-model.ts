/**
 * ksmd page by page: batches and sleeps, the checksum gate, stable and unstable tree, smart_scan's ages, lazy gauges, COW
 * breaks. The reference for host-sim.ts, which does the same by cohorts. Time is in seconds, costs are CPU seconds.
 */

import type { Knobs, Observation } from '../types.js';
import { JIFFY_SEC, sleepJiffies, USUAL_COSTS, type SimCosts } from './costs.js';

interface Page {
  content: number;
  seen: number;
  age: number;
  skips: number;
  /** KSM page it is mapped to; -1 for none. */
  mergedTo: number;
  /** ksmd still counts it as sharing: breaks are noticed at the next visit. */
  counted: boolean;
  /** Left in an unstable tree, this full scan's or the last one's: `pages_unshared` until ksmd next comes by. */
  alone: boolean;
}

export interface Guest {
  readonly name: string;
  pages: Page[];
}

export class KsmSim {
  readonly guests: Guest[] = [];
  /** Without `smart_scan` it is a kernel before 6.7, and no page is passed over. */
  knobs: Knobs = { run: 0, pages_to_scan: 100, sleep_millisecs: 20, smart_scan: 1 };
  now = 0;
  cpuSec = 0;
  scanned = 0;
  skipped = 0;
  fullScans = 0;
  cow = 0;
  entered = 0;
  private guestAt = 0;
  private pageAt = 0;
  private idleUntil = 0;
  private wakes = 0;
  private sharing = 0;
  private shared = 0;
  private unshared = 0;
  /** rmap items. */
  private known = 0;
  /** Mappings by content, as ksmd counts them: breaks are noticed late. */
  private readonly stable = new Map<number, number>();
  /** Mappings that are there: a KSM page goes with the last of them. */
  private readonly mapped = new Map<number, number>();
  private readonly unstableTree = new Map<number, Page>();
  private nextUnique = -2;

  constructor(readonly costs: SimCosts = USUAL_COSTS) {}

  /** @param content of the i-th page; undefined makes it unique */
  addGuest(name: string, pages: number, content: (index: number) => number | undefined): Guest {
    const guest: Guest = { name, pages: [] };
    this.guests.push(guest);
    this.entered += 1;
    this.grow(guest, pages, content);
    return guest;
  }

  grow(guest: Guest, pages: number, content: (index: number) => number | undefined): void {
    const first = guest.pages.length;
    for (let i = first; i < first + pages; i++) {
      const value = content(i) ?? this.unique();
      guest.pages.push({ content: value, seen: NaN, age: 0, skips: 0, mergedTo: -1, counted: false, alone: false });
    }
  }

  removeGuest(guest: Guest): void {
    for (const page of guest.pages) this.forget(page);
    this.guests.splice(this.guests.indexOf(guest), 1);
    this.guestAt = 0;
    this.pageAt = 0;
  }

  /** Undefined content makes it unique. */
  write(page: Page, content?: number): void {
    if (page.mergedTo !== -1) {
      this.unmap(page);
      this.cow += 1;
    }
    page.content = content ?? this.unique();
  }

  unique(): number {
    return this.nextUnique--;
  }

  get sharingPages(): number {
    return this.sharing;
  }

  get totalPages(): number {
    let sum = 0;
    for (const { pages } of this.guests) sum += pages.length;
    return sum;
  }

  /** Pages that could be saved if everything with equal content were merged. */
  reachable(): number {
    const copies = new Map<number, number>();
    for (const { pages } of this.guests) {
      for (const { content } of pages) copies.set(content, (copies.get(content) ?? 0) + 1);
    }
    let saved = 0;
    for (const count of copies.values()) saved += count - 1;
    return saved;
  }

  /** A write to sleep_millisecs wakes ksmd at once. */
  set(knob: keyof Knobs, value: number): void {
    if (knob === 'sleep_millisecs' || knob === 'run') this.idleUntil = Math.min(this.idleUntil, this.now);
    this.knobs = { ...this.knobs, [knob]: value };
  }

  advance(seconds: number): void {
    const end = this.now + seconds;
    while (this.now < end) {
      if (this.knobs.run !== 1 || this.totalPages === 0) this.idleUntil = end;
      if (this.idleUntil > this.now) {
        this.now = Math.min(end, this.idleUntil);
        continue;
      }
      const work = this.batch();
      this.cpuSec += work;
      this.now += work;
      // n jiffies end between n and n + 1 of them; a low-discrepancy sequence stands for chance.
      const jiffies = sleepJiffies(this.knobs.sleep_millisecs);
      this.wakes += 1;
      this.idleUntil = this.now + (jiffies === 0 ? 0 : (jiffies + ((this.wakes * 0.618) % 1)) * JIFFY_SEC);
      if (work === 0 && jiffies === 0) this.now += 1e-5;
    }
    // A batch may run past the tick: the next one starts that much later.
  }

  observe(overrides: Partial<Observation> = {}): Observation {
    const rest = Math.max(0, this.known - this.shared - this.sharing - this.unshared);
    return {
      monoMs: this.now * 1000,
      ageMs: 0,
      pageSize: 4096,
      memTotalBytes: 16 * 2 ** 30,
      memAvailableBytes: 8 * 2 ** 30,
      knobs: { ...this.knobs },
      advisorMode: 'none',
      pages_shared: this.shared,
      pages_sharing: this.sharing,
      pages_unshared: this.unshared,
      pages_volatile: rest,
      ksm_zero_pages: 0,
      pages_scanned: this.scanned,
      pages_skipped: this.skipped,
      full_scans: this.fullScans,
      cow_ksm: this.cow,
      ksmdCpuNs: Math.round(this.cpuSec * 1e9),
      mergeableBytes: this.totalPages * 4096,
      mergeableProcesses: this.guests.length,
      entered: this.entered,
      cpuPressurePct: 0,
      memoryPressurePct: 0,
      rivals: [],
      ...overrides,
    };
  }

  /** Returns its CPU seconds. Skipped pages do not count towards pages_to_scan; a full scan's end ends the batch. */
  private batch(): number {
    let work = 0;
    for (let n = 0; n < this.knobs.pages_to_scan;) {
      const page = this.next();
      if (page === undefined) return work;
      if (this.skips(page)) {
        this.skipped += 1;
        work += this.costs.skip;
        continue;
      }
      work += this.visit(page);
      this.scanned += 1;
      n += 1;
    }
    return work;
  }

  private next(): Page | undefined {
    for (;;) {
      const guest = this.guests[this.guestAt];
      if (guest === undefined) {
        this.guestAt = 0;
        this.pageAt = 0;
        this.fullScans += 1;
        this.unstableTree.clear();
        return undefined;
      }
      const page = guest.pages[this.pageAt];
      if (page !== undefined) {
        this.pageAt += 1;
        return page;
      }
      this.guestAt += 1;
      this.pageAt = 0;
    }
  }

  /** mm/ksm.c should_skip_rmap_item() and skip_age(). */
  private skips(page: Page): boolean {
    const { smart_scan = 0 } = this.knobs;
    if (smart_scan === 0 || page.mergedTo !== -1) return false;
    const age = page.age;
    if (page.age < 255) page.age += 1;
    if (age < 3) return false;
    if (page.skips === 0) {
      page.skips = age <= 3 ? 1 : age <= 5 ? 2 : age <= 8 ? 4 : 8;
      return false;
    }
    page.skips -= 1;
    this.takeOut(page);
    return true;
  }

  private visit(page: Page): number {
    const { merged, checksum, search, merge } = this.costs;
    if (page.mergedTo !== -1) return merged;
    this.takeOut(page);
    if (page.seen !== page.content) {
      if (Number.isNaN(page.seen)) this.known += 1;
      page.seen = page.content;
      return checksum;
    }
    if (this.mapped.has(page.content)) {
      this.join(page);
      return checksum + search + merge;
    }
    const other = this.unstableTree.get(page.content);
    if (other !== undefined && other !== page && other.content === page.content) {
      this.unstableTree.delete(page.content);
      this.takeOut(other);
      this.join(other);
      this.join(page);
      return checksum + search + 2 * merge;
    }
    this.unstableTree.set(page.content, page);
    page.alone = true;
    this.unshared += 1;
    return checksum + search;
  }

  private join(page: Page): void {
    const users = this.stable.get(page.content) ?? 0;
    this.stable.set(page.content, users + 1);
    if (users === 0) this.shared += 1;
    else this.sharing += 1;
    this.mapped.set(page.content, (this.mapped.get(page.content) ?? 0) + 1);
    page.mergedTo = page.content;
    page.counted = true;
    page.seen = page.content;
  }

  private unmap(page: Page): void {
    const left = (this.mapped.get(page.mergedTo) ?? 1) - 1;
    if (left > 0) this.mapped.set(page.mergedTo, left);
    else this.mapped.delete(page.mergedTo);
    page.mergedTo = -1;
  }

  /** mm/ksm.c remove_rmap_item_from_tree(): a break becomes visible in the gauges, and a page that was alone counts anew. */
  private takeOut(page: Page): void {
    if (page.counted && page.mergedTo === -1) this.leave(page);
    if (page.alone) this.unshared -= 1;
    page.alone = false;
  }

  private leave(page: Page): void {
    page.counted = false;
    const content = page.seen;
    const users = (this.stable.get(content) ?? 1) - 1;
    if (users <= 0) {
      this.stable.delete(content);
      this.shared -= 1;
    } else {
      this.stable.set(content, users);
      this.sharing -= 1;
    }
  }

  private forget(page: Page): void {
    if (page.mergedTo !== -1) this.unmap(page);
    if (page.counted) this.leave(page);
    if (page.alone) this.unshared -= 1;
    if (!Number.isNaN(page.seen)) this.known -= 1;
    if (this.unstableTree.get(page.content) === page) this.unstableTree.delete(page.content);
  }
}

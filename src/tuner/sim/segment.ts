/**
 * A stretch of one guest's memory whose pages differ by state only: the unit that ksmd walks. Its pages are kept as
 * cohorts (state, phase) with a number of pages each, in two parts: those that this full scan has yet to reach, and
 * those it has passed. Writes and what became of partners in the unstable tree are caught up with when somebody looks.
 */

import type { ContentSet } from './content-set.js';
import type { SimCosts } from './costs.js';
import { nextPhase, PHASES, skipsAt } from './phase.js';

/** What ksmd knows of a page. The first three pairs: content that can merge, content that cannot. */
const FRESH = 0;
const FRESH_ALONE = 1;
/** Visited before, and its content is not the one that the checksum is of. */
const CHANGED = 2;
const CHANGED_ALONE = 3;
/** The checksum is of its content. */
const CALM = 4;
const CALM_ALONE = 5;
/** Calm, and in the unstable tree since this full scan came by. */
const WAITING = 6;
const MERGED = 7;
const ZEROED = 8;

/** Pages below which a cohort is dropped: their number is kept whole by the cohort beside it within rounding. */
const NOTHING = 1e-9;

type Cohorts = Map<number, number>;

/** What a stretch of the walk did. Pages and CPU seconds. */
export interface Walked {
  readonly pages: number;
  readonly scanned: number;
  readonly skipped: number;
  readonly cpuSec: number;
  /** Visited for the first time. */
  readonly first: number;
  /** Of the pages put into the unstable tree, those that equal no other. */
  readonly alone: number;
}

/** What lies ahead in this segment. */
export interface Ahead {
  readonly pages: number;
  readonly scanned: number;
  readonly cpuSec: number;
}

export interface WalkRules {
  readonly costs: SimCosts;
  readonly smartScan: boolean;
  readonly useZeroPages: boolean;
}

export class Segment {
  private ahead: Cohorts = new Map();
  private passed: Cohorts = new Map();
  /** Broken merges that are still counted, in each part. */
  private staleAhead = 0;
  private stalePassed = 0;
  private at: number;
  /** `treeLeft` of the set up to which partners were caught up with. */
  private treeLeft: number;
  private waiting = false;
  private entry: { readonly ksmPages: number; readonly inTree: number } | null = null;

  /**
   * @param now seconds; `set` must have been brought there
   * @param options.merged pages that are merged already, as on a host that has run for a while
   * @param options.calm visited before, in all phases that repeat; with `phase`, in that one
   */
  constructor(
    readonly set: ContentSet,
    readonly pages: number,
    now: number,
    options: { readonly merged?: number; readonly calm?: boolean; readonly phase?: number } = {},
  ) {
    this.at = now;
    this.treeLeft = set.treeLeft;
    const merged = Math.min(options.merged ?? 0, pages);
    const candidates = set.spec.contents > 0 ? pages * set.spec.mergeable : 0;
    const able = Math.max(0, candidates - merged);
    const alone = Math.max(0, pages - Math.max(merged, candidates));
    // A host that has run for a while: its pages are spread over the phases that repeat.
    const calm = options.calm === true || options.phase !== undefined;
    const spread = calm ? Array.from({ length: 9 }, (_, i) => PHASES - 9 + i) : [0];
    const phases = options.phase === undefined ? spread : [options.phase];
    for (const phase of phases) {
      const part = 1 / phases.length;
      add(this.passed, calm ? CALM : FRESH, phase, able * part);
      add(this.passed, calm ? CALM_ALONE : FRESH_ALONE, phase, alone * part);
      add(this.passed, MERGED, phase, merged * part);
    }
    set.pages += pages;
    set.candidates += candidates;
    set.mappings += merged;
  }

  /** Number of cohorts, for bounding the work. */
  get cohorts(): number {
    return this.ahead.size + this.passed.size;
  }

  /** rmap items of this segment. */
  get known(): number {
    return this.pages - this.count((state) => state === FRESH || state === FRESH_ALONE) - this.zeroed;
  }

  get zeroed(): number {
    return this.count((state) => state === ZEROED);
  }

  /** Brings writes and partnerships to `now`. The set must have been brought there. */
  sync(now: number): void {
    const seconds = now - this.at;
    this.at = now;
    const kept = this.set.surviving(Math.max(0, seconds));
    const left = this.waiting ? Math.exp(this.set.treeLeft - this.treeLeft) : 1;
    this.treeLeft = this.set.treeLeft;
    if (kept === 1 && left === 1) return;
    const half = Math.sqrt(kept);
    this.staleAhead += this.catchUp('ahead', kept, left, half);
    this.stalePassed += this.catchUp('passed', kept, left, half);
  }

  /** Returns the merges that broke on the way. */
  private catchUp(part: 'ahead' | 'passed', kept: number, left: number, half: number): number {
    const able = this.set.mergeableAfterWrite;
    const before = this[part];
    const after: Cohorts = new Map();
    let broken = 0;
    for (const [key, pages] of before) {
      const state = stateOf(key);
      const phase = phaseOf(key);
      const written = pages * (1 - kept);
      const fresh = state === FRESH || state === FRESH_ALONE;
      add(after, fresh ? FRESH : CHANGED, phase, written * able);
      add(after, fresh ? FRESH_ALONE : CHANGED_ALONE, phase, written * (1 - able));
      if (state === WAITING) {
        add(after, WAITING, phase, pages * kept * left);
        add(after, MERGED, phase, pages * kept * (1 - left));
        // Partners were found half-way on average; those written to afterwards are breaks.
        broken += pages * (1 - left) * (half - kept);
      } else {
        add(after, state, phase, pages * kept);
        if (state === MERGED) broken += written;
      }
    }
    this[part] = after;
    return broken;
  }

  /** The next full scan begins. Segment and set must be at the same time; the set's tree is emptied afterwards. */
  turn(): void {
    const all: Cohorts = new Map();
    for (const cohorts of [this.ahead, this.passed]) {
      for (const [key, pages] of cohorts) {
        add(all, stateOf(key) === WAITING ? CALM : stateOf(key), phaseOf(key), pages);
      }
    }
    this.ahead = all;
    this.passed = new Map();
    this.staleAhead += this.stalePassed;
    this.stalePassed = 0;
    this.treeLeft = 0;
    this.waiting = false;
    this.entry = null;
  }

  /** What ksmd would find if it walked all that lies ahead now. */
  survey(rules: WalkRules): Ahead {
    const { set } = this;
    let pages = 0;
    let scanned = 0;
    let cpuSec = 0;
    let candidates = 0;
    for (const [key, count] of this.ahead) {
      const state = stateOf(key);
      if (state === ZEROED) continue;
      pages += count;
      if (state !== MERGED && rules.smartScan && skipsAt(phaseOf(key))) {
        cpuSec += count * rules.costs.skip;
        continue;
      }
      scanned += count;
      if (state === CALM) candidates += count;
      cpuSec += count * plainCost(state, rules.costs);
    }
    const merges = candidates === 0 ? 0 : this.mergesExpected(candidates, set, rules);
    return { pages, scanned, cpuSec: cpuSec + merges * rules.costs.merge };
  }

  private mergesExpected(candidates: number, set: ContentSet, rules: WalkRules): number {
    if (set.spec.zero === true && rules.useZeroPages) return candidates;
    const { joined, paired } = set.lookUp(candidates, this.entry ?? set);
    return joined + 2 * paired;
  }

  /** Walks this part (0 to 1] of what lies ahead. Segment and set must be at the same time. */
  walk(part: number, rules: WalkRules): Walked {
    const { costs, smartScan } = rules;
    this.entry ??= { ksmPages: this.set.ksmPages, inTree: this.set.inTree };
    const whole = part >= 1;
    const calm: Cohorts = new Map();
    let pages = 0;
    let scanned = 0;
    let skipped = 0;
    let cpuSec = 0;
    let first = 0;
    let alone = 0;
    for (const [key, count] of this.ahead) {
      const state = stateOf(key);
      const phase = phaseOf(key);
      const taken = whole ? count : count * part;
      if (!whole) this.ahead.set(key, count - taken);
      if (state === ZEROED) {
        add(this.passed, state, phase, taken);
        continue;
      }
      pages += taken;
      const after = state === MERGED || !smartScan ? phase : nextPhase(phase);
      if (state !== MERGED && smartScan && skipsAt(phase)) {
        skipped += taken;
        cpuSec += taken * costs.skip;
        add(this.passed, state, after, taken);
        continue;
      }
      scanned += taken;
      cpuSec += taken * plainCost(state, costs);
      if (state === FRESH || state === FRESH_ALONE) first += taken;
      if (state === CALM_ALONE) alone += taken;
      if (state === CALM) calm.set(after, (calm.get(after) ?? 0) + taken);
      else add(this.passed, visited(state), after, taken);
    }
    if (whole) this.ahead.clear();
    this.notice(whole ? 1 : part);
    cpuSec += costs.merge * this.mergeCalm(calm, rules);
    return { pages, scanned, skipped, cpuSec, first, alone };
  }

  /** A break is noticed when ksmd comes by. */
  private notice(part: number): void {
    const noticed = this.staleAhead * part;
    this.staleAhead -= noticed;
    this.set.unnoticed = Math.max(0, this.set.unnoticed - noticed);
  }

  /** Looks calm pages up, by phase after the visit; returns how many pages were merged. */
  private mergeCalm(calm: Cohorts, rules: WalkRules): number {
    const { set } = this;
    let total = 0;
    for (const count of calm.values()) total += count;
    if (total <= 0) return 0;
    if (set.spec.zero === true && rules.useZeroPages) {
      for (const [phase, count] of calm) add(this.passed, ZEROED, phase, count);
      set.zeroed += total;
      return total;
    }
    const found = set.lookUp(total, this.entry ?? set);
    const own = this.waiting ? this.count((state) => state === WAITING) : 0;
    const merged = (found.joined + found.paired) / total;
    for (const [phase, count] of calm) {
      add(this.passed, MERGED, phase, count * merged);
      add(this.passed, WAITING, phase, count * (1 - merged));
    }
    this.waiting ||= found.inserted > 0;
    set.book(found, own);
    // Where contents repeat within the segment, its own pages are partners too and share in what booking takes.
    if (set.spec.layout === 'distinct') this.treeLeft = set.treeLeft;
    return found.joined + 2 * found.paired;
  }

  /** Takes the segment's share out of its set. Both must be at the same time. */
  leave(): void {
    this.set.remove({
      pages: this.pages,
      candidates: this.count((state) => state !== ZEROED && (isAble(state) || state === MERGED)) + this.zeroed,
      mapped: this.count((state) => state === MERGED),
      zeroed: this.zeroed,
      unnoticed: this.staleAhead + this.stalePassed,
    });
  }

  private count(which: (state: number) => boolean): number {
    let sum = 0;
    for (const cohorts of [this.ahead, this.passed]) {
      for (const [key, pages] of cohorts) if (which(stateOf(key))) sum += pages;
    }
    return sum;
  }
}

function isAble(state: number): boolean {
  return state === FRESH || state === CHANGED || state === CALM || state === WAITING;
}

/** Without the merge itself. */
function plainCost(state: number, costs: SimCosts): number {
  if (state === MERGED) return costs.merged;
  return state === CALM || state === CALM_ALONE ? costs.checksum + costs.search : costs.checksum;
}

/** A visit stores the checksum of what it finds. */
function visited(state: number): number {
  if (state === FRESH || state === CHANGED) return CALM;
  return state === FRESH_ALONE || state === CHANGED_ALONE ? CALM_ALONE : state;
}

function add(cohorts: Cohorts, state: number, phase: number, pages: number): void {
  if (pages <= NOTHING) return;
  const key = state * PHASES + phase;
  cohorts.set(key, (cohorts.get(key) ?? 0) + pages);
}

function stateOf(key: number): number {
  return Math.floor(key / PHASES);
}

function phaseOf(key: number): number {
  return key % PHASES;
}

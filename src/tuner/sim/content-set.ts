/**
 * Pages that may equal each other, as one population: how many KSM pages and mappings it has, what of it hangs in the
 * unstable tree, and what writes do to all of that as time passes. Segments (segment.ts) hold the same pages by place.
 */

import { ksmPagesLeft, singles } from './survivors.js';

export interface ContentSpec {
  readonly name: string;
  /** Distinct contents among the pages that can merge. 0: no page of this set ever equals another. */
  readonly contents: number;
  /**
   * `distinct`: a segment holds each content at most once (guests of one image). `random`: contents are drawn at random
   * and repeat within a segment too (zero pages, equal arrays).
   */
  readonly layout: 'distinct' | 'random';
  /** Writes that change a page's content, per page and second: one over the mean lifetime of a content. */
  readonly writesPerSec: number;
  /** Part of the contents that is one of `contents`; the rest equals no other page. */
  readonly mergeable: number;
  /** The same of contents after a write, where it differs: guests boot from one image and then go their own ways. */
  readonly mergeableAfterWrite?: number;
  /** All zero bytes: `use_zero_pages` concerns it. */
  readonly zero?: boolean;
}

/** What became of pages that ksmd looked up in both trees. */
export interface LookUp {
  /** Mapped to a KSM page that was there. */
  readonly joined: number;
  /** Made a KSM page together with a page from the unstable tree. */
  readonly paired: number;
  /** Put into the unstable tree. */
  readonly inserted: number;
}

/** `max_page_sharing` as the kernel sets it: a content with more mappings needs another KSM page. */
const MAX_PAGE_SHARING = 256;

/** What is left of a tree that was emptied by pairing: above 0, so that its logarithm is a number. */
const TREE_FLOOR = 1e-12;

export class ContentSet {
  /** Mappings of KSM pages. */
  mappings = 0;
  ksmPages = 0;
  /** Placed on the kernel's zero page. */
  zeroed = 0;
  /** Written to since, and still counted as shared: ksmd has not come by. */
  unnoticed = 0;
  /** Contents in the unstable tree of this full scan. */
  inTree = 0;
  /** Logarithm of the part of what was in the tree since the full scan began that nobody has paired with. */
  treeLeft = 0;
  /** All pages, and those whose content can merge. */
  pages = 0;
  candidates = 0;
  private writesPerSec: number;
  private at = 0;

  constructor(readonly spec: ContentSpec) {
    this.writesPerSec = spec.writesPerSec;
  }

  get rate(): number {
    return this.writesPerSec;
  }

  /** Part of the contents that survive this many seconds. */
  surviving(seconds: number): number {
    return this.writesPerSec === 0 ? 1 : Math.exp(-this.writesPerSec * seconds);
  }

  /** Brings the counts to `now`; returns the COW breaks of KSM pages on the way. */
  sync(now: number): number {
    const seconds = now - this.at;
    if (!(seconds > 0)) return 0;
    this.at = now;
    if (this.writesPerSec === 0) return 0;
    const kept = this.surviving(seconds);
    const breaks = this.mappings * (1 - kept);
    this.ksmPages = Math.min(this.mappings * kept, ksmPagesLeft(this.ksmPages, this.mappings, this.holders, kept));
    this.mappings *= kept;
    this.unnoticed += breaks;
    this.zeroed *= kept;
    this.inTree *= kept;
    const usual = this.mergeableAfterWrite * this.pages;
    this.candidates = usual + (this.candidates - usual) * kept;
    return breaks;
  }

  /** A phase change of the workload. Call `sync` first. */
  setRate(writesPerSec: number): void {
    this.writesPerSec = writesPerSec;
  }

  /** Part of the contents after a write that can merge. */
  get mergeableAfterWrite(): number {
    const { contents, mergeable, mergeableAfterWrite } = this.spec;
    return contents > 0 ? (mergeableAfterWrite ?? mergeable) : 0;
  }

  /** pages_shared of this set. */
  get shared(): number {
    return Math.max(this.ksmPages, this.mappings / MAX_PAGE_SHARING);
  }

  /** Pages really saved now. */
  get saved(): number {
    return Math.max(0, this.mappings - this.shared) + this.zeroed;
  }

  /** Pages saved if every two equal pages were merged. */
  get reachable(): number {
    const { contents, layout } = this.spec;
    if (contents <= 0) return 0;
    const copies = this.candidates / contents;
    const present = layout === 'distinct' ? Math.min(this.candidates, contents) : -contents * Math.expm1(-copies);
    return Math.max(0, this.candidates - Math.max(present, this.candidates / MAX_PAGE_SHARING));
  }

  /** Most mappings that one KSM page can have. */
  private get holders(): number {
    return this.spec.layout === 'random' ? Infinity : Math.max(1, this.candidates / Math.max(1, this.spec.contents));
  }

  /**
   * Looks `pages` of one segment up. `distinct`: against the trees as they were when ksmd entered the segment, because a
   * segment does not meet its own contents. `random`: page after page against trees that change, solved in closed form.
   */
  lookUp(pages: number, entry: { readonly ksmPages: number; readonly inTree: number }): LookUp {
    const { contents, layout } = this.spec;
    if (contents <= 0 || pages <= 0) return { joined: 0, paired: 0, inserted: pages };
    const stable = Math.min(1, (layout === 'distinct' ? entry.ksmPages : this.ksmPages) / contents);
    const waiting = Math.min(1 - stable, (layout === 'distinct' ? entry.inTree : this.inTree) / contents);
    if (layout === 'distinct') {
      const paired = Math.min(this.inTree, pages * waiting);
      const joined = pages * stable;
      return { joined, paired, inserted: Math.max(0, pages - joined - paired) };
    }
    // With s = pages / contents: neither' = -neither, waiting' = neither - waiting, stable' = waiting.
    const s = pages / contents;
    const neither = 1 - stable - waiting;
    const gone = Math.exp(-s);
    const stableAfter = 1 - neither * gone - (waiting + neither * s) * gone;
    const inserted = contents * neither * (1 - gone);
    const paired = contents * Math.max(0, stableAfter - stable);
    return { joined: Math.max(0, pages - inserted - paired), paired, inserted };
  }

  /**
   * Books what `lookUp` found. The partners of new pairs leave the tree wherever they are: `treeLeft` tells them.
   *
   * @param own what the segment itself had in the tree before; none of it is a partner where contents are distinct
   */
  book({ joined, paired, inserted }: LookUp, own: number): void {
    const partners = this.spec.layout === 'distinct' ? this.inTree - own : this.inTree + inserted;
    this.mappings += joined + 2 * paired;
    this.ksmPages += paired;
    this.inTree = Math.max(0, this.inTree + inserted - paired);
    if (paired > 0) this.treeLeft += Math.log(Math.max(TREE_FLOOR, 1 - paired / Math.max(partners, paired)));
  }

  /** The full scan ended: the unstable tree is empty. */
  clearTree(): void {
    this.inTree = 0;
    this.treeLeft = 0;
  }

  /** A segment goes, with so many mappings: each content loses one mapping at most where they are distinct. */
  remove(segment: { pages: number; candidates: number; mapped: number; zeroed: number; unnoticed: number }): void {
    const { mapped } = segment;
    if (mapped > 0 && this.mappings > 0) {
      const kept = Math.max(0, 1 - mapped / this.mappings);
      this.ksmPages =
        this.spec.layout === 'random'
          ? ksmPagesLeft(this.ksmPages, this.mappings, this.holders, kept)
          : this.ksmPages * (1 - singles(this.ksmPages, this.mappings, this.holders) * (1 - kept));
      this.mappings *= kept;
      this.ksmPages = Math.min(this.ksmPages, this.mappings);
    }
    this.pages -= segment.pages;
    this.candidates = Math.max(0, this.candidates - segment.candidates);
    this.zeroed = Math.max(0, this.zeroed - segment.zeroed);
    this.unnoticed = Math.max(0, this.unnoticed - segment.unnoticed);
  }
}

import type { Frames } from '../memory-map/frames.js';
import { isKsm, isZeroPage } from '../memory-map/page-flags.js';

/** What a page that is looked at is, as seen from its frame. */
export type FrameUse =
  /** A frame not met before. */
  | 'new'
  /** A mapping of a KSM page that was met already: saved now. */
  | 'merged'
  /** A frame that a forked process has in common with its parent: one page already, and none of KSM's merit. */
  | 'inherited'
  /** The kernel's page of zeros: takes no memory. */
  | 'zero-page';

/** Frames remembered at most; a `Set` takes about 40 bytes for each, and no more than 2^24. */
const MOST_FRAMES_KNOWN = 2 ** 21;

/** Flags remembered at most. */
const MOST_FLAGS_KNOWN = 2 ** 16;

/** Which frames have been met among the pages looked at, so that a page mapped twice is not taken for two. */
export class FrameLedger {
  readonly #frames: Frames;
  readonly #met = new Set<number>();
  /** Met in the process being read: forgotten if it ends before it is through. */
  readonly #own = new Set<number>();
  readonly #flags = new Map<number, number>();
  /** Frames of the kernel's zero pages, once met: one of base size, 512 in a huge one. */
  readonly zeroFrames = new Set<number>();

  constructor(frames: Frames) {
    this.#frames = frames;
  }

  /** Frames that could not be remembered: each may have been counted twice. */
  forgotten = 0;

  /** @param frame of a page that is mapped more than once */
  use(frame: number): FrameUse {
    if (this.zeroFrames.has(frame)) return 'zero-page';
    const flags = this.#flagsOf(frame);
    if (isZeroPage(flags)) {
      this.zeroFrames.add(frame);
      return 'zero-page';
    }
    if (this.#met.has(frame) || this.#own.has(frame)) return isKsm(flags) ? 'merged' : 'inherited';
    if (this.#met.size + this.#own.size < MOST_FRAMES_KNOWN) this.#own.add(frame);
    else this.forgotten += 1;
    return 'new';
  }

  /** The process being read is through. */
  commit(): void {
    for (const frame of this.#own) this.#met.add(frame);
    this.#own.clear();
    this.#flags.clear();
  }

  rollback(): void {
    this.#own.clear();
    this.#flags.clear();
  }

  #flagsOf(frame: number): number {
    const known = this.#flags.get(frame);
    if (known !== undefined) return known;
    const flags = this.#frames.flags(Float64Array.of(frame))[0] ?? 0;
    if (this.#flags.size >= MOST_FLAGS_KNOWN) this.#flags.clear();
    this.#flags.set(frame, flags);
    return flags;
  }
}

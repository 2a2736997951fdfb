/** One window's frames -> the rates at both its ends, for the gaps around it, and what fell into it. Pure. */

import type { WindowRates } from './duty-scaling.js';

/** What a window had counted at one of its frames. */
export interface WindowFrame {
  /** Monotonic. */
  readonly sec: number;
  /** Read after the frame, `lagSec` after it was begun: pages that broke in between are in this and not in `breaks`. */
  readonly cowKsm: number | undefined;
  readonly lagSec: number;
  /** Breaks since the window's bpftrace was attached, by pid. */
  readonly breaks: ReadonlyMap<number, number>;
}

/** Of a long window, so many seconds face the gap on either side. */
export const FACING_SEC = 60;

export class WindowTally {
  #first: WindowFrame | undefined;
  #last: WindowFrame | undefined;
  /** The last frame within FACING_SEC of the first. */
  #head: WindowFrame | undefined;
  /** Frames half of FACING_SEC apart, the newest three: the tail begins at the oldest that is near enough. */
  #marks: readonly WindowFrame[] = [];

  get first(): WindowFrame | undefined {
    return this.#first;
  }

  get last(): WindowFrame | undefined {
    return this.#last;
  }

  /** Do the first FACING_SEC lie behind, so that `head` will not change any more? */
  get isHeadWhole(): boolean {
    return this.#first !== undefined && (this.#last?.sec ?? 0) - this.#first.sec > FACING_SEC;
  }

  add(frame: WindowFrame): void {
    this.#first ??= frame;
    this.#last = frame;
    if (frame.sec - this.#first.sec <= FACING_SEC) this.#head = frame;
    const mark = this.#marks.at(-1);
    if (mark === undefined || frame.sec - mark.sec >= FACING_SEC / 2) this.#marks = [...this.#marks, frame].slice(-3);
  }

  /** Towards the gap before. undefined: fewer than two frames tell no rate. */
  get head(): WindowRates | undefined {
    return ratesBetween(this.#first, this.#head);
  }

  /** Towards the gap after. */
  get tail(): WindowRates | undefined {
    const last = this.#last;
    if (last === undefined) return undefined;
    const from = this.#marks.find(({ sec }) => last.sec - sec <= FACING_SEC);
    return ratesBetween(from === last ? this.#marks.at(-2) : from, last);
  }

  /** Breaks between its first and its last frame that nobody was charged with. */
  get rest(): number {
    const rates = ratesBetween(this.#first, this.#last);
    return (rates?.restPerSec ?? 0) * ((this.#last?.sec ?? 0) - (this.#first?.sec ?? 0));
  }

  /** Growth of `cow_ksm` that fell into the window: counted before its first frame, or grown since. */
  get growth(): number {
    if (this.#first === undefined || this.#last === undefined) return 0;
    return totalOf(this.#first) + Math.max(0, (this.#last.cowKsm ?? 0) - (this.#first.cowKsm ?? 0));
  }
}

export function totalOf({ breaks }: Pick<WindowFrame, 'breaks'>): number {
  let total = 0;
  for (const count of breaks.values()) total += count;
  return total;
}

function ratesBetween(from: WindowFrame | undefined, to: WindowFrame | undefined): WindowRates | undefined {
  if (from === undefined || to === undefined || !(to.sec > from.sec)) return undefined;
  const seconds = to.sec - from.sec;
  const perSec = new Map<number, number>();
  let counted = 0;
  for (const [pid, count] of to.breaks) {
    const more = count - (from.breaks.get(pid) ?? 0);
    if (more <= 0) continue;
    perSec.set(pid, more / seconds);
    counted += more;
  }
  const grown = to.cowKsm === undefined || from.cowKsm === undefined ? counted : to.cowKsm - from.cowKsm;
  // What may come of reading cow_ksm later than the counts is no rest.
  const late = (counted / seconds) * to.lagSec;
  return { perSec, restPerSec: Math.max(0, grown - counted - late) / seconds };
}

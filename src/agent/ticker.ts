/** Most that one call moves towards where it is wanted, as a part of the interval: the pace stays steady to the eye. */
const MOST_SHIFT = 0.1;

/** Calls back at a steady pace: a slow call delays the next, and calls that were missed are not made up for. */
export class Ticker {
  readonly #intervalMs: number;
  readonly #tick: () => void;
  readonly #monoMs: () => number;
  readonly #paceMs: () => number;
  #timer: NodeJS.Timeout | undefined;
  #due = 0;
  #shiftMs = 0;

  /**
   * @param options.monoMs monotonic clock, milliseconds
   * @param options.paceMs asked after each call: the next one comes after so many milliseconds at the latest
   */
  constructor(options: { intervalMs: number; tick: () => void; monoMs: () => number; paceMs?: () => number }) {
    this.#intervalMs = options.intervalMs;
    this.#tick = options.tick;
    this.#monoMs = options.monoMs;
    this.#paceMs = options.paceMs ?? (() => Infinity);
  }

  /** The first call comes one interval from now. */
  start(): void {
    this.#due = this.#monoMs();
    this.#arm();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /**
   * Wants a call `afterMs` from now, and every `periodMs` from then: the calls move there bit by bit. For a source that
   * tells at a steady pace of its own, so that what it has told does not wait most of an interval for the next call.
   */
  align(afterMs: number, periodMs: number): void {
    const period = Math.min(periodMs, this.#intervalMs, this.#paceMs());
    const off = (this.#monoMs() + afterMs - this.#due) % period;
    const nearest = off > period / 2 ? off - period : off < -period / 2 ? off + period : off;
    const most = MOST_SHIFT * period;
    this.#shiftMs = Math.max(-most, Math.min(most, nearest));
  }

  #arm(): void {
    const now = this.#monoMs();
    const intervalMs = Math.min(this.#intervalMs, this.#paceMs());
    this.#due += this.#shiftMs;
    this.#shiftMs = 0;
    const behind = Math.max(0, now - this.#due);
    this.#due += intervalMs * (1 + Math.floor(behind / intervalMs));
    this.#timer = setTimeout(() => {
      this.#tick();
      if (this.#timer !== undefined) this.#arm();
    }, this.#due - now);
  }
}

/** Calls back at a steady pace: a slow call delays the next, and calls that were missed are not made up for. */
export class Ticker {
  readonly #intervalMs: number;
  readonly #tick: () => void;
  readonly #monoMs: () => number;
  readonly #paceMs: () => number;
  #timer: NodeJS.Timeout | undefined;
  #due = 0;

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

  #arm(): void {
    const now = this.#monoMs();
    const intervalMs = Math.min(this.#intervalMs, this.#paceMs());
    const behind = Math.max(0, now - this.#due);
    this.#due += intervalMs * (1 + Math.floor(behind / intervalMs));
    this.#timer = setTimeout(() => {
      this.#tick();
      if (this.#timer !== undefined) this.#arm();
    }, this.#due - now);
  }
}

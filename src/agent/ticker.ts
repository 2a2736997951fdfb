/** Part of the interval until the next call where it is urgent. */
const HURRY = 0.5;

/** Calls back at a steady pace: a slow call delays the next, and calls that were missed are not made up for. */
export class Ticker {
  readonly #intervalMs: number;
  readonly #tick: () => void;
  readonly #monoMs: () => number;
  readonly #urgent: () => boolean;
  #timer: NodeJS.Timeout | undefined;
  #due = 0;

  /**
   * @param options.monoMs monotonic clock, milliseconds
   * @param options.urgent asked after each call: shall the next one come after half the interval?
   */
  constructor(options: { intervalMs: number; tick: () => void; monoMs: () => number; urgent?: () => boolean }) {
    this.#intervalMs = options.intervalMs;
    this.#tick = options.tick;
    this.#monoMs = options.monoMs;
    this.#urgent = options.urgent ?? (() => false);
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
    const intervalMs = this.#intervalMs * (this.#urgent() ? HURRY : 1);
    const behind = Math.max(0, now - this.#due);
    this.#due += intervalMs * (1 + Math.floor(behind / intervalMs));
    this.#timer = setTimeout(() => {
      this.#tick();
      if (this.#timer !== undefined) this.#arm();
    }, this.#due - now);
  }
}

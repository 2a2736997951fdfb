/** The span of time that all charts show, the way back to the spans before, and the one cursor in all of them. Pure. */

/** `live`: the last `spanMs`, moving on; else from one instant to another, milliseconds since the epoch. */
export type Choice =
  | { readonly live: true; readonly spanMs: number }
  | { readonly live: false; readonly fromMs: number; readonly toMs: number };

export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;

/** What is shown when the address says nothing. */
export const USUAL_SPAN_MS = 15 * MINUTE_MS;
/** Below this nothing more can be seen, above it nothing is kept. */
export const LEAST_SPAN_MS = 10_000;
export const MOST_SPAN_MS = 366 * DAY_MS;
/** Ways back that are remembered. */
const MOST_BACK = 50;

export interface TimeRangeOptions {
  /** Where a live range ends: the time of the newest sample, else the clock. */
  readonly nowMs: () => number;
}

export class TimeRange {
  readonly #nowMs: () => number;
  readonly #listeners = new Set<() => void>();
  #choice: Choice = { live: true, spanMs: USUAL_SPAN_MS };
  #before: Choice[] = [];
  #cursorMs: number | undefined;
  readonly #cursorListeners = new Set<() => void>();

  constructor({ nowMs }: TimeRangeOptions) {
    this.#nowMs = nowMs;
  }

  get choice(): Choice {
    return this.#choice;
  }

  get live(): boolean {
    return this.#choice.live;
  }

  get toMs(): number {
    return this.#choice.live ? this.#nowMs() : this.#choice.toMs;
  }

  get fromMs(): number {
    return this.#choice.live ? this.#nowMs() - this.#choice.spanMs : this.#choice.fromMs;
  }

  get spanMs(): number {
    return this.#choice.live ? this.#choice.spanMs : this.#choice.toMs - this.#choice.fromMs;
  }

  get canGoBack(): boolean {
    return this.#before.length > 0;
  }

  /** Called after each change of the choice, not while a live range moves on. Returns what ends it. */
  listen(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The last `spanMs`, moving on. */
  last(spanMs: number): void {
    this.#choose({ live: true, spanMs: clamped(spanMs) });
  }

  /** From one instant to another. Spans below 10 s are widened around their middle; the order does not matter. */
  zoom(fromMs: number, toMs: number): void {
    this.#choose(fixed(fromMs, toMs));
  }

  /** Half (0.5) or twice (2) the span, around `aroundMs`; a live range stays live. */
  scale(factor: number, aroundMs?: number): void {
    if (this.#choice.live && aroundMs === undefined) {
      this.last(this.#choice.spanMs * factor);
      return;
    }
    const { fromMs, toMs } = this;
    const around = aroundMs ?? (fromMs + toMs) / 2;
    const span = clamped((toMs - fromMs) * factor);
    const left = (around - fromMs) / (toMs - fromMs);
    this.zoom(around - span * left, around + span * (1 - left));
  }

  /** Holds the range where it is, or lets the same span move on with the samples. */
  setLive(live: boolean): void {
    if (live === this.#choice.live) return;
    if (live) this.last(this.spanMs);
    else this.zoom(this.fromMs, this.toMs);
  }

  /** The range before the last change; returns false where there was none. */
  back(): boolean {
    const before = this.#before.pop();
    if (before === undefined) return false;
    this.#choice = before;
    this.#tell();
    return true;
  }

  /** Takes over a choice from the address, without a way back to it being noted. */
  restore(choice: Choice): void {
    if (isSame(choice, this.#choice)) return;
    this.#choice = choice;
    this.#tell();
  }

  /** Time under the pointer in whichever chart; undefined: none. */
  get cursorMs(): number | undefined {
    return this.#cursorMs;
  }

  point(timeMs: number | undefined): void {
    if (timeMs === this.#cursorMs) return;
    this.#cursorMs = timeMs;
    for (const listener of this.#cursorListeners) listener();
  }

  /** Called after each move of the cursor. Returns what ends it. */
  listenToCursor(listener: () => void): () => void {
    this.#cursorListeners.add(listener);
    return () => this.#cursorListeners.delete(listener);
  }

  #choose(choice: Choice): void {
    if (isSame(choice, this.#choice)) return;
    this.#before = [...this.#before, this.#choice].slice(-MOST_BACK);
    this.#choice = choice;
    this.#tell();
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}

function clamped(spanMs: number): number {
  return Math.min(MOST_SPAN_MS, Math.max(LEAST_SPAN_MS, spanMs));
}

function fixed(one: number, other: number): Choice {
  const middle = (one + other) / 2;
  const half = clamped(Math.abs(other - one)) / 2;
  return { live: false, fromMs: Math.round(middle - half), toMs: Math.round(middle + half) };
}

function isSame(a: Choice, b: Choice): boolean {
  if (a.live !== b.live) return false;
  if (a.live && b.live) return a.spanMs === b.spanMs;
  return !a.live && !b.live && a.fromMs === b.fromMs && a.toMs === b.toMs;
}

/** The choice that `from`, `to` (milliseconds) and `last` (seconds) of an address mean; undefined where they mean none. */
export function choiceOf(params: URLSearchParams): Choice | undefined {
  const [from, to, last] = ['from', 'to', 'last'].map((name) => numberOf(params.get(name)));
  if (from !== undefined && to !== undefined && from < to) return fixed(from, to);
  if (last !== undefined && last > 0) return { live: true, spanMs: clamped(last * 1_000) };
  return undefined;
}

/** Writes the choice into the parameters of an address; the usual one leaves no trace. */
export function writeChoice(choice: Choice, params: URLSearchParams): void {
  for (const name of ['from', 'to', 'last']) params.delete(name);
  if (!choice.live) {
    params.set('from', String(choice.fromMs));
    params.set('to', String(choice.toMs));
  } else if (choice.spanMs !== USUAL_SPAN_MS) {
    params.set('last', String(choice.spanMs / 1_000));
  }
}

function numberOf(text: string | null): number | undefined {
  if (text === null || !/^\d{1,15}(\.\d{1,3})?$/.test(text)) return undefined;
  return Number(text);
}

/** What guests saved before the page was opened, for their small curves: asked of the history once, of those that save most. */

import { ApiError } from '../../api.js';
import { nearestRow } from '../../charts/drawable.js';
import { blockOf, type HistoryAnswer } from '../../past/block.js';
import type { PageState } from '../../state.js';
import type { App } from '../../view.js';

/** As many as a high window shows. */
const MOST_GUESTS = 32;
const POINTS = 64;
/** The history of a host is coarser the older it is: a point may stand for so much, milliseconds. */
const LONGEST_POINT_MS = 120_000;

const FIELD = 'saved_bytes';

export class SeedPast {
  readonly #app: App;
  readonly #ended = new AbortController();
  #isAsking = false;

  constructor(app: App) {
    this.#app = app;
  }

  /** Asks, one guest after the other, where that has not been done for this agent. */
  update({ guests, savedPast }: PageState): void {
    const times = savedPast.seedTimes;
    if (this.#isAsking || guests === undefined || times.length === 0) return;
    this.#isAsking = true;
    const most = [...guests.guests].sort((a, b) => (b.saved_bytes ?? 0) - (a.saved_bytes ?? 0)).slice(0, MOST_GUESTS);
    void this.#ask(most, times).then((curves) => {
      this.#isAsking = false;
      if (this.#ended.signal.aborted) return;
      savedPast.seed(times, curves);
      this.#app.redraw();
    });
  }

  stop(): void {
    this.#ended.abort();
  }

  async #ask(
    guests: readonly { readonly key: string; readonly identity: string }[],
    times: readonly number[],
  ): Promise<Map<string, readonly number[]>> {
    const curves = new Map<string, readonly number[]>();
    const [fromMs, toMs] = [times[0] ?? 0, times.at(-1) ?? 0];
    const span = { from_ms: Math.round(fromMs), to_ms: Math.round(toMs), points: POINTS, fields: FIELD };
    for (const { key, identity } of guests) {
      try {
        const params = { ...span, guest: identity };
        const answer = await this.#app.api.get<HistoryAnswer>('history', params, this.#ended.signal);
        curves.set(key, valuesAt(answer, times));
      } catch (error) {
        // A guest may be too young to have a past; without an answer, or without a history, there is none of the others either.
        if (!(error instanceof ApiError) || error.code !== 'GUEST_ABSENT') return curves;
      }
    }
    return curves;
  }
}

/** Bytes at each of the times, NaN where the history has nothing near. */
export function valuesAt(answer: HistoryAnswer, times: readonly number[]): readonly number[] {
  const block = blockOf(answer, times[0] ?? 0, times.at(-1) ?? 0);
  const saved = block.columns.get(FIELD)?.mean ?? [];
  const reach = Math.min(LONGEST_POINT_MS, Math.max(block.resolutionMs, 16_000));
  return times.map((timeMs) => saved[nearestRow(block.times, timeMs, reach) ?? -1] ?? NaN);
}

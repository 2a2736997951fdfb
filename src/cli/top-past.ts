import { KsmpilotError } from '../agent/errors.js';
import type { AgentClient } from './client.js';
import type { TopData, TopPast } from './format-top.js';

/** What the line in the header is of. */
const SPAN_MS = 3_600_000;
const POINTS = 60;
const POINT_MS = SPAN_MS / POINTS;
/** What the agent has in memory where no history is kept. */
const LOOK_BACK_SEC = 3600;
/** Longest wait for it: `top` begins without. */
const LOOK_BACK_MS = 1500;

/** What the host saved in the last hour, a point a minute: from the history, else from the agent's memory, then as it goes. */
export class TopTrack {
  readonly #points = new Map<number, { sum: number; count: number }>();
  #newestMs = 0;

  /** Never rejects: without a past the line begins now. */
  async fill(agent: AgentClient): Promise<void> {
    try {
      const answer = await agent.history({
        from_ms: Date.now() - SPAN_MS,
        points: 2 * POINTS,
        fields: ['saved_bytes'],
      });
      answer.time_ms.forEach((time, index) => this.#add(time, answer.columns[0]?.mean[index] ?? Number.NaN));
    } catch (error) {
      if (!(error instanceof KsmpilotError)) throw error;
      await this.#fromMemory(agent);
    }
  }

  add({ status: { sample } }: TopData): void {
    if (sample?.saved_bytes !== undefined) this.#add(sample.time_ms, sample.saved_bytes);
  }

  /** undefined: there is nothing to draw yet. */
  get past(): TopPast | undefined {
    const last = Math.floor(this.#newestMs / POINT_MS);
    const values = Array.from({ length: POINTS }, (_, index) => {
      const point = this.#points.get(last - POINTS + 1 + index);
      return point === undefined ? Number.NaN : point.sum / point.count;
    });
    const first = values.findIndex((value) => !Number.isNaN(value));
    if (first < 0) return undefined;
    return { spanMs: (POINTS - first) * POINT_MS, values: values.slice(first) };
  }

  #add(timeMs: number, value: number): void {
    if (!Number.isFinite(value)) return;
    const at = Math.floor(timeMs / POINT_MS);
    const point = this.#points.get(at) ?? { sum: 0, count: 0 };
    this.#points.set(at, { sum: point.sum + value, count: point.count + 1 });
    this.#newestMs = Math.max(this.#newestMs, timeMs);
    const oldest = Math.floor(this.#newestMs / POINT_MS) - POINTS;
    for (const one of this.#points.keys()) if (one <= oldest) this.#points.delete(one);
  }

  async #fromMemory(agent: AgentClient): Promise<void> {
    const ended = new AbortController();
    const timer = setTimeout(() => ended.abort(), LOOK_BACK_MS);
    const startMs = Date.now();
    try {
      for await (const { time_ms, saved_bytes } of agent.samples({
        lookBackSec: LOOK_BACK_SEC,
        signal: ended.signal,
      })) {
        this.#add(time_ms, saved_bytes ?? Number.NaN);
        if (time_ms >= startMs) return;
      }
    } catch (error) {
      if (!(error instanceof KsmpilotError)) throw error;
    } finally {
      clearTimeout(timer);
    }
  }
}

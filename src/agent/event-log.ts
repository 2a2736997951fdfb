import type { AgentEvent, AgentEventBody } from './model/event.js';
import { eventText } from './model/event-text.js';
import { Ring } from './store/ring.js';

/** Events kept for look-back: an hour of one event a second, with room for bursts. */
const CAPACITY = 8192;

/** Numbers, dates and keeps events, and tells those who listen. */
export class EventLog {
  readonly #ring = new Ring<AgentEvent>(CAPACITY);
  readonly #listeners = new Set<(event: AgentEvent) => void>();
  readonly #now: () => number;
  #seq = 0;

  constructor(options: { readonly now: () => number }) {
    this.#now = options.now;
  }

  add(body: AgentEventBody): void {
    // The spread last: V8 makes the object with slow properties, a hundred times as dear, where keys follow it.
    const event: AgentEvent = { seq: this.#seq++, timeMs: this.#now(), text: eventText(body), ...body };
    this.#ring.push(event);
    for (const listener of this.#listeners) listener(event);
  }

  /** Events at or after `sinceMs`, oldest first. */
  since(sinceMs: number): readonly AgentEvent[] {
    return this.#ring.since((event) => event.timeMs >= sinceMs);
  }

  /** Returns the unsubscribe function. */
  listen(listener: (event: AgentEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

import type { GuestSeries, HistoryFile } from './history-file.js';
import type { GuestName } from './messages.js';
import { HOUR_MS } from './tiers.js';

/** How exactly the file knows when a guest was seen last. */
const SEEN_EVERY_MS = HOUR_MS;

/** Guests by the numbers under which the file has their rows. Holds those that are there now, however many there were. */
export class GuestNumbers {
  readonly #file: HistoryFile;
  #known = new Map<string, GuestSeries>();
  /** New ones, and new names, that the file does not have. */
  #unwritten = new Map<string, GuestSeries>();
  #next: number;
  #seenMs = -Infinity;

  constructor(file: HistoryFile) {
    this.#file = file;
    this.#next = file.nextSeries();
  }

  /** The numbers of these guests, which are all that there are now; new ones get one. */
  of(names: readonly GuestName[]): number[] {
    const known = new Map<string, GuestSeries>();
    for (const { identity, name } of names) {
      const before = this.#known.get(identity);
      const series = { id: before?.id ?? this.find(identity) ?? this.#next++, identity, name };
      known.set(identity, series);
      if (before?.name !== name) this.#unwritten.set(identity, series);
    }
    this.#known = known;
    return names.map(({ identity }) => known.get(identity)?.id ?? 0);
  }

  find(identity: string): number | undefined {
    return (this.#known.get(identity) ?? this.#unwritten.get(identity))?.id ?? this.#file.seriesOf(identity);
  }

  /** Within a transaction, after which {@link written} is called. */
  write(seenMs: number): void {
    const isDue = Math.abs(seenMs - this.#seenMs) >= SEEN_EVERY_MS;
    for (const series of isDue ? [...this.#unwritten.values(), ...this.#known.values()] : this.#unwritten.values()) {
      this.#file.writeSeries(series, seenMs);
    }
  }

  written(seenMs: number): void {
    this.#unwritten.clear();
    if (Math.abs(seenMs - this.#seenMs) >= SEEN_EVERY_MS) this.#seenMs = seenMs;
  }
}

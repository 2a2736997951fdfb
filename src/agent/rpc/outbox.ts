/** What goes to one reader together, with how many items that reader has lost so far. */
export interface Outgoing<T> {
  /** Oldest first; at least one. */
  readonly items: readonly [T, ...T[]];
  readonly dropped: number;
}

/**
 * The bounded queue in front of one stream. When it is full the oldest item goes: a reader that falls behind gets the
 * present, and the count of what it lost travels with the next frame.
 */
export class Outbox<T> {
  readonly capacity: number;
  #items: T[] = [];
  /** Items before this index were taken already. */
  #head = 0;
  #dropped = 0;

  /** @param capacity Most items that wait; at least 1. */
  constructor(capacity: number) {
    this.capacity = Math.max(1, Math.trunc(capacity));
  }

  /** Items waiting; never more than `capacity`. */
  get size(): number {
    return this.#items.length - this.#head;
  }

  /** Items lost so far. */
  get dropped(): number {
    return this.#dropped;
  }

  push(item: T): void {
    if (this.size >= this.capacity) {
      this.#skip();
      this.#dropped += 1;
    }
    this.#items.push(item);
  }

  /** The oldest items waiting, no more than `most`, at least 1; or undefined. */
  take(most = 1): Outgoing<T> | undefined {
    const [first, ...more] = this.#items.slice(this.#head, this.#head + Math.max(1, most));
    if (this.size === 0 || first === undefined) return undefined;
    this.#skip(1 + more.length);
    return { items: [first, ...more], dropped: this.#dropped };
  }

  clear(): void {
    this.#items = [];
    this.#head = 0;
  }

  #skip(count = 1): void {
    this.#head += count;
    // Cuts off the taken part once it is the larger half: O(1) a call on average, and no taken item is kept for long.
    if (this.#head * 2 >= this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
  }
}

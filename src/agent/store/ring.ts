/**
 * A bounded history: the newest `capacity` items in the order they came. A push is O(1) and drops the oldest item once
 * the ring is full; what readers get is a copy, so a later push does not move under them.
 */
export class Ring<T> {
  readonly capacity: number;
  readonly #slots: T[] = [];
  /** Slot of the oldest item once the ring is full. */
  #oldest = 0;
  #dropped = 0;

  /** @throws RangeError unless `capacity` is a whole number of at least 1. */
  constructor(capacity: number) {
    if (!Number.isSafeInteger(capacity) || capacity < 1) {
      throw new RangeError(`ring capacity must be a whole number of at least 1, not ${capacity}`);
    }
    this.capacity = capacity;
  }

  get size(): number {
    return this.#slots.length;
  }

  /** Items pushed out by newer ones so far. */
  get dropped(): number {
    return this.#dropped;
  }

  /** The newest item. */
  get newest(): T | undefined {
    return this.#at(this.size - 1);
  }

  push(item: T): void {
    if (this.#slots.length < this.capacity) {
      this.#slots.push(item);
      return;
    }
    this.#slots[this.#oldest] = item;
    this.#oldest = (this.#oldest + 1) % this.capacity;
    this.#dropped += 1;
  }

  /** The newest `count` items, oldest first; fewer where the ring holds fewer. */
  last(count: number): T[] {
    return this.#from(Math.max(0, this.size - Math.max(0, Math.trunc(count))));
  }

  /**
   * The unbroken run of newest items for which `wanted` holds, oldest first. The walk goes from the newest backwards and
   * ends at the first item that is not wanted: a clock that was set back does not hide items, and a short look-back
   * costs no more than its length.
   */
  since(wanted: (item: T) => boolean): T[] {
    let first = this.size;
    while (first > 0) {
      const item = this.#at(first - 1);
      if (item === undefined || !wanted(item)) break;
      first -= 1;
    }
    return this.#from(first);
  }

  #from(first: number): T[] {
    const items: T[] = [];
    for (let index = first; index < this.size; index += 1) {
      const item = this.#at(index);
      if (item !== undefined) items.push(item);
    }
    return items;
  }

  /** `index` 0: the oldest. */
  #at(index: number): T | undefined {
    return this.#slots[(this.#oldest + index) % this.capacity];
  }
}

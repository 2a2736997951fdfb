export interface Rate {
  /** Refilled so many a second. */
  readonly perSec: number;
  /** Most that can be saved up. */
  readonly burst: number;
}

interface Bucket {
  left: number;
  atMs: number;
}

/** Peers remembered; the one that was quiet longest is forgotten first. */
const MAX_KEYS = 4096;

/**
 * A token bucket per key, in bounded memory. Pure but for the clock given.
 *
 * To forget a key fills its bucket, so a crowd of more than `maxKeys` peers gets past it: the limit over all is for that.
 */
export class RateLimiter {
  readonly #rate: Rate;
  readonly #maxKeys: number;
  readonly #monoMs: () => number;
  /** Least recently used first: a key that is used is put in anew. */
  readonly #buckets = new Map<string, Bucket>();

  constructor(options: { readonly rate: Rate; readonly monoMs: () => number; readonly maxKeys?: number }) {
    this.#rate = options.rate;
    this.#maxKeys = options.maxKeys ?? MAX_KEYS;
    this.#monoMs = options.monoMs;
  }

  get keys(): number {
    return this.#buckets.size;
  }

  /** Takes one from the key's bucket; false: it is empty. */
  take(key: string): boolean {
    const nowMs = this.#monoMs();
    const { perSec, burst } = this.#rate;
    const bucket = this.#buckets.get(key) ?? { left: burst, atMs: nowMs };
    this.#buckets.delete(key);
    this.#buckets.set(key, bucket);
    bucket.left = Math.min(burst, bucket.left + (Math.max(0, nowMs - bucket.atMs) / 1000) * perSec);
    bucket.atMs = nowMs;
    if (this.#buckets.size > this.#maxKeys) {
      const [oldest] = this.#buckets.keys();
      if (oldest !== undefined) this.#buckets.delete(oldest);
    }
    if (bucket.left < 1) return false;
    bucket.left -= 1;
    return true;
  }
}

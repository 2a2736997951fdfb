/** How often requests may come. Pure but for the clock given. */

import { Refused } from './status.js';

export interface Rate {
  /** Requests a second. */
  readonly perSec: number;
  /** Most at once. */
  readonly burst: number;
}

/** A page that opens asks for some forty things at once, then for a few a second. */
export const PER_REMOTE: Rate = { perSec: 50, burst: 300 };
/** Everybody on this host, who share an address, and all others: each as a whole. */
export const IN_ALL: Rate = { perSec: 400, burst: 1_600 };
/** Machines remembered; the one that was quiet longest is forgotten. */
export const MAX_REMOTES = 1_024;

interface Bucket {
  left: number;
  atMs: number;
}

export interface Rates {
  readonly perRemote?: Rate | undefined;
  readonly inAll?: Rate | undefined;
}

export class RequestLimits {
  readonly #now: () => number;
  readonly #perRemote: Rate;
  readonly #inAll: Rate;
  readonly #here: Bucket;
  readonly #elsewhere: Bucket;
  /** Least recently used first. */
  readonly #remotes = new Map<string, Bucket>();

  /** @param now milliseconds of a clock that never goes back */
  constructor({ perRemote = PER_REMOTE, inAll = IN_ALL }: Rates = {}, now: () => number = () => performance.now()) {
    this.#now = now;
    this.#perRemote = perRemote;
    this.#inAll = inAll;
    this.#here = { left: inAll.burst, atMs: now() };
    this.#elsewhere = { left: inAll.burst, atMs: now() };
  }

  get remotes(): number {
    return this.#remotes.size;
  }

  /** @param remote The other machine; undefined: this host. Throws Refused 429. */
  take(remote: string | undefined): void {
    const now = this.#now();
    const isFree =
      remote === undefined
        ? takeFrom(this.#here, this.#inAll, now)
        : takeFrom(this.#bucketOf(remote, now), this.#perRemote, now) && takeFrom(this.#elsewhere, this.#inAll, now);
    if (isFree) return;
    throw new Refused(429, 'RATE_LIMITED', 'too many requests in a short time', 'Wait a second.', {
      'Retry-After': '1',
    });
  }

  #bucketOf(remote: string, now: number): Bucket {
    const bucket = this.#remotes.get(remote) ?? { left: this.#perRemote.burst, atMs: now };
    this.#remotes.delete(remote);
    this.#remotes.set(remote, bucket);
    if (this.#remotes.size > MAX_REMOTES) {
      const [first] = this.#remotes.keys();
      if (first !== undefined) this.#remotes.delete(first);
    }
    return bucket;
  }
}

function takeFrom(bucket: Bucket, { perSec, burst }: Rate, now: number): boolean {
  bucket.left = Math.min(burst, bucket.left + (Math.max(0, now - bucket.atMs) / 1_000) * perSec);
  bucket.atMs = now;
  if (bucket.left < 1) return false;
  bucket.left -= 1;
  return true;
}

/**
 * How often a wrong token may be tried. A token of 256 bits is not found by trying; this keeps a script that tries from
 * loading the agent and filling its audit log. Only attempts that failed are counted in the end, so nobody who has a
 * token is held up by his own use. Nor by the wrong ones of others, with whom he may share an address: above the limit
 * the agent is still asked, up to a rate that it bears with ease, and only the wrong ones are told to wait.
 */

import { remoteOf } from '../remote.js';

export interface Rate {
  /** Failures in a row. */
  readonly burst: number;
  /** One more after so long. */
  readonly everyMs: number;
}

export const PER_ADDRESS: Rate = { burst: 20, everyMs: 6_000 };
/** Over all addresses: those of a botnet, or of IPv6, are without number. */
export const IN_ALL: Rate = { burst: 60, everyMs: 1_000 };
/** Above the limits, over all addresses: half of what the agent takes from one entry. */
export const ABOVE: Rate = { burst: 200, everyMs: 5 };
/** Addresses remembered. */
export const MAX_ADDRESSES = 1_024;

export interface Attempt {
  /** Seconds until a wrong token is answered again; 0: within the limit. */
  readonly waitSec: number;
  /** May the agent be asked? Within the limit always. */
  readonly mayAsk: boolean;
  /** To be called where the token was right: the attempt is then given back. */
  readonly succeeded: () => void;
}

interface Bucket {
  left: number;
  atMs: number;
}

export class Attempts {
  readonly #now: () => number;
  readonly #all: Bucket;
  readonly #above: Bucket;
  readonly #byAddress = new Map<string, Bucket>();

  /** @param now milliseconds of a clock that never goes back */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
    this.#all = { left: IN_ALL.burst, atMs: now() };
    this.#above = { left: ABOVE.burst, atMs: now() };
  }

  get addresses(): number {
    return this.#byAddress.size;
  }

  /** Takes one attempt of the machine behind an address. */
  take(address: string): Attempt {
    const now = this.#now();
    const own = this.#bucketOf(remoteOf(address) ?? 'this host', now);
    refill(own, PER_ADDRESS, now);
    refill(this.#all, IN_ALL, now);
    const waitMs = Math.max(waitOf(own, PER_ADDRESS), waitOf(this.#all, IN_ALL));
    if (waitMs > 0) return this.#takeAbove(Math.ceil(waitMs / 1_000), now);
    own.left -= 1;
    this.#all.left -= 1;
    return {
      waitSec: 0,
      mayAsk: true,
      succeeded: () => {
        own.left = Math.min(PER_ADDRESS.burst, own.left + 1);
        this.#all.left = Math.min(IN_ALL.burst, this.#all.left + 1);
      },
    };
  }

  #takeAbove(waitSec: number, now: number): Attempt {
    refill(this.#above, ABOVE, now);
    const mayAsk = this.#above.left >= 1;
    if (mayAsk) this.#above.left -= 1;
    return { waitSec, mayAsk, succeeded: () => undefined };
  }

  #bucketOf(address: string, now: number): Bucket {
    const known = this.#byAddress.get(address);
    if (known !== undefined) return known;
    if (this.#byAddress.size >= MAX_ADDRESSES) this.#makeRoom(now);
    const bucket = { left: PER_ADDRESS.burst, atMs: now };
    this.#byAddress.set(address, bucket);
    return bucket;
  }

  /** Full buckets say nothing; where none is full, the one that was seen first goes. */
  #makeRoom(now: number): void {
    for (const [address, bucket] of this.#byAddress) {
      refill(bucket, PER_ADDRESS, now);
      if (bucket.left >= PER_ADDRESS.burst) this.#byAddress.delete(address);
    }
    const [first] = this.#byAddress.keys();
    if (this.#byAddress.size >= MAX_ADDRESSES && first !== undefined) this.#byAddress.delete(first);
  }
}

function refill(bucket: Bucket, { burst, everyMs }: Rate, now: number): void {
  bucket.left = Math.min(burst, bucket.left + (now - bucket.atMs) / everyMs);
  bucket.atMs = now;
}

function waitOf({ left }: Bucket, { everyMs }: Rate): number {
  return left >= 1 ? 0 : (1 - left) * everyMs;
}

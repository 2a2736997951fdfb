/** How many calls are open at once. Pure. */

export interface OpenLimits {
  /** Over one entry of the agent. */
  readonly perEntry: number;
  /** Of these, calls about the past: each answer is megabytes. */
  readonly pastPerEntry: number;
  /** Of one other machine. */
  readonly perRemote: number;
}

/** A page that opens asks for some forty things at once, ten of them about the past. */
export const OPEN_LIMITS: OpenLimits = { perEntry: 256, pastPerEntry: 64, perRemote: 64 };

/** Bounded by the streams that may be open at all: stream.ts. */
const STREAMS: ReadonlySet<string> = new Set([
  '/ksmpilot.v1.Ksmpilot/StreamSamples',
  '/ksmpilot.v1.Ksmpilot/StreamEvents',
  '/grpc.health.v1.Health/Watch',
]);
const PAST: ReadonlySet<string> = new Set(['/ksmpilot.v1.Ksmpilot/GetHistory', '/ksmpilot.v1.Ksmpilot/ListEvents']);

/**
 * Bounds what answers that nobody reads may hold. A call is open until its answer has gone out: who opens many and reads
 * none, as everybody on the host could, would else have the agent keep all the answers. HTTP/2 lets him do so for ever.
 */
export class OpenCalls {
  readonly #limits: OpenLimits;
  readonly #open = new Map<string, number>();

  constructor(limits: OpenLimits = OPEN_LIMITS) {
    this.#limits = limits;
  }

  /** @returns to be called at the end of the call, once or more often; undefined: too many are open */
  take(path: string, entry: string, remote: string | undefined): (() => void) | undefined {
    if (STREAMS.has(path)) return () => undefined;
    const { perEntry, pastPerEntry, perRemote } = this.#limits;
    const counted: (readonly [key: string, most: number])[] = [[entry, perEntry]];
    if (PAST.has(path)) counted.push([`past ${entry}`, pastPerEntry]);
    if (remote !== undefined) counted.push([`from ${remote}`, perRemote]);
    if (counted.some(([key, most]) => (this.#open.get(key) ?? 0) >= most)) return undefined;
    for (const [key] of counted) this.#open.set(key, (this.#open.get(key) ?? 0) + 1);
    let isOpen = true;
    return () => {
      if (!isOpen) return;
      isOpen = false;
      for (const [key] of counted) this.#leave(key);
    };
  }

  #leave(key: string): void {
    const left = (this.#open.get(key) ?? 1) - 1;
    if (left > 0) this.#open.set(key, left);
    else this.#open.delete(key);
  }
}

import { performance } from 'node:perf_hooks';
import { RateLimiter } from '../auth/rate-limiter.js';
import type { KsmpilotError } from '../errors.js';
import type { Caller } from './caller.js';

/** One call that changed the host, or tried to. */
export interface AuditedCall {
  /** The method, such as `SetMode`. */
  readonly what: string;
  readonly caller: Caller;
  readonly request: Readonly<Record<string, unknown>>;
  readonly before: Readonly<Record<string, unknown>>;
  readonly after: Readonly<Record<string, unknown>>;
  /** `done`, or code and message of what went wrong. */
  readonly result: string;
}

/** A call that was refused for who made it. */
export interface RefusedCall {
  /** The path of the method. */
  readonly what: string;
  readonly caller: Caller;
  readonly error: KsmpilotError;
}

/** Where calls are written down. Neither throws: a full disk must not keep an operator from restoring the knobs. */
export interface AuditPort {
  carriedOut(call: AuditedCall): void;
  refused(call: RefusedCall): void;
}

/** One line of the audit log, from a call over gRPC; src/agent/audit-log.ts writes it. */
export interface AuditLine {
  readonly what: string;
  readonly before: Readonly<Record<string, unknown>>;
  readonly after: Readonly<Record<string, unknown>>;
  readonly result: string;
  readonly request?: Readonly<Record<string, unknown>>;
  readonly untold?: number;
  readonly actor: {
    readonly via: 'grpc';
    readonly who: string;
    readonly name?: string;
    readonly role?: string;
    readonly from: string;
  };
}

/** Refusals told one by one; who knocks ten thousand times must not fill the disk, nor push the rest out of the log. */
const REFUSALS_TOLD = { perSec: 0.2, burst: 20 };

/** Makes lines of calls and gives them to `write`. */
export class CallAudit implements AuditPort {
  readonly #write: (line: AuditLine) => void;
  readonly #told: RateLimiter;
  #untold = 0;

  constructor(options: { readonly write: (line: AuditLine) => void; readonly monoMs?: () => number }) {
    this.#write = options.write;
    this.#told = new RateLimiter({ rate: REFUSALS_TOLD, monoMs: options.monoMs ?? (() => performance.now()) });
  }

  carriedOut({ what, caller, request, before, after, result }: AuditedCall): void {
    this.#write({ what, request, before, after, result, actor: actorOf(caller) });
  }

  refused({ what, caller, error }: RefusedCall): void {
    if (!this.#told.take('')) {
      this.#untold += 1;
      return;
    }
    const untold = this.#untold;
    this.#untold = 0;
    this.#write({
      what,
      before: {},
      after: {},
      result: `${error.code}: ${error.message}`,
      ...(untold === 0 ? {} : { untold }),
      actor: actorOf(caller),
    });
  }
}

/** Node has no SO_PEERCRED, so of a caller on the Unix socket it is known only that he may open it, as root may. */
export function actorOf({ identity, from }: Caller): AuditLine['actor'] {
  return {
    via: 'grpc',
    who: identity.kind,
    ...(identity.name === '' ? {} : { name: identity.name }),
    ...(identity.role === undefined ? {} : { role: identity.role }),
    from,
  };
}

/** The keys of which the value is another, with both values. */
export function difference(
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
): { readonly before: Readonly<Record<string, unknown>>; readonly after: Readonly<Record<string, unknown>> } {
  const moved = Object.keys({ ...before, ...after }).filter((key) => before[key] !== after[key]);
  const only = (of: Readonly<Record<string, unknown>>): Record<string, unknown> =>
    Object.fromEntries(moved.filter((key) => of[key] !== undefined).map((key) => [key, of[key]]));
  return { before: only(before), after: only(after) };
}

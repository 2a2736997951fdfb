import {
  ResponderBuilder,
  ServerInterceptingCall,
  ServerListenerBuilder,
  type Metadata,
  type ServerInterceptor,
} from '@grpc/grpc-js';
import type { Authentication, Authenticator } from '../auth/authenticator.js';
import { RateLimiter, type Rate } from '../auth/rate-limiter.js';
import { covers } from '../auth/role.js';
import { KsmpilotError } from '../errors.js';
import { needOf } from './access.js';
import type { AuditPort } from './audit.js';
import { refusalFor, rememberCaller, type Caller } from './caller.js';
import { OpenCalls, type OpenLimits } from './open-calls.js';
import { remoteOf } from './peer.js';
import { toServiceError } from './status.js';

/** What one entry of the agent is: where it listens decides what is open. */
export interface Entry {
  readonly kind: 'loopback' | 'unix socket' | 'tls';
}

/** A page and an exporter make a few calls a second each. */
export const CALLS_PER_REMOTE: Rate = { perSec: 50, burst: 200 };
/** All programs of this host share an address, and the page's process calls for all its browsers. */
export const CALLS_PER_ENTRY: Rate = { perSec: 400, burst: 1600 };
/** Ten typing errors, then one a six seconds. */
export const FAILURES: Rate = { perSec: 1 / 6, burst: 10 };
/** How long a peer that fails more often waits for its refusal. */
const SLOW_MS = 1000;
/** Refusals that wait, over all peers; one more is sent at once. */
const MAX_SLOWED = 64;

export interface GateOptions {
  readonly authenticator: Authenticator;
  readonly audit: AuditPort;
  /** Monotonic clock, milliseconds. */
  readonly monoMs: () => number;
  readonly callsPerRemote?: Rate | undefined;
  readonly callsPerEntry?: Rate | undefined;
  readonly failures?: Rate | undefined;
  readonly open?: OpenLimits | undefined;
}

/**
 * Who may call what: stands before every handler, health and reflection included, and lets a call pass when its caller
 * calls seldom enough and has the role that the call needs.
 *
 * Loopback is no proof of being root on this host: a guest reaches it through QEMU's user network, and so does every
 * local user. So what changes the host needs a role everywhere.
 *
 * A peer that fails often is answered late and not shut out: behind one address may be others with good tokens, and 256
 * random bits are not found by guessing.
 */
export class Gate {
  readonly #options: GateOptions;
  readonly #remotes: RateLimiter;
  readonly #entries: RateLimiter;
  readonly #failures: RateLimiter;
  readonly #open: OpenCalls;
  #slowed = 0;

  constructor(options: GateOptions) {
    const { monoMs } = options;
    this.#options = options;
    this.#remotes = new RateLimiter({ rate: options.callsPerRemote ?? CALLS_PER_REMOTE, monoMs });
    this.#entries = new RateLimiter({ rate: options.callsPerEntry ?? CALLS_PER_ENTRY, monoMs });
    this.#failures = new RateLimiter({ rate: options.failures ?? FAILURES, monoMs });
    this.#open = new OpenCalls(options.open);
  }

  interceptor(entry: Entry): ServerInterceptor {
    return ({ path }, call) => {
      let end: (() => void) | undefined;
      const listener = new ServerListenerBuilder()
        // Called at every end: after the last of the answer has gone out, too.
        .withOnCancel(() => end?.())
        .withOnReceiveMetadata((metadata, next) => {
          let refused = this.#check({ entry, path, metadata, call });
          end = refused === undefined ? this.#open.take(path, entry.kind, remoteAt(entry, call)) : () => undefined;
          if (end === undefined) refused = { error: tooManyOpen() };
          if (refused === undefined) next(metadata);
          else this.#refuse(refused, (error) => call.sendStatus(toServiceError(error)));
        })
        .build();
      const responder = new ResponderBuilder().withStart((next) => next(listener)).build();
      return new ServerInterceptingCall(call, responder);
    };
  }

  #check({ entry, path, metadata, call }: Incoming): Refused | undefined {
    const peer = call.getPeer();
    const remote = remoteAt(entry, call);
    if (!this.#mayCall(entry, remote)) return { error: tooOften() };

    const { identity, failed, stillHolds } = this.#identify(entry, metadata, call);
    const from = entry.kind === 'unix socket' ? entry.kind : peer;
    const caller: Caller = { identity, from, remote, stillHolds };
    const need = needOf(path);
    if (need === 'read' && entry.kind !== 'tls') {
      rememberCaller(metadata, caller);
      return undefined;
    }
    const role = need === 'read' ? 'view' : need;
    if (covers(identity.role, role)) {
      rememberCaller(metadata, caller);
      return undefined;
    }
    const error = refusalFor(identity, role, failed);
    if (role === 'tune' || failed !== undefined) this.#options.audit.refused({ what: path, caller, error });
    // Nothing shown is no guess.
    const slow = failed !== undefined && !this.#failures.take(remote ?? entry.kind);
    return { error, slow };
  }

  /** The machine's own limit first: who exceeds it takes nothing from the others. */
  #mayCall(entry: Entry, remote: string | undefined): boolean {
    return (remote === undefined || this.#remotes.take(remote)) && this.#entries.take(entry.kind);
  }

  #identify(entry: Entry, metadata: Metadata, call: Incoming['call']): Authentication {
    const certificate = entry.kind === 'tls' ? call.getAuthContext().sslPeerCertificate : undefined;
    const authorization = metadata.get('authorization').map(String);
    return this.#options.authenticator.identify({ authorization, certificate });
  }

  #refuse({ error, slow }: Refused, send: (error: KsmpilotError) => void): void {
    if (slow !== true || this.#slowed >= MAX_SLOWED) {
      send(error);
      return;
    }
    this.#slowed += 1;
    setTimeout(() => {
      this.#slowed -= 1;
      send(error);
    }, SLOW_MS).unref();
  }
}

interface Incoming {
  readonly entry: Entry;
  readonly path: string;
  readonly metadata: Metadata;
  readonly call: Parameters<ServerInterceptor>[1];
}

interface Refused {
  readonly error: KsmpilotError;
  /** Answered late. */
  readonly slow?: boolean;
}

function remoteAt({ kind }: Entry, call: Incoming['call']): string | undefined {
  return kind === 'unix socket' ? undefined : remoteOf(call.getPeer().replace(/:\d+$/, ''));
}

function tooManyOpen(): KsmpilotError {
  return new KsmpilotError('RATE_LIMITED', 'too many calls are open at once.', {
    hint: 'Read the answers of those, or end them; then call again.',
  });
}

function tooOften(): KsmpilotError {
  return new KsmpilotError('RATE_LIMITED', 'too many calls in a short time.', {
    hint: 'Wait a second; StreamSamples tells the same without asking again and again.',
  });
}

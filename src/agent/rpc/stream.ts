import { Metadata, type ServerWritableStream } from '@grpc/grpc-js';
import { KsmpilotError } from '../errors.js';
import { callerOf, refusalFor, type Caller } from './caller.js';
import type { LogPort } from './port.js';
import { Outbox } from './outbox.js';
import { toCatalogued, toServiceError } from './status.js';

/** Where a stream's items come from: what is known already, then what comes. */
export interface StreamSource<Item, Frame> {
  /** Items to send first, oldest first; asked for once, in the same turn as `subscribe`: nothing can come in between. */
  history(): readonly Item[];
  /** Calls back for each new item; returns the unsubscribe function. */
  subscribe(listener: (item: Item) => void): () => void;
  /** Grows from item to item: an item that is in the history and announced as well is sent once. */
  seq(item: Item): number;
  /** One frame of these items, oldest first; one item where `batch` is not given. */
  encode(items: readonly [Item, ...Item[]], dropped: number): Frame;
  /** Most items that may go in one frame; default 1. No frame is held back to fill it. */
  readonly batch?: number;
  /** Most live items that wait for a slow reader; the history may wait on top of that. */
  readonly capacity: number;
}

/** What is open now, for tests and for the log. */
export interface StreamStats {
  readonly open: number;
  /** Items waiting in all outboxes. */
  readonly queued: number;
  /** Items lost by slow readers since the start, closed streams included. */
  readonly dropped: number;
}

/** Tokens and certificates end while streams go on: how often that is looked at. */
const RECHECK_MS = 5_000;
/** From one other machine: a page's process has two for each browser. */
const MAX_PER_REMOTE = 32;

interface OpenStream {
  readonly caller: Caller | undefined;
  readonly outbox: { readonly size: number; readonly dropped: number };
  end(error: KsmpilotError): void;
}

/**
 * All server-side streams of an agent.
 *
 * A stream has one frame at a time with grpc-js and takes the next when that one has gone out: what `write()` is given
 * without waiting queues in the process without bound, and even up to its high-water mark that is sixteen encoded process
 * tables a stream. What waits here are references to items of the agent's rings, newest kept, so a stalled reader costs
 * a queue of pointers and not a second history.
 */
export class StreamSet {
  readonly #limit: number;
  readonly #limitPerRemote: number;
  readonly #log: LogPort;
  readonly #streams = new Set<OpenStream>();
  #droppedByClosed = 0;
  #recheckTimer: NodeJS.Timeout | undefined;

  /** @param options.limit Most streams open at once; one more is refused with STREAMS_EXHAUSTED. */
  constructor(options: {
    readonly limit: number;
    readonly limitPerRemote?: number | undefined;
    readonly log: LogPort;
  }) {
    this.#limit = options.limit;
    this.#limitPerRemote = options.limitPerRemote ?? MAX_PER_REMOTE;
    this.#log = options.log;
  }

  get stats(): StreamStats {
    let queued = 0;
    let dropped = this.#droppedByClosed;
    for (const { outbox } of this.#streams) {
      queued += outbox.size;
      dropped += outbox.dropped;
    }
    return { open: this.#streams.size, queued, dropped };
  }

  /** Serves `call` until its client leaves, an item cannot be encoded, or `endAll`. */
  serve<Item, Frame>(call: ServerWritableStream<unknown, Frame>, source: StreamSource<Item, Frame>): void {
    const caller = callerOf(call.metadata);
    this.#refuseTooMany(caller);
    const history = source.history();
    const outbox = new Outbox<Item>(source.capacity + history.length);
    let unsubscribe = (): void => undefined;
    let open = true;
    let writing = false;

    const close = (): boolean => {
      if (!open) return false;
      open = false;
      unsubscribe();
      this.#droppedByClosed += outbox.dropped;
      outbox.clear();
      this.#streams.delete(stream);
      if (this.#streams.size === 0) this.#stopRechecking();
      return true;
    };
    const end = (error: KsmpilotError): void => {
      if (close()) call.emit('error', toServiceError(error));
    };
    const flush = (): void => {
      try {
        if (!open || writing) return;
        const next = outbox.take(source.batch);
        if (next === undefined) return;
        writing = true;
        call.write(source.encode(next.items, next.dropped), written);
      } catch (error) {
        this.#log.error('a stream ended on a defect', { path: call.getPath(), error: String(error) });
        end(toCatalogued(error));
      }
    };
    const written = (): void => {
      writing = false;
      flush();
    };
    let newest = -Infinity;
    const add = (item: Item): void => {
      if (source.seq(item) <= newest) return;
      newest = source.seq(item);
      outbox.push(item);
    };

    const stream: OpenStream = { caller, outbox, end };
    this.#streams.add(stream);
    this.#startRechecking();
    call.on('cancelled', close);
    call.on('close', close);
    call.on('error', close);
    history.forEach(add);
    unsubscribe = source.subscribe((item) => {
      add(item);
      flush();
    });
    // Headers at once: a client then knows that it is connected although there may be nothing to tell yet.
    call.sendMetadata(new Metadata());
    flush();
  }

  /** Ends the streams of callers whose token was revoked, or whose token or certificate has expired. */
  recheck(): void {
    for (const stream of [...this.#streams]) {
      if (stream.caller?.stillHolds() === false) stream.end(refusalFor(undefined, 'view', 'expired'));
    }
  }

  #startRechecking(): void {
    this.#recheckTimer ??= setInterval(() => this.recheck(), RECHECK_MS).unref();
  }

  #stopRechecking(): void {
    clearInterval(this.#recheckTimer);
    this.#recheckTimer = undefined;
  }

  #refuseTooMany(caller: Caller | undefined): void {
    const hint = 'Close other readers (pages, exporters), then try again.';
    if (this.#streams.size >= this.#limit) {
      throw new KsmpilotError('STREAMS_EXHAUSTED', `all ${this.#limit} streams of this agent are in use.`, { hint });
    }
    const remote = caller?.remote;
    if (remote === undefined) return;
    let open = 0;
    for (const stream of this.#streams) if (stream.caller?.remote === remote) open += 1;
    if (open < this.#limitPerRemote) return;
    throw new KsmpilotError('STREAMS_EXHAUSTED', `${remote} has ${open} streams open already.`, { hint });
  }

  /** Ends every stream with UNAVAILABLE. */
  endAll(): void {
    for (const stream of [...this.#streams]) {
      stream.end(
        new KsmpilotError('AGENT_STOPPING', 'the agent is stopping.', { hint: 'Connect again once it runs.' }),
      );
    }
  }
}

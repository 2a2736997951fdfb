/**
 * What one browser is told, as server-sent events:
 *
 * - `agent`      {state: "connected" | "lost", detail}
 * - `host`, `tuner`, `processes`, `guests`   the answers of GetHost, GetTuner, ListProcesses, ListGuests, when they may
 *                have changed
 * - `sample`     a SampleFrame, with `id` its time, so that a browser that reconnects says how far it got
 * - `event`      an EventFrame
 *
 * There is no queue here. While the browser does not take what was written, the gRPC streams are not read; the agent's
 * bounded outbox then loses the oldest frames and says how many in the next frame's `dropped`.
 */

import type { ServerResponse } from 'node:http';
import type { ClientReadableStream } from '@grpc/grpc-js';
import type { EventFrame__Output } from '../../proto/generated/ksmpilot/v1/EventFrame.js';
import type { SampleFrame__Output } from '../../proto/generated/ksmpilot/v1/SampleFrame.js';
import type { AgentClient, Authorization } from './agent-client.js';
import { Coalesced } from './coalesced.js';
import { SECURITY_HEADERS } from './respond.js';
import { refusalOf } from './status.js';

export interface FeedOptions {
  readonly agent: AgentClient;
  /** Whose token the calls bear. */
  readonly who: Authorization;
  readonly res: ServerResponse;
  /** Seconds of history to send first. */
  readonly lookBackSec: number;
  /** Time of the newest sample that the browser has; undefined for a new reader. */
  readonly lastSampleMs: number | undefined;
}

/** Below the idle timeout of any proxy or tunnel on the way (the shortest in common use is 30 s). */
const HEARTBEAT_MS = 10_000;
/** A browser that takes nothing for so long is gone or stopped; it reconnects with the time of its newest sample. */
const STUCK_MS = 120_000;
const BACKOFF_MS = { first: 500, longest: 5_000 } as const;
/** Older frames are history: the process table is not asked for, and what only the newest frame shows is left out. */
const LIVE_MS = 3_000;
/** What the host lacks changes with what is sampled (`run`, rivals): told anew this often, at once when a knob changes. */
const HOST_AGAIN_MS = 5_000;
/** Decisions that a new reader is told; later ones come as events. */
const DECISIONS = 100;
const MAX_LOOK_BACK_SEC = 86_400;

export class Feed {
  readonly #options: FeedOptions;
  readonly #closed = new AbortController();
  #lastSampleMs: number;
  #stuck: NodeJS.Timeout | undefined;

  constructor(options: FeedOptions) {
    this.#options = options;
    this.#lastSampleMs = options.lastSampleMs ?? 0;
  }

  /** Serves the browser until it goes away or `stop` is called; never rejects. */
  async run(): Promise<void> {
    const { res, lookBackSec } = this.#options;
    res.writeHead(200, {
      ...SECURITY_HEADERS,
      'Content-Type': 'text/event-stream; charset=utf-8',
      'Cache-Control': 'no-store',
      'X-Accel-Buffering': 'no',
    });
    res.on('close', () => this.stop());
    res.on('error', () => this.stop());
    this.#write('retry: 1000\n\n');
    const heartbeat = setInterval(() => {
      if (!res.writableNeedDrain) this.#write(': alive\n\n');
    }, HEARTBEAT_MS);
    try {
      let backoffMs: number = BACKOFF_MS.first;
      let lookBack = this.#lastSampleMs > 0 ? secondsSince(this.#lastSampleMs) : lookBackSec;
      while (!this.#isClosed()) {
        const loss = await this.#session(Math.min(lookBack, MAX_LOOK_BACK_SEC));
        if (this.#isClosed()) break;
        this.#send('agent', { state: 'lost', detail: loss.detail });
        if (loss.wasConnected) backoffMs = BACKOFF_MS.first;
        await delay(backoffMs, this.#closed.signal);
        backoffMs = Math.min(backoffMs * 2, BACKOFF_MS.longest);
        if (this.#lastSampleMs > 0) lookBack = secondsSince(this.#lastSampleMs);
      }
    } finally {
      clearInterval(heartbeat);
      clearTimeout(this.#stuck);
      res.end();
    }
  }

  stop(): void {
    this.#closed.abort();
  }

  #isClosed(): boolean {
    return this.#closed.signal.aborted;
  }

  /** One pair of streams, until the first of them ends. */
  async #session(lookBackSec: number): Promise<{ wasConnected: boolean; detail: string }> {
    const { agent, res, who } = this.#options;
    let wasConnected = false;
    const over = new AbortController();
    const signal = AbortSignal.any([over.signal, this.#closed.signal]);
    const tell = async (event: string, ask: () => Promise<unknown>): Promise<void> => {
      const value = await ask();
      if (!signal.aborted) this.#send(event, value);
    };
    const host = new Coalesced(() => tell('host', () => agent.host(who)));
    const tuner = new Coalesced(() => tell('tuner', () => agent.tuner(who, DECISIONS)));
    const processes = new Coalesced(() => tell('processes', () => agent.processes(who)));
    const guests = new Coalesced(() => tell('guests', () => agent.guests(who)));
    const lists = (): void => {
      processes.ask();
      guests.ask();
    };
    const samples = agent.samples(who, lookBackSec);
    const events = agent.events(who, lookBackSec);
    let paused = false;
    const pause = (): void => {
      if (paused) return;
      paused = true;
      samples.pause();
      events.pause();
      res.once('drain', () => {
        paused = false;
        samples.resume();
        events.resume();
      });
    };

    // Frames up to the newest that the browser has were sent before, until the first newer one. A newest in the future
    // is from before the clock was set back, and says nothing.
    if (this.#lastSampleMs > Date.now()) this.#lastSampleMs = 0;
    let repeats = this.#lastSampleMs > 0;
    let hostAtMs = Date.now();
    samples.on('data', (frame: SampleFrame__Output) => {
      const isLive = Math.abs(Date.now() - frame.time_ms) < LIVE_MS;
      repeats &&= frame.time_ms <= this.#lastSampleMs;
      if (repeats) return;
      this.#lastSampleMs = frame.time_ms;
      const shown = isLive ? frame : withoutHistograms(frame);
      const took = this.#send('sample', shown, frame.time_ms);
      if (isLive) lists();
      if (isLive && frame.time_ms - hostAtMs >= HOST_AGAIN_MS) {
        hostAtMs = frame.time_ms;
        host.ask();
      }
      if (!took) pause();
    });
    events.on('data', (frame: EventFrame__Output) => {
      const took = this.#send('event', frame);
      if (frame.kind === 'EVENT_KIND_PROBE_STATE') host.ask();
      if (frame.kind === 'EVENT_KIND_MODE' || frame.kind === 'EVENT_KIND_KNOB_CHANGED') {
        tuner.ask();
        host.ask();
      }
      if (!took) pause();
    });
    const loss = firstEnd(samples, events, signal);
    agent.host(who).then(
      (value) => {
        if (signal.aborted) return;
        wasConnected = true;
        this.#send('agent', { state: 'connected', detail: '' });
        this.#send('host', value);
        tuner.ask();
        lists();
      },
      // The streams end for the same reason, and that is told.
      () => undefined,
    );
    const detail = await loss;
    over.abort();
    samples.cancel();
    events.cancel();
    return { wasConnected, detail };
  }

  /** Returns false where the browser has to catch up first. */
  #send(event: string, value: unknown, id?: number): boolean {
    const head = id === undefined ? `event: ${event}\n` : `event: ${event}\nid: ${id}\n`;
    return this.#write(`${head}data: ${JSON.stringify(value)}\n\n`);
  }

  #write(text: string): boolean {
    const { res } = this.#options;
    if (this.#isClosed() || res.destroyed) return true;
    const took = res.write(text);
    if (!took && this.#stuck === undefined) {
      this.#stuck = setTimeout(() => res.destroy(), STUCK_MS);
      res.once('drain', () => {
        clearTimeout(this.#stuck);
        this.#stuck = undefined;
      });
    }
    return took;
  }
}

/** A page shows the newest alone. */
function withoutHistograms(frame: SampleFrame__Output): SampleFrame__Output {
  return { ...frame, merge_lifetime: [], cow: frame.cow === null ? null : { ...frame.cow, service_time: null } };
}

/** Waits for the end of either stream, or for the signal, and says why. */
function firstEnd(
  samples: ClientReadableStream<SampleFrame__Output>,
  events: ClientReadableStream<EventFrame__Output>,
  signal: AbortSignal,
): Promise<string> {
  return new Promise((resolve) => {
    for (const stream of [samples, events]) {
      stream.on('error', (error) => resolve(refusalOf(error).body.message));
      stream.on('end', () => resolve('the agent ended the stream'));
    }
    signal.addEventListener('abort', () => resolve(''));
  });
}

/** Rounded up, and one more, so that the look-back overlaps with what was sent. */
function secondsSince(timeMs: number): number {
  return Math.max(0, Math.ceil((Date.now() - timeMs) / 1000) + 1);
}

function delay(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
  });
}

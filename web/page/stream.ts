/**
 * The stream of server-sent events. EventSource reconnects by itself after a break and says how far it got; where the
 * server refused it (too many pages, another program on the port) it gives up, and a timer here tries again.
 */

import type { EventFrame__Output } from '../../proto/generated/ksmpilot/v1/EventFrame.js';
import type { GuestList__Output } from '../../proto/generated/ksmpilot/v1/GuestList.js';
import type { Host__Output } from '../../proto/generated/ksmpilot/v1/Host.js';
import type { ProcessList__Output } from '../../proto/generated/ksmpilot/v1/ProcessList.js';
import type { SampleFrame__Output } from '../../proto/generated/ksmpilot/v1/SampleFrame.js';
import type { Tuner__Output } from '../../proto/generated/ksmpilot/v1/Tuner.js';

export interface StreamEvents {
  agent: { state: 'connected' | 'lost'; detail: string };
  host: Host__Output;
  tuner: Tuner__Output;
  sample: SampleFrame__Output;
  processes: ProcessList__Output;
  guests: GuestList__Output;
  event: EventFrame__Output;
}

export type StreamHandlers = { readonly [Name in keyof StreamEvents]: (value: StreamEvents[Name]) => void } & {
  /** The gateway does not answer; called for each break. */
  readonly lost: () => void;
};

const RETRY_MS = 3_000;

export class Stream {
  readonly #handlers: StreamHandlers;
  #source: EventSource | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;

  constructor(handlers: StreamHandlers) {
    this.#handlers = handlers;
  }

  /** Starts anew at the address of a stream; ends the stream before. */
  open(url: string): void {
    this.close();
    const source = new EventSource(url);
    this.#source = source;
    const handlers = this.#handlers;
    // The gateway is of the same build as this page: both come from one server.
    const on = (name: string, handle: (data: unknown) => void): void => {
      source.addEventListener(name, ({ data }: MessageEvent<string>) => handle(JSON.parse(data)));
    };
    on('agent', (data) => handlers.agent(data as StreamEvents['agent']));
    on('host', (data) => handlers.host(data as StreamEvents['host']));
    on('tuner', (data) => handlers.tuner(data as StreamEvents['tuner']));
    on('sample', (data) => handlers.sample(data as StreamEvents['sample']));
    on('processes', (data) => handlers.processes(data as StreamEvents['processes']));
    on('guests', (data) => handlers.guests(data as StreamEvents['guests']));
    on('event', (data) => handlers.event(data as StreamEvents['event']));
    source.addEventListener('error', () => {
      handlers.lost();
      if (source.readyState !== EventSource.CLOSED) return;
      this.#retry = setTimeout(() => this.open(url), RETRY_MS);
    });
  }

  close(): void {
    clearTimeout(this.#retry);
    this.#source?.close();
    this.#source = undefined;
  }
}

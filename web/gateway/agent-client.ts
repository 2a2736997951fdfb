/** The gateway's gRPC client. It holds no credential: what a browser sends as `Authorization` is passed on as it is. */

import { join } from 'node:path';
import {
  Metadata,
  credentials,
  loadPackageDefinition,
  type CallOptions,
  type ClientReadableStream,
  type requestCallback,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import type { ProtoGrpcType } from '../../proto/generated/ksmpilot.js';
import type { EventFrame__Output } from '../../proto/generated/ksmpilot/v1/EventFrame.js';
import type { GuestList__Output } from '../../proto/generated/ksmpilot/v1/GuestList.js';
import type { Host__Output } from '../../proto/generated/ksmpilot/v1/Host.js';
import type { KsmpilotClient } from '../../proto/generated/ksmpilot/v1/Ksmpilot.js';
import type { Mode } from '../../proto/generated/ksmpilot/v1/Mode.js';
import type { ProcessList__Output } from '../../proto/generated/ksmpilot/v1/ProcessList.js';
import type { SampleFrame__Output } from '../../proto/generated/ksmpilot/v1/SampleFrame.js';
import type { Status__Output } from '../../proto/generated/ksmpilot/v1/Status.js';
import type { Tuner__Output } from '../../proto/generated/ksmpilot/v1/Tuner.js';

export interface AgentClientOptions {
  /** `HOST:PORT` or `unix:/path`. */
  readonly address: string;
  /** The folder that holds ksmpilot/v1/ksmpilot.proto. */
  readonly protoDir: string;
}

/** 16,384 guests with the longest of names, the most that an agent tells apart, are some 15 MB; gRPC's own limit is 4. */
const MAX_ANSWER_BYTES = 32 * 1024 * 1024;
/** A read is answered from memory; leaving auto mode writes knobs, and a write to `run` waits for a batch. */
const READ_DEADLINE_MS = 5_000;
const CHANGE_DEADLINE_MS = 30_000;

export class AgentClient {
  readonly #options: AgentClientOptions;
  #client: KsmpilotClient | undefined;

  constructor(options: AgentClientOptions) {
    this.#options = options;
  }

  /** Reads the contract and makes the channel; connects with the first call. Throws where the .proto cannot be read. */
  start(): void {
    const definition = loadSync(join(this.#options.protoDir, 'ksmpilot', 'v1', 'ksmpilot.proto'), {
      includeDirs: [this.#options.protoDir],
      keepCase: true,
      longs: Number,
      enums: String,
      defaults: true,
      oneofs: false,
      arrays: true,
    });
    const { ksmpilot } = loadPackageDefinition(definition) as unknown as ProtoGrpcType;
    this.#client = new ksmpilot.v1.Ksmpilot(this.#options.address, credentials.createInsecure(), {
      // The agent is on this host: after a restart it is back within a second or two.
      'grpc.initial_reconnect_backoff_ms': 250,
      'grpc.min_reconnect_backoff_ms': 250,
      'grpc.max_reconnect_backoff_ms': 2_000,
      'grpc.enable_http_proxy': 0,
      'grpc.max_receive_message_length': MAX_ANSWER_BYTES,
    });
  }

  stop(): void {
    this.#client?.close();
    this.#client = undefined;
  }

  host(): Promise<Host__Output> {
    return unary((done) => this.#connected.GetHost({}, new Metadata(), within(READ_DEADLINE_MS), done));
  }

  status(): Promise<Status__Output> {
    return unary((done) => this.#connected.GetStatus({}, new Metadata(), within(READ_DEADLINE_MS), done));
  }

  /** With the newest `decisions` decisions; 1 to 1000. */
  tuner(decisions: number): Promise<Tuner__Output> {
    return unary((done) => this.#connected.GetTuner({ decisions }, new Metadata(), within(READ_DEADLINE_MS), done));
  }

  processes(): Promise<ProcessList__Output> {
    return unary((done) => this.#connected.ListProcesses({}, new Metadata(), within(READ_DEADLINE_MS), done));
  }

  guests(): Promise<GuestList__Output> {
    return unary((done) => this.#connected.ListGuests({}, new Metadata(), within(READ_DEADLINE_MS), done));
  }

  setMode(mode: Mode, authorization: string): Promise<Tuner__Output> {
    return unary((done) => this.#connected.SetMode({ mode }, bearing(authorization), within(CHANGE_DEADLINE_MS), done));
  }

  pause(authorization: string): Promise<Tuner__Output> {
    return unary((done) => this.#connected.Pause({}, bearing(authorization), within(CHANGE_DEADLINE_MS), done));
  }

  resume(authorization: string): Promise<Tuner__Output> {
    return unary((done) => this.#connected.Resume({}, bearing(authorization), within(CHANGE_DEADLINE_MS), done));
  }

  samples(lookBackSec: number): ClientReadableStream<SampleFrame__Output> {
    return this.#connected.StreamSamples({ look_back_sec: lookBackSec, with_processes: false });
  }

  events(lookBackSec: number): ClientReadableStream<EventFrame__Output> {
    return this.#connected.StreamEvents({ look_back_sec: lookBackSec, kinds: [] });
  }

  get #connected(): KsmpilotClient {
    if (this.#client === undefined) throw new Error('the gateway is not started');
    return this.#client;
  }
}

function unary<T>(invoke: (done: requestCallback<T>) => unknown): Promise<T> {
  return new Promise((resolve, reject) => {
    invoke((error, value) => {
      if (error !== null) reject(error);
      else if (value === undefined) reject(new Error('the agent answered nothing'));
      else resolve(value);
    });
  });
}

function within(ms: number): CallOptions {
  return { deadline: new Date(Date.now() + ms) };
}

function bearing(authorization: string): Metadata {
  const metadata = new Metadata();
  metadata.set('authorization', authorization);
  return metadata;
}

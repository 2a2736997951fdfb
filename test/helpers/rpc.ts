/** A real server on a free port with real clients, for tests of the gRPC services. */

import {
  credentials,
  Metadata,
  type ChannelCredentials,
  type ChannelOptions,
  type ClientReadableStream,
  type ServiceError,
  type ClientUnaryCall,
  type requestCallback,
} from '@grpc/grpc-js';
import type { KsmpilotClient } from '../../proto/generated/ksmpilot/v1/Ksmpilot.js';
import { loadService } from '../../src/agent/rpc/proto.js';
import { RpcServer, type RpcServerOptions } from '../../src/agent/rpc/server.js';
import { RecordingLog, TestAgent } from './agent-port.js';

export const TOKEN = '0123456789abcdef'.repeat(4);

export interface Harness extends AsyncDisposable {
  readonly agent: TestAgent;
  readonly log: RecordingLog;
  readonly server: RpcServer;
  readonly address: string;
  readonly client: KsmpilotClient;
}

export async function startHarness(options: Partial<RpcServerOptions> = {}, agent = new TestAgent()): Promise<Harness> {
  const log = new RecordingLog();
  const server = new RpcServer({
    port: agent,
    token: TOKEN,
    address: '127.0.0.1:0',
    log,
    now: () => agent.latest()?.sample.timeMs ?? 0,
    ...options,
  });
  const { address } = await server.start();
  const client = connect(address);
  return {
    agent,
    log,
    server,
    address,
    client,
    async [Symbol.asyncDispose]() {
      client.close();
      await server.stop();
    },
  };
}

/** @param channel What to connect with; undefined: plain text. secureChannel makes one for TLS. */
export function connect(target: string, channel?: TestChannel): KsmpilotClient {
  const Client = loadService();
  return new Client(target, channel?.credentials ?? credentials.createInsecure(), {
    ...channel?.options,
    'grpc.use_local_subchannel_pool': 1,
    'grpc.enable_http_proxy': 0,
  });
}

export interface TestChannel {
  readonly credentials: ChannelCredentials;
  readonly options?: ChannelOptions;
}

/** Metadata with the token of the harness, or another. */
export function bearer(token = TOKEN): Metadata {
  const metadata = new Metadata();
  metadata.set('authorization', `Bearer ${token}`);
  return metadata;
}

/** A unary call as a promise: `call((done) => client.getHost({}, done))`. */
export function call<Answer>(start: (done: requestCallback<Answer>) => ClientUnaryCall): Promise<Answer> {
  return new Promise((resolve, reject) => {
    start((error, answer) => {
      if (error !== null) reject(error);
      else if (answer === undefined) reject(new Error('neither an error nor an answer'));
      else resolve(answer);
    });
  });
}

/** The error that a call must end with. */
export async function refusal(answer: Promise<unknown>): Promise<ServiceError> {
  return answer.then(
    (value) => {
      throw new Error(`expected a refusal, got ${JSON.stringify(value)}`);
    },
    (error: unknown) => error as ServiceError,
  );
}

/** Reads a stream into a list and lets a test wait for what it needs. */
export class Collected<Frame> {
  readonly frames: Frame[] = [];
  error: ServiceError | undefined;
  readonly #stream: ClientReadableStream<Frame>;

  constructor(stream: ClientReadableStream<Frame>) {
    this.#stream = stream;
    stream.on('data', (frame: Frame) => this.frames.push(frame));
    stream.on('error', (error: ServiceError) => {
      this.error = error;
    });
  }

  /** The first `count` frames, or a failure after five seconds. */
  async first(count: number): Promise<Frame[]> {
    await until(
      () => this.frames.length >= count,
      `${count} frames`,
      () => `have ${this.frames.length}`,
    );
    return this.frames.slice(0, count);
  }

  cancel(): void {
    this.#stream.cancel();
  }
}

/** Waits until `holds`, at most five seconds or so many milliseconds. */
export async function until(
  holds: () => boolean,
  what: string,
  state: () => string = () => '',
  withinMs = 5000,
): Promise<void> {
  const end = performance.now() + withinMs;
  while (!holds()) {
    if (performance.now() > end) throw new Error(`waited ${withinMs / 1000} s for ${what}; ${state()}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

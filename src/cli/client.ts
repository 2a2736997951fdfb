import {
  Metadata,
  type CallOptions,
  type ClientUnaryCall,
  type requestCallback,
  type ServiceError,
} from '@grpc/grpc-js';
import type { EventList__Output } from '../../proto/generated/ksmpilot/v1/EventList.js';
import type { GetHistoryRequest } from '../../proto/generated/ksmpilot/v1/GetHistoryRequest.js';
import type { GuestList__Output } from '../../proto/generated/ksmpilot/v1/GuestList.js';
import type { GuestPolicy__Output } from '../../proto/generated/ksmpilot/v1/GuestPolicy.js';
import type { History__Output } from '../../proto/generated/ksmpilot/v1/History.js';
import type { Host__Output } from '../../proto/generated/ksmpilot/v1/Host.js';
import type { KsmpilotClient } from '../../proto/generated/ksmpilot/v1/Ksmpilot.js';
import type { ListEventsRequest } from '../../proto/generated/ksmpilot/v1/ListEventsRequest.js';
import type { Mode } from '../../proto/generated/ksmpilot/v1/Mode.js';
import type { ProcessList__Output } from '../../proto/generated/ksmpilot/v1/ProcessList.js';
import type { RestoreReport__Output } from '../../proto/generated/ksmpilot/v1/RestoreReport.js';
import type { SampleFrame__Output } from '../../proto/generated/ksmpilot/v1/SampleFrame.js';
import type { Status__Output } from '../../proto/generated/ksmpilot/v1/Status.js';
import type { Tuner__Output } from '../../proto/generated/ksmpilot/v1/Tuner.js';
import type { KsmpilotError } from '../agent/errors.js';
import { loadService } from '../agent/rpc/proto.js';
import { explain, toKsmpilotError } from './client-error.js';
import { openChannel, tokenFor, type AgentFlags } from './connection.js';

/** 16,384 guests with the longest of names, the most that an agent tells apart, are some 15 MB; gRPC's own limit is 4. */
const MAX_ANSWER_BYTES = 32 * 1024 * 1024;

/** An agent answers a reading call in milliseconds. */
const READ_DEADLINE_MS = 5000;
/** Years are read from a disk that may be busy. */
const PAST_DEADLINE_MS = 25_000;
/** Writing `run` waits for ksmd's present batch, and a restore writes several knobs. */
const CHANGE_DEADLINE_MS = 30_000;

/** One connection to an agent. Every method rejects with a catalogued error. */
export class AgentClient {
  readonly target: string;
  readonly #flags: AgentFlags;
  readonly #secure: boolean;
  readonly #client: KsmpilotClient;

  /** @throws KsmpilotError TLS_FILES_INVALID, CONFIG_INVALID */
  constructor(flags: AgentFlags) {
    const { target, secure, credentials, options } = openChannel(flags);
    this.target = target;
    this.#flags = flags;
    this.#secure = secure;
    const Client = loadService();
    this.#client = new Client(target, credentials, {
      ...options,
      // A proxy from the environment must not stand between this command and its own host.
      'grpc.enable_http_proxy': 0,
      'grpc.max_receive_message_length': MAX_ANSWER_BYTES,
    });
  }

  host(): Promise<Host__Output> {
    return this.#read((metadata, options, done) => this.#client.getHost({}, metadata, options, done));
  }

  status(): Promise<Status__Output> {
    return this.#read((metadata, options, done) => this.#client.getStatus({}, metadata, options, done));
  }

  processes(): Promise<ProcessList__Output> {
    return this.#read((metadata, options, done) => this.#client.listProcesses({}, metadata, options, done));
  }

  guests(): Promise<GuestList__Output> {
    return this.#read((metadata, options, done) => this.#client.listGuests({}, metadata, options, done));
  }

  guestPolicy(): Promise<GuestPolicy__Output> {
    return this.#read((metadata, options, done) => this.#client.getGuestPolicy({}, metadata, options, done));
  }

  history(request: GetHistoryRequest): Promise<History__Output> {
    return this.#read(
      (metadata, options, done) => this.#client.getHistory(request, metadata, options, done),
      PAST_DEADLINE_MS,
    );
  }

  pastEvents(request: ListEventsRequest): Promise<EventList__Output> {
    return this.#read(
      (metadata, options, done) => this.#client.listEvents(request, metadata, options, done),
      PAST_DEADLINE_MS,
    );
  }

  /** @param decisions How many past decisions to tell, 1 to 1000. */
  tuner(decisions: number): Promise<Tuner__Output> {
    return this.#read((metadata, options, done) => this.#client.getTuner({ decisions }, metadata, options, done));
  }

  /**
   * Frames with process tables: those of the last `lookBackSec` seconds that the agent still has (without tables), then
   * live ones until `signal` is aborted.
   */
  async *samples(options: {
    readonly lookBackSec: number;
    readonly signal: AbortSignal;
  }): AsyncGenerator<SampleFrame__Output> {
    const stream = this.#client.streamSamples(
      { look_back_sec: options.lookBackSec, with_processes: true },
      this.#metadata(false),
    );
    const end = (): void => stream.cancel();
    options.signal.addEventListener('abort', end, { once: true });
    try {
      if (options.signal.aborted) return;
      for await (const frame of stream) yield frame as SampleFrame__Output;
    } catch (error) {
      if (!options.signal.aborted) throw await this.#explain(error as ServiceError);
    } finally {
      options.signal.removeEventListener('abort', end);
      stream.cancel();
    }
  }

  setMode(mode: Mode): Promise<Tuner__Output> {
    return this.#change((metadata, options, done) => this.#client.setMode({ mode }, metadata, options, done));
  }

  pause(): Promise<Tuner__Output> {
    return this.#change((metadata, options, done) => this.#client.pause({}, metadata, options, done));
  }

  resume(): Promise<Tuner__Output> {
    return this.#change((metadata, options, done) => this.#client.resume({}, metadata, options, done));
  }

  restore(): Promise<RestoreReport__Output> {
    return this.#change((metadata, options, done) => this.#client.restore({}, metadata, options, done));
  }

  close(): void {
    this.#client.close();
  }

  async #read<Answer>(start: UnaryStart<Answer>, deadlineMs = READ_DEADLINE_MS): Promise<Answer> {
    return this.#call(start, this.#metadata(false), deadlineMs);
  }

  async #change<Answer>(start: UnaryStart<Answer>): Promise<Answer> {
    return this.#call(start, this.#metadata(true), CHANGE_DEADLINE_MS);
  }

  #metadata(need: boolean): Metadata {
    const metadata = new Metadata();
    const token = tokenFor(this.#flags, { need, target: this.target });
    if (token !== undefined) metadata.set('authorization', `Bearer ${token}`);
    return metadata;
  }

  async #call<Answer>(start: UnaryStart<Answer>, metadata: Metadata, deadlineMs: number): Promise<Answer> {
    const { error, answer } = await new Promise<{ error: ServiceError | null; answer: Answer | undefined }>(
      (resolve) => {
        start(metadata, { deadline: Date.now() + deadlineMs }, (failed, value) => {
          resolve({ error: failed, answer: value });
        });
      },
    );
    if (error === null && answer !== undefined) return answer;
    throw await this.#explain(error);
  }

  #explain(error: ServiceError | null): Promise<KsmpilotError> {
    const known = toKsmpilotError(error, this.target);
    return explain(known, error, { target: this.target, secure: this.#secure });
  }
}

type UnaryStart<Answer> = (metadata: Metadata, options: CallOptions, done: requestCallback<Answer>) => ClientUnaryCall;

/** Connects, works, closes. */
export async function withAgent<T>(flags: AgentFlags, work: (agent: AgentClient) => Promise<T>): Promise<T> {
  const agent = new AgentClient(flags);
  try {
    return await work(agent);
  } finally {
    agent.close();
  }
}

import { accessSync, constants } from 'node:fs';
import {
  credentials,
  Metadata,
  type CallOptions,
  type ClientUnaryCall,
  type requestCallback,
  type ServiceError,
} from '@grpc/grpc-js';
import { InvalidArgumentError, type Command } from 'commander';
import type { GuestList__Output } from '../../proto/generated/ksmpilot/v1/GuestList.js';
import type { Host__Output } from '../../proto/generated/ksmpilot/v1/Host.js';
import type { KsmpilotClient } from '../../proto/generated/ksmpilot/v1/Ksmpilot.js';
import type { Mode } from '../../proto/generated/ksmpilot/v1/Mode.js';
import type { ProcessList__Output } from '../../proto/generated/ksmpilot/v1/ProcessList.js';
import type { RestoreReport__Output } from '../../proto/generated/ksmpilot/v1/RestoreReport.js';
import type { SampleFrame__Output } from '../../proto/generated/ksmpilot/v1/SampleFrame.js';
import type { Status__Output } from '../../proto/generated/ksmpilot/v1/Status.js';
import type { Tuner__Output } from '../../proto/generated/ksmpilot/v1/Tuner.js';
import { formatAddress, parseAddress } from '../agent/rpc/address.js';
import { loadService } from '../agent/rpc/proto.js';
import { socketIn } from '../agent/rpc/unix-socket.js';
import { defaultStateDir } from '../agent/state-dir.js';
import { readToken } from '../agent/token.js';
import { toKsmpilotError } from './client-error.js';

/** Where an agent listens unless its settings say otherwise. */
export const DEFAULT_ADDRESS = '127.0.0.1:50576';

/** 16,384 guests with the longest of names, the most that an agent tells apart, are some 15 MB; gRPC's own limit is 4. */
const MAX_ANSWER_BYTES = 32 * 1024 * 1024;

/** An agent answers a reading call in milliseconds. */
const READ_DEADLINE_MS = 5000;
/** Writing `run` waits for ksmd's present batch, and a restore writes several knobs. */
const CHANGE_DEADLINE_MS = 30_000;

export interface AgentFlags {
  readonly address?: string | undefined;
  readonly stateDir?: string | undefined;
}

export function addAgentOptions(command: Command): Command {
  return command
    .option(
      '--address <host:port>',
      `the agent's gRPC address (default: its Unix socket if this user may use it, else ${DEFAULT_ADDRESS})`,
      checkAddress,
    )
    .option('--state-dir <dir>', "the agent's state folder, with its socket and token");
}

function checkAddress(text: string): string {
  if (text.startsWith('unix:/')) return text;
  try {
    return formatAddress(parseAddress(text));
  } catch {
    throw new InvalidArgumentError('It must be HOST:PORT, [V6]:PORT or unix:/PATH.');
  }
}

/** The gRPC target for the flags: what --address says; the Unix socket where this user may use it; loopback. */
export function chooseTarget({ address, stateDir }: AgentFlags): string {
  if (address !== undefined) return address;
  const socket = socketIn(stateDir ?? defaultStateDir());
  // Who names a folder means that agent, not whichever listens on the usual port.
  if (stateDir !== undefined) return `unix:${socket}`;
  try {
    accessSync(socket, constants.R_OK | constants.W_OK);
    return `unix:${socket}`;
  } catch {
    return DEFAULT_ADDRESS;
  }
}

/** One connection to an agent. Every method rejects with a catalogued error. */
export class AgentClient {
  readonly target: string;
  readonly #stateDir: string;
  readonly #client: KsmpilotClient;

  constructor(flags: AgentFlags) {
    this.target = chooseTarget(flags);
    this.#stateDir = flags.stateDir ?? defaultStateDir();
    const Client = loadService();
    // A proxy from the environment must not stand between this command and its own host.
    this.#client = new Client(this.target, credentials.createInsecure(), {
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
    const stream = this.#client.streamSamples({ look_back_sec: options.lookBackSec, with_processes: true });
    const end = (): void => stream.cancel();
    options.signal.addEventListener('abort', end, { once: true });
    try {
      if (options.signal.aborted) return;
      for await (const frame of stream) yield frame as SampleFrame__Output;
    } catch (error) {
      if (!options.signal.aborted) throw toKsmpilotError(error as ServiceError, this.target);
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

  #read<Answer>(start: UnaryStart<Answer>): Promise<Answer> {
    return this.#call(start, new Metadata(), READ_DEADLINE_MS);
  }

  async #change<Answer>(start: UnaryStart<Answer>): Promise<Answer> {
    const metadata = new Metadata();
    metadata.set('authorization', `Bearer ${readToken(this.#stateDir)}`);
    return this.#call(start, metadata, CHANGE_DEADLINE_MS);
  }

  #call<Answer>(start: UnaryStart<Answer>, metadata: Metadata, deadlineMs: number): Promise<Answer> {
    return new Promise((resolve, reject) => {
      start(metadata, { deadline: Date.now() + deadlineMs }, (error, answer) => {
        if (error === null && answer !== undefined) resolve(answer);
        else reject(toKsmpilotError(error, this.target));
      });
    });
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

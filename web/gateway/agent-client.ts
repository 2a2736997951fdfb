/**
 * A gRPC client of one agent. What a browser brings is passed on as it is; the target's own token, where there is one,
 * is for reading alone.
 */

import { join } from 'node:path';
import {
  Metadata,
  credentials,
  loadPackageDefinition,
  type CallOptions,
  type ClientReadableStream,
  type ClientUnaryCall,
  type requestCallback,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import type { ProtoGrpcType } from '../../proto/generated/ksmpilot.js';
import type { EventFrame__Output } from '../../proto/generated/ksmpilot/v1/EventFrame.js';
import type { EventList__Output } from '../../proto/generated/ksmpilot/v1/EventList.js';
import type { GetHistoryRequest } from '../../proto/generated/ksmpilot/v1/GetHistoryRequest.js';
import type { GuestList__Output } from '../../proto/generated/ksmpilot/v1/GuestList.js';
import type { GuestMap__Output } from '../../proto/generated/ksmpilot/v1/GuestMap.js';
import type { GuestMergeReport__Output } from '../../proto/generated/ksmpilot/v1/GuestMergeReport.js';
import type { GuestWhy__Output } from '../../proto/generated/ksmpilot/v1/GuestWhy.js';
import type { History__Output } from '../../proto/generated/ksmpilot/v1/History.js';
import type { Host__Output } from '../../proto/generated/ksmpilot/v1/Host.js';
import type { Identity__Output } from '../../proto/generated/ksmpilot/v1/Identity.js';
import type { KsmpilotClient } from '../../proto/generated/ksmpilot/v1/Ksmpilot.js';
import type { ListEventsRequest } from '../../proto/generated/ksmpilot/v1/ListEventsRequest.js';
import type { Mode } from '../../proto/generated/ksmpilot/v1/Mode.js';
import type { ProcessList__Output } from '../../proto/generated/ksmpilot/v1/ProcessList.js';
import type { RestoreReport__Output } from '../../proto/generated/ksmpilot/v1/RestoreReport.js';
import type { SampleFrame__Output } from '../../proto/generated/ksmpilot/v1/SampleFrame.js';
import type { SetGuestMergeRequest } from '../../proto/generated/ksmpilot/v1/SetGuestMergeRequest.js';
import type { Settings__Output } from '../../proto/generated/ksmpilot/v1/Settings.js';
import type { Status__Output } from '../../proto/generated/ksmpilot/v1/Status.js';
import type { Tuner__Output } from '../../proto/generated/ksmpilot/v1/Tuner.js';
import type { TunerSettings } from '../../proto/generated/ksmpilot/v1/TunerSettings.js';
import type { WhatIfReport__Output } from '../../proto/generated/ksmpilot/v1/WhatIfReport.js';
import type { WhatIfRequest } from '../../proto/generated/ksmpilot/v1/WhatIfRequest.js';
import { isLoopback, parseHostPort } from './address.js';
import type { AgentTarget } from './agent-target.js';
import { secureChannel } from './secure-channel.js';

export interface AgentClientOptions {
  readonly target: Omit<AgentTarget, 'name'>;
  /** The folder that holds ksmpilot/v1/ksmpilot.proto. */
  readonly protoDir: string;
}

/** 16,384 guests with the longest of names, the most that an agent tells apart, are some 15 MB; gRPC's own limit is 4. */
const MAX_ANSWER_BYTES = 32 * 1024 * 1024;
const DEADLINE_MS = {
  /** Answered from memory. */
  read: 5_000,
  /** Answered from the disk. */
  history: 15_000,
  /** Looks at the guest's memory, after two others perhaps; the agent itself gives up after 120 s. */
  guest: 130_000,
  /** Replays up to a day. */
  whatIf: 60_000,
  /** Leaving auto writes knobs, and a write to `run` waits for a batch. */
  change: 30_000,
  /** Taking a guest's memory back copies it. */
  merge: 300_000,
} as const;

type Start<Answer> = (metadata: Metadata, options: CallOptions, done: requestCallback<Answer>) => ClientUnaryCall;

/** `Bearer TOKEN` of who asks; undefined: nobody in particular. */
export type Authorization = string | undefined;

export class AgentClient {
  readonly #options: AgentClientOptions;
  #client: KsmpilotClient | undefined;

  constructor(options: AgentClientOptions) {
    this.#options = options;
  }

  /** Reads the contract and makes the channel; connects with the first call. Throws where the .proto cannot be read. */
  start(): void {
    const { protoDir, target } = this.#options;
    const definition = loadSync(join(protoDir, 'ksmpilot', 'v1', 'ksmpilot.proto'), {
      includeDirs: [protoDir],
      keepCase: true,
      longs: Number,
      enums: String,
      defaults: true,
      oneofs: false,
      arrays: true,
    });
    const { ksmpilot } = loadPackageDefinition(definition) as unknown as ProtoGrpcType;
    const { credentials, options } = channelTo(target);
    this.#client = new ksmpilot.v1.Ksmpilot(target.address, credentials, {
      ...options,
      // An agent on this host is back within a second or two of its end; one that is away for long is asked rarely.
      'grpc.initial_reconnect_backoff_ms': 250,
      'grpc.min_reconnect_backoff_ms': 250,
      'grpc.max_reconnect_backoff_ms': 2_000,
      // A host that vanished without a word is noticed, and not only by the next question.
      'grpc.keepalive_time_ms': 20_000,
      'grpc.keepalive_timeout_ms': 10_000,
      'grpc.enable_http_proxy': 0,
      'grpc.max_receive_message_length': MAX_ANSWER_BYTES,
    });
  }

  stop(): void {
    this.#client?.close();
    this.#client = undefined;
  }

  host(who: Authorization): Promise<Host__Output> {
    return this.#read(who, 'read', (...how) => this.#connected.GetHost({}, ...how));
  }

  status(who: Authorization): Promise<Status__Output> {
    return this.#read(who, 'read', (...how) => this.#connected.GetStatus({}, ...how));
  }

  /** With the newest `decisions` decisions; 1 to 1000. */
  tuner(who: Authorization, decisions: number): Promise<Tuner__Output> {
    return this.#read(who, 'read', (...how) => this.#connected.GetTuner({ decisions }, ...how));
  }

  processes(who: Authorization): Promise<ProcessList__Output> {
    return this.#read(who, 'read', (...how) => this.#connected.ListProcesses({}, ...how));
  }

  guests(who: Authorization): Promise<GuestList__Output> {
    return this.#read(who, 'read', (...how) => this.#connected.ListGuests({}, ...how));
  }

  settings(who: Authorization): Promise<Settings__Output> {
    return this.#read(who, 'read', (...how) => this.#connected.GetSettings({}, ...how));
  }

  history(who: Authorization, request: GetHistoryRequest): Promise<History__Output> {
    return this.#read(who, 'history', (...how) => this.#connected.GetHistory(request, ...how));
  }

  pastEvents(who: Authorization, request: ListEventsRequest): Promise<EventList__Output> {
    return this.#read(who, 'history', (...how) => this.#connected.ListEvents(request, ...how));
  }

  whyGuest(who: Authorization, guest: string): Promise<GuestWhy__Output> {
    return this.#read(who, 'guest', (...how) => this.#connected.WhyGuest({ guest }, ...how));
  }

  mapGuest(who: Authorization, guest: string): Promise<GuestMap__Output> {
    return this.#read(who, 'guest', (...how) => this.#connected.MapGuest({ guest }, ...how));
  }

  whatIf(who: Authorization, request: WhatIfRequest): Promise<WhatIfReport__Output> {
    return this.#read(who, 'whatIf', (...how) => this.#connected.WhatIf(request, ...how));
  }

  /** What this token allows; the target's own token does not stand in for it. */
  whoAmI(who: string): Promise<Identity__Output> {
    return this.#change(who, 'read', (...how) => this.#connected.WhoAmI({}, ...how));
  }

  setMode(who: string, mode: Mode): Promise<Tuner__Output> {
    return this.#change(who, 'change', (...how) => this.#connected.SetMode({ mode }, ...how));
  }

  pause(who: string): Promise<Tuner__Output> {
    return this.#change(who, 'change', (...how) => this.#connected.Pause({}, ...how));
  }

  resume(who: string): Promise<Tuner__Output> {
    return this.#change(who, 'change', (...how) => this.#connected.Resume({}, ...how));
  }

  restore(who: string): Promise<RestoreReport__Output> {
    return this.#change(who, 'change', (...how) => this.#connected.Restore({}, ...how));
  }

  updateSettings(who: string, tuner: TunerSettings): Promise<Settings__Output> {
    return this.#change(who, 'change', (...how) => this.#connected.UpdateSettings({ tuner }, ...how));
  }

  setGuestMerge(who: string, request: SetGuestMergeRequest): Promise<GuestMergeReport__Output> {
    return this.#change(who, 'merge', (...how) => this.#connected.SetGuestMerge(request, ...how));
  }

  samples(who: Authorization, lookBackSec: number): ClientReadableStream<SampleFrame__Output> {
    return this.#connected.StreamSamples({ look_back_sec: lookBackSec, with_processes: false }, this.#reading(who));
  }

  events(who: Authorization, lookBackSec: number): ClientReadableStream<EventFrame__Output> {
    return this.#connected.StreamEvents({ look_back_sec: lookBackSec, kinds: [] }, this.#reading(who));
  }

  get #connected(): KsmpilotClient {
    if (this.#client === undefined) throw new Error('the gateway is not started');
    return this.#client;
  }

  #read<Answer>(who: Authorization, kind: keyof typeof DEADLINE_MS, start: Start<Answer>): Promise<Answer> {
    return unary(this.#reading(who), DEADLINE_MS[kind], start);
  }

  #change<Answer>(who: string, kind: keyof typeof DEADLINE_MS, start: Start<Answer>): Promise<Answer> {
    return unary(bearing(who), DEADLINE_MS[kind], start);
  }

  #reading(who: Authorization): Metadata {
    const { token } = this.#options.target;
    return bearing(who ?? (token === undefined ? undefined : `Bearer ${token}`));
  }
}

/** TLS to other hosts, always: no token goes over the network in plain text. */
function channelTo({
  address,
  tls,
}: Omit<AgentTarget, 'name'>): Pick<ReturnType<typeof secureChannel>, 'credentials' | 'options'> {
  const isHere = address.startsWith('unix:') || isLoopback(parseHostPort(address).host);
  if (tls === undefined && isHere) return { credentials: credentials.createInsecure(), options: {} };
  return secureChannel(address, tls ?? {});
}

function unary<Answer>(metadata: Metadata, deadlineMs: number, start: Start<Answer>): Promise<Answer> {
  return new Promise((resolve, reject) => {
    start(metadata, { deadline: Date.now() + deadlineMs }, (error, value) => {
      if (error !== null) reject(error);
      else if (value === undefined) reject(new Error('the agent answered nothing'));
      else resolve(value);
    });
  });
}

function bearing(authorization: Authorization): Metadata {
  const metadata = new Metadata();
  if (authorization !== undefined) metadata.set('authorization', authorization);
  return metadata;
}

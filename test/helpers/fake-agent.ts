/** A gRPC server that answers like an agent, with the frames of fake-frames.ts; for tests without a kernel. */

import { join } from 'node:path';
import {
  Metadata,
  Server,
  ServerCredentials,
  loadPackageDefinition,
  status,
  type ServerUnaryCall,
  type ServerWritableStream,
  type UntypedServiceImplementation,
  type sendUnaryData,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import type { ProtoGrpcType } from '../../proto/generated/ksmpilot.js';
import type { EventFrame } from '../../proto/generated/ksmpilot/v1/EventFrame.js';
import type { SampleFrame } from '../../proto/generated/ksmpilot/v1/SampleFrame.js';
import type { SetModeRequest__Output } from '../../proto/generated/ksmpilot/v1/SetModeRequest.js';
import type { StreamSamplesRequest__Output } from '../../proto/generated/ksmpilot/v1/StreamSamplesRequest.js';
import type { Tuner } from '../../proto/generated/ksmpilot/v1/Tuner.js';
import { guestsAt } from './fake-guests.js';
import { BASELINE, decisionsAt, eventsAt, frameAt, hostOf, processesAt, type Profile } from './fake-frames.js';

export interface FakeAgentOptions {
  /** 0: any. */
  readonly port?: number;
  readonly token?: string;
  /** How long ago it started, seconds: so much history there is. */
  readonly historySec?: number;
  /** Seconds of history, counted from the start, that were not sampled. */
  readonly gap?: { readonly fromSec: number; readonly toSec: number };
  readonly intervalMs?: number;
  readonly profile?: Profile;
  /** Buckets of the histogram in each frame; many make a frame heavy. */
  readonly buckets?: number;
}

/** Frames that wait for one slow reader. */
const OUTBOX = 8;

export const PROTO_DIR = join(import.meta.dirname, '..', '..', 'proto');

export class FakeAgent {
  readonly #options: Required<Omit<FakeAgentOptions, 'gap'>> & Pick<FakeAgentOptions, 'gap'>;
  readonly #server = new Server();
  readonly #listeners = new Set<(frame: SampleFrame) => void>();
  readonly #startedMs: number;
  #timer: NodeJS.Timeout | undefined;
  #seq = 0;
  #mode: Tuner['mode'] = 'MODE_AUTO';
  #paused = false;
  /** `authorization` of each call that changes the host. */
  readonly authorizations: string[] = [];
  /** Most frames that ever waited for one reader. */
  longestOutbox = 0;
  /** `look_back_sec` of each StreamSamples. */
  readonly lookBacks: number[] = [];

  constructor(options: FakeAgentOptions = {}) {
    this.#options = {
      port: 0,
      token: 'secret',
      historySec: 900,
      intervalMs: 1_000,
      profile: 'full',
      buckets: 0,
      ...options,
    };
    this.#startedMs = Date.now() - this.#options.historySec * 1_000;
  }

  get readers(): number {
    return this.#listeners.size;
  }

  /** Resolves to the port. */
  async start(): Promise<number> {
    const definition = loadSync(join(PROTO_DIR, 'ksmpilot', 'v1', 'ksmpilot.proto'), {
      includeDirs: [PROTO_DIR],
      keepCase: true,
      longs: Number,
      enums: String,
      defaults: true,
    });
    const { ksmpilot } = loadPackageDefinition(definition) as unknown as ProtoGrpcType;
    this.#server.addService(ksmpilot.v1.Ksmpilot.service, this.#implementation());
    const port = await new Promise<number>((resolve, reject) => {
      this.#server.bindAsync(`127.0.0.1:${this.#options.port}`, ServerCredentials.createInsecure(), (error, bound) =>
        error === null ? resolve(bound) : reject(error),
      );
    });
    this.#timer = setInterval(() => this.#tick(), this.#options.intervalMs);
    return port;
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#server.forceShutdown();
  }

  #tick(): void {
    const frame = this.#frame(Date.now());
    for (const listener of this.#listeners) listener(frame);
  }

  #frame(timeMs: number): SampleFrame {
    const { profile, buckets } = this.#options;
    const frame = frameAt(this.#seq++, timeMs, this.#sec(timeMs), profile);
    if (buckets === 0) return frame;
    const many = Array.from({ length: buckets }, (_, index) => ({
      lower_ms: index,
      upper_ms: index + 1,
      count: index,
    }));
    return { ...frame, merge_lifetime: many };
  }

  #sec(timeMs: number): number {
    return (timeMs - this.#startedMs) / 1_000;
  }

  #history(lookBackSec: number): SampleFrame[] {
    const { gap } = this.#options;
    const now = Date.now();
    const frames: SampleFrame[] = [];
    for (let sec = 0; sec < this.#sec(now) - 1; sec += 1) {
      const timeMs = this.#startedMs + sec * 1_000;
      if (timeMs < now - lookBackSec * 1_000) continue;
      if (gap !== undefined && sec >= gap.fromSec && sec < gap.toSec) continue;
      frames.push(this.#frame(timeMs));
    }
    return frames;
  }

  #tuner(): Tuner {
    return {
      mode: this.#mode,
      paused: this.#paused,
      decisions: decisionsAt(this.#startedMs, this.#sec(Date.now())),
      settings: { gib_per_core: 8, max_cpu_pct: 25 },
      ...(this.#options.profile !== 'bare' && { baseline: BASELINE }),
    };
  }

  #implementation(): UntypedServiceImplementation {
    const { profile } = this.#options;
    const answer =
      (make: () => object) =>
      (_call: unknown, done: sendUnaryData<object>): void =>
        done(null, make());
    return {
      GetHost: answer(() => hostOf(this.#startedMs, profile)),
      GetStatus: answer(() => ({
        mode: this.#mode,
        paused: this.#paused,
        sample: this.#frame(Date.now()),
        ...(profile !== 'bare' && { baseline: BASELINE }),
        probes: hostOf(this.#startedMs, profile).probes,
      })),
      GetTuner: answer(() => this.#tuner()),
      ListProcesses: answer(() => ({
        time_ms: Date.now(),
        processes: processesAt(this.#sec(Date.now()), profile),
      })),
      ListGuests: answer(() => guestsAt(Date.now(), this.#sec(Date.now()), profile)),
      SetMode: this.#changing((call: ServerUnaryCall<SetModeRequest__Output, object>) => {
        this.#mode = call.request.mode;
        return this.#tuner();
      }),
      Pause: this.#changing(() => {
        this.#paused = true;
        return this.#tuner();
      }),
      Resume: this.#changing(() => {
        this.#paused = false;
        return this.#tuner();
      }),
      StreamSamples: (call: ServerWritableStream<StreamSamplesRequest__Output, SampleFrame>) => {
        this.#streamSamples(call);
      },
      StreamEvents: (call: ServerWritableStream<object, EventFrame>) => {
        for (const event of eventsAt(this.#startedMs, this.#sec(Date.now()))) call.write(event);
        this.#modeStreams.add(call);
        call.on('cancelled', () => this.#modeStreams.delete(call));
      },
    };
  }

  readonly #modeStreams = new Set<ServerWritableStream<object, EventFrame>>();

  #changing<Request>(change: (call: ServerUnaryCall<Request, object>) => object) {
    return (call: ServerUnaryCall<Request, object>, done: sendUnaryData<object>): void => {
      const authorization = String(call.metadata.get('authorization')[0] ?? '');
      this.authorizations.push(authorization);
      if (authorization !== `Bearer ${this.#options.token}`) {
        const metadata = new Metadata();
        metadata.set('ksmpilot-code', 'TOKEN_MISSING');
        const details = 'TOKEN_MISSING: the token is wrong Hint: Look at what `ksmpilot run` printed.';
        done({ code: status.UNAUTHENTICATED, details, metadata });
        return;
      }
      const answer = change(call);
      done(null, answer);
      const time_ms = Date.now();
      for (const stream of this.#modeStreams) {
        stream.write({ seq: 9_999, time_ms, kind: 'EVENT_KIND_MODE', text: 'The mode was changed.', mode: this.#mode });
      }
    };
  }

  /** As the real service: history, then live; a slow reader loses the oldest of a bounded outbox, counted. */
  #streamSamples(call: ServerWritableStream<StreamSamplesRequest__Output, SampleFrame>): void {
    const { look_back_sec: lookBackSec } = call.request;
    this.lookBacks.push(lookBackSec);
    const history = this.#history(lookBackSec);
    const outbox: SampleFrame[] = [];
    let dropped = 0;
    let isBlocked = false;
    const flush = (): void => {
      while (!isBlocked) {
        const frame = history.shift() ?? outbox.shift();
        if (frame === undefined) return;
        isBlocked = !call.write({ ...frame, dropped });
      }
    };
    const take = (frame: SampleFrame): void => {
      if (outbox.push(frame) > OUTBOX) {
        outbox.shift();
        dropped += 1;
      }
      this.longestOutbox = Math.max(this.longestOutbox, outbox.length);
      flush();
    };
    call.on('drain', () => {
      isBlocked = false;
      flush();
    });
    call.on('cancelled', () => this.#listeners.delete(take));
    this.#listeners.add(take);
    flush();
  }
}

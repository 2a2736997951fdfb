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
import type { Guest } from '../../proto/generated/ksmpilot/v1/Guest.js';
import type { GuestList } from '../../proto/generated/ksmpilot/v1/GuestList.js';
import type { GetHistoryRequest__Output } from '../../proto/generated/ksmpilot/v1/GetHistoryRequest.js';
import type { GuestRequest__Output } from '../../proto/generated/ksmpilot/v1/GuestRequest.js';
import type { ListEventsRequest__Output } from '../../proto/generated/ksmpilot/v1/ListEventsRequest.js';
import type { SampleFrame } from '../../proto/generated/ksmpilot/v1/SampleFrame.js';
import type { SetGuestMergeRequest__Output } from '../../proto/generated/ksmpilot/v1/SetGuestMergeRequest.js';
import type { SetModeRequest__Output } from '../../proto/generated/ksmpilot/v1/SetModeRequest.js';
import type { StreamSamplesRequest__Output } from '../../proto/generated/ksmpilot/v1/StreamSamplesRequest.js';
import type { Tuner } from '../../proto/generated/ksmpilot/v1/Tuner.js';
import type { TunerSettings } from '../../proto/generated/ksmpilot/v1/TunerSettings.js';
import type { UpdateSettingsRequest__Output } from '../../proto/generated/ksmpilot/v1/UpdateSettingsRequest.js';
import type { WhatIfRequest__Output } from '../../proto/generated/ksmpilot/v1/WhatIfRequest.js';
import { FAKE_CONFIG, FAKE_SETTINGS, mapOf, mergeReportOf, whatIfOf, whyOf } from './fake-answers.js';
import { guestsAt } from './fake-guests.js';
import { historyOf, pastEvents, type FakePast } from './fake-history.js';
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
  /** Seconds of history before its start; 0: no history is kept. */
  readonly pastSec?: number;
  /** Buckets of the histogram in each frame; many make a frame heavy. */
  readonly buckets?: number;
  /** In place of those of fake-guests.ts; a function is given the time and the seconds since the agent's start. */
  readonly guests?: GuestList | ((timeMs: number, sec: number) => GuestList);
  readonly hostname?: string;
  /** Makes another host of it: what each frame becomes. */
  readonly change?: (frame: SampleFrame) => SampleFrame;
  /** What its token allows. */
  readonly role?: 'ROLE_VIEW' | 'ROLE_TUNE';
  /** False: an agent that does not know the call. */
  readonly knowsWhoAmI?: boolean;
}

/** Frames that wait for one slow reader. */
const OUTBOX = 8;

export const PROTO_DIR = join(import.meta.dirname, '..', '..', 'proto');

export class FakeAgent {
  readonly #options: Required<Omit<FakeAgentOptions, 'gap' | 'guests'>> & Pick<FakeAgentOptions, 'gap' | 'guests'>;
  readonly #server = new Server();
  readonly #listeners = new Set<(frame: SampleFrame) => void>();
  readonly #startedMs: number;
  #timer: NodeJS.Timeout | undefined;
  #seq = 0;
  #mode: Tuner['mode'] = 'MODE_AUTO';
  #paused = false;
  #isHeld = false;
  #settings: TunerSettings = FAKE_SETTINGS;
  /** What SetGuestMerge made of guests, by key. */
  readonly #merges = new Map<string, 'on' | 'off'>();
  /** `authorization` of each call that changes the host. */
  readonly authorizations: string[] = [];
  /** What reads of the host and its status bore as `authorization`; empty: nothing. */
  readonly borne = new Set<string>();
  /** How often WhoAmI was called. */
  asked = 0;
  /** How often GetStatus was called. */
  looked = 0;
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
      pastSec: 0,
      hostname: 'hv-7',
      change: (frame) => frame,
      role: 'ROLE_TUNE',
      knowsWhoAmI: true,
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

  /** Sends no more frames, or sends them again. */
  hold(isHeld: boolean): void {
    this.#isHeld = isHeld;
  }

  #tick(): void {
    if (this.#isHeld) return;
    const frame = this.#frame(Date.now());
    for (const listener of this.#listeners) listener(frame);
  }

  #frame(timeMs: number): SampleFrame {
    const { profile, buckets, change } = this.#options;
    const frame = change(frameAt(this.#seq++, timeMs, this.#sec(timeMs), profile));
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
    const decisions = decisionsAt(this.#startedMs, this.#sec(Date.now()));
    return {
      mode: this.#mode,
      paused: this.#paused,
      decisions,
      settings: this.#settings,
      phases: ['learning', 'burst', 'probe', 'track', 'hold', 'stop', 'hands-off', 'paused'].map((phase) => {
        const count = decisions.filter((decision) => decision.phase === phase).length;
        return { phase, decisions: count, written: count };
      }),
      expectations_held: decisions.filter(({ outcome }) => outcome?.held === true).length,
      expectations_missed: decisions.filter(({ outcome }) => outcome?.held === false).length,
      ...(this.#options.profile !== 'bare' && { baseline: BASELINE }),
    };
  }

  #guests(): GuestList {
    const [timeMs, sec] = [Date.now(), this.#sec(Date.now())];
    const { guests = guestsAt(timeMs, sec, this.#options.profile) } = this.#options;
    const list = typeof guests === 'function' ? guests(timeMs, sec) : guests;
    if (this.#merges.size === 0) return list;
    const switched = (list.guests ?? []).map((guest) => {
      const merge = this.#merges.get(guest.key ?? '');
      return merge === undefined ? guest : { ...guest, merge };
    });
    return { ...list, guests: switched };
  }

  #ofGuest(make: (guest: Guest) => object) {
    return (call: ServerUnaryCall<GuestRequest__Output, object>, done: sendUnaryData<object>): void => {
      this.borne.add(String(call.metadata.get('authorization')[0] ?? ''));
      const guest = this.#guests().guests?.find(({ key }) => key === call.request.guest);
      if (guest !== undefined) {
        done(null, make(guest));
        return;
      }
      const metadata = new Metadata();
      metadata.set('ksmpilot-code', 'GUEST_ABSENT');
      done({ code: status.NOT_FOUND, details: 'GUEST_ABSENT: no guest of this host is called that', metadata });
    };
  }

  #ofPast<Request>(answer: (past: FakePast, request: Request) => object) {
    return (call: ServerUnaryCall<Request, object>, done: sendUnaryData<object>): void => {
      const { pastSec, profile } = this.#options;
      if (pastSec > 0) {
        done(null, answer({ startedMs: this.#startedMs, pastSec, profile }, call.request));
        return;
      }
      const metadata = new Metadata();
      metadata.set('ksmpilot-code', 'HISTORY_OFF');
      metadata.set('ksmpilot-hint', 'Set history.enabled in its configuration.');
      done({ code: status.UNAVAILABLE, details: 'HISTORY_OFF: the agent keeps no history', metadata });
    };
  }

  #implementation(): UntypedServiceImplementation {
    const { profile } = this.#options;
    const answer =
      (make: () => object) =>
      (call: ServerUnaryCall<object, object>, done: sendUnaryData<object>): void => {
        this.borne.add(String(call.metadata.get('authorization')[0] ?? ''));
        done(null, make());
      };
    return {
      GetHost: answer(() => ({ ...hostOf(this.#startedMs, profile), hostname: this.#options.hostname })),
      ...(this.#options.knowsWhoAmI && { WhoAmI: this.#whoAmI() }),
      GetStatus: answer(() => ({
        mode: this.#mode,
        paused: this.#paused,
        sample: this.#looked(),
        ...(profile !== 'bare' && { baseline: BASELINE }),
        probes: hostOf(this.#startedMs, profile).probes,
      })),
      GetTuner: answer(() => this.#tuner()),
      ListProcesses: answer(() => ({
        time_ms: Date.now(),
        processes: processesAt(this.#sec(Date.now()), profile),
      })),
      ListGuests: answer(() => this.#guests()),
      GetHistory: this.#ofPast((past, request: GetHistoryRequest__Output) => historyOf(past, request, Date.now())),
      ListEvents: this.#ofPast((past, request: ListEventsRequest__Output) => pastEvents(past, request, Date.now())),
      WhyGuest: this.#ofGuest((guest) => whyOf(guest, Date.now())),
      MapGuest: this.#ofGuest((guest) => mapOf(guest, Date.now())),
      WhatIf: (call: ServerUnaryCall<WhatIfRequest__Output, object>, done: sendUnaryData<object>) => {
        done(null, whatIfOf(call.request.look_back_sec));
      },
      GetSettings: answer(() => ({ tuner: this.#settings, config_json: JSON.stringify(FAKE_CONFIG) })),
      UpdateSettings: this.#changing((call: ServerUnaryCall<UpdateSettingsRequest__Output, object>) => {
        this.#settings = { ...this.#settings, ...call.request.tuner };
        return { tuner: this.#settings, config_json: JSON.stringify(FAKE_CONFIG) };
      }),
      Restore: this.#changing(() => {
        this.#mode = 'MODE_OBSERVE';
        return { restored: [{ knob: 'pages_to_scan', from: '480', to: '100' }], left: [], failed: [] };
      }),
      SetGuestMerge: this.#changing(({ request }: ServerUnaryCall<SetGuestMergeRequest__Output, object>) => {
        const guest = this.#guests().guests?.find(({ key }) => key === request.guest) ?? {};
        const merge =
          request.merge === 'GUEST_MERGE_OFF' ? 'off' : request.merge === 'GUEST_MERGE_ON' ? 'on' : 'restore';
        const report = mergeReportOf(guest, merge, !request.dry_run);
        if (report.changed === true && merge !== 'restore') this.#merges.set(request.guest, merge);
        return report;
      }),
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

  #looked(): SampleFrame {
    this.looked += 1;
    return this.#frame(Date.now());
  }

  #whoAmI() {
    return (call: ServerUnaryCall<object, object>, done: sendUnaryData<object>): void => {
      this.asked += 1;
      if (String(call.metadata.get('authorization')[0] ?? '') === `Bearer ${this.#options.token}`) {
        done(null, { role: this.#options.role, name: '' });
        return;
      }
      done(wrongToken());
    };
  }

  readonly #modeStreams = new Set<ServerWritableStream<object, EventFrame>>();

  #changing<Request>(change: (call: ServerUnaryCall<Request, object>) => object) {
    return (call: ServerUnaryCall<Request, object>, done: sendUnaryData<object>): void => {
      const authorization = String(call.metadata.get('authorization')[0] ?? '');
      this.authorizations.push(authorization);
      if (authorization !== `Bearer ${this.#options.token}`) {
        done(wrongToken());
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

function wrongToken(): { code: status; details: string; metadata: Metadata } {
  const metadata = new Metadata();
  metadata.set('ksmpilot-code', 'TOKEN_MISSING');
  const details = 'TOKEN_MISSING: the token is wrong Hint: Look at what `ksmpilot run` printed.';
  return { code: status.UNAUTHENTICATED, details, metadata };
}

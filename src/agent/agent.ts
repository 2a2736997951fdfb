import { performance } from 'node:perf_hooks';
import { accessControl } from './access-control.js';
import { BaselineStore } from './baseline.js';
import { AgentView } from './agent-view.js';
import type { Config } from './config.js';
import { formatError, KsmpilotError } from './errors.js';
import { EventLog } from './event-log.js';
import { guestParts } from './guest-parts.js';
import type { GuestPolicy } from './guest-policy.js';
import { GuestWatch } from './guest-watch.js';
import { History } from './history.js';
import { type HostFacts, readHostFacts } from './kernel/host-facts.js';
import { KernelReader } from './kernel/kernel-reader.js';
import { KsmWriter } from './kernel/ksm-writer.js';
import { readVmstat } from './kernel/vmstat.js';
import { type KnobClaim, KnobDesk } from './knob-desk.js';
import { AgentLock } from './lock.js';
import { Past } from './past.js';
import type { Log } from './log.js';
import type { Point } from './model/derived.js';
import { eventText } from './model/event-text.js';
import { observe } from './model/observe.js';
import type { ProbeEvent, ProbeSource } from './model/probe.js';
import { ProbeLog } from './probe-log.js';
import { ProbeHub } from './probes/hub.js';
import { noProbes } from './probes/no-probes.js';
import { type Listening, RpcServer } from './rpc/server.js';
import { socketIn } from './rpc/unix-socket.js';
import { RivalWatch } from './rival-watch.js';
import { Sampler } from './sampler.js';
import { ensureStateDir, knobDir } from './state-dir.js';
import { SideChannelWatch } from './side-channel/watch.js';
import { Ticker } from './ticker.js';
import { createToken, removeToken } from './token.js';

/** Merges that ended within this time tell how long merges live nowadays. */
const LIFETIMES_OVER_MS = 300_000;

/**
 * Mergeable pages that a host has at least before long, though it may have none when the agent starts: 256 MiB, one
 * small guest. Too low an estimate costs a restart of the probes a minute later.
 */
const LEAST_PAGES_EXPECTED = 65_536;

export interface AgentOptions {
  readonly config: Config;
  readonly log: Log;
  /** Told of each sample once the agent has dealt with it: a sign of life. */
  readonly onSample?: ((point: Point) => void) | undefined;
}

/** What a caller needs to reach a started agent. */
export interface AgentAccess extends Listening {
  readonly token: string;
  readonly stateDir: string;
}

/**
 * The probes tell their counts once a second, one program after the other: a sample is taken when all have told. One that
 * comes just before them tells what is a second old; on a busy host they come some ten milliseconds sooner or later.
 */
const FRAME_MS = 1_000;
const AFTER_FRAME_MS = 100;

/** The agent's own lock is in the same folder, so it holds the claim as long as it runs. */
const HELD_ALREADY: KnobClaim = { acquire: () => Promise.resolve(), release: () => undefined };

const KNOBS = 'auto mode';
const KNOBS_AGAIN = 'auto mode, second try';

interface Parts {
  readonly facts: HostFacts;
  readonly probes: ProbeSource;
  readonly desk: KnobDesk;
  readonly sampler: Sampler;
  readonly guests: GuestWatch;
  readonly sideChannel: SideChannelWatch;
  readonly policy: GuestPolicy;
}

/** The whole agent: wires readers, probes, tuner and services together, and starts and stops them in order. */
export class Agent {
  readonly #config: Config;
  readonly #log: Log;
  readonly #onSample: AgentOptions['onSample'];
  readonly #history: History;
  readonly #events: EventLog;
  readonly #now = Date.now;
  readonly #monoMs = (): number => performance.now();
  /** Undone in reverse order by `stop`. */
  readonly #started: { readonly name: string; readonly stop: () => void | Promise<void> }[] = [];
  #parts: Parts | undefined;
  #ticker: Ticker | undefined;
  readonly #rivals: RivalWatch;
  readonly #probeLog: ProbeLog;
  /** The last point from which the tuner could be told; it ages while readings fail, and the tuner notices. */
  #lastWhole: Point | undefined;

  constructor({ config, log, onSample }: AgentOptions) {
    this.#config = config;
    this.#log = log;
    this.#onSample = onSample;
    this.#history = new History(config);
    this.#events = new EventLog({ now: this.#now });
    this.#rivals = new RivalWatch({ log });
    this.#probeLog = new ProbeLog({ log });
  }

  /**
   * Resolves when samples flow and the services listen; the probes come up meanwhile.
   *
   * @throws KsmpilotError KSM_ABSENT, AGENT_RUNNING, PORT_IN_USE, MODE_REFUSED, ...; everything begun is undone
   */
  async start(): Promise<AgentAccess> {
    try {
      return await this.#start();
    } catch (error) {
      // What fails now was logged; why the start failed is what the caller must hear.
      await this.stop().catch(() => undefined);
      throw error;
    }
  }

  /**
   * Restores the knobs first, then ends the rest; goes on when one part fails. Does nothing the second time.
   *
   * @throws the first failure, when all is ended; knobs that could not be put back are tried again at the very end
   */
  async stop(): Promise<void> {
    const failures = new Map<string, unknown>();
    for (let part = this.#started.pop(); part !== undefined; part = this.#started.pop()) {
      try {
        await part.stop();
        if (part.name === KNOBS_AGAIN) failures.delete(KNOBS);
      } catch (error) {
        this.#log.error(`stopping ${part.name} failed`, { error: formatError(error) });
        failures.set(part.name, error);
      }
    }
    for (const failure of failures.values()) throw failure;
  }

  async #start(): Promise<AgentAccess> {
    const config = this.#config;
    const facts = readHostFacts();
    if (!facts.ksmPresent) {
      throw new KsmpilotError('KSM_ABSENT', 'this kernel has no KSM: /sys/kernel/mm/ksm does not exist', {
        hint: 'boot a kernel with CONFIG_KSM=y (every distribution kernel has it); in a container, mount sysfs.',
      });
    }
    const stateDir = ensureStateDir(config.stateDir);
    const lock = new AgentLock({ stateDir });
    await lock.acquire();
    this.#onStop('the lock', () => lock.release());
    const token = createToken(stateDir);
    this.#onStop('the token', () => removeToken(stateDir));

    const probes = this.#makeProbes(facts);
    const knobs = ensureStateDir(knobDir(stateDir));
    const desk = new KnobDesk({
      writer: new KsmWriter(),
      store: new BaselineStore({ stateDir: knobs, bootId: facts.bootId ?? 'unknown' }),
      claim: knobs === stateDir ? HELD_ALREADY : new AgentLock({ stateDir: knobs }),
      settings: config.tuner,
      root: facts.root,
      now: this.#now,
      monoMs: this.#monoMs,
      log: this.#log,
      emit: (event) => this.#events.add(event),
    });
    const sampler = new Sampler({
      reader: new KernelReader(),
      probes,
      pageSize: facts.pageSize,
      gibPerCore: () => desk.pilot.settings.gibPerCore,
      now: this.#now,
      monoMs: this.#monoMs,
      log: this.#log,
    });
    const guests = new GuestWatch({
      pageSize: facts.pageSize,
      gibPerCore: () => desk.pilot.settings.gibPerCore,
      log: this.#log,
    });
    const sideChannel = new SideChannelWatch({
      enabled: config.sideChannel.enabled,
      probes: () => probes.snapshot(),
      table: () => guests.table,
      emit: (step) => {
        const event = { kind: 'side-channel', step } as const;
        this.#events.add(event);
        this.#log.warn(eventText(event), { guest: step.key });
      },
      kernelMs: () => Number(process.hrtime.bigint()) / 1e6,
      now: this.#now,
    });
    const guestWork = guestParts({
      config,
      facts,
      table: () => guests.table,
      pilot: desk.pilot,
      pointsSince: (sinceMs) => this.#history.since(sinceMs),
      stateDir: knobs,
      emit: (event) => this.#events.add(event),
      now: this.#now,
      monoMs: this.#monoMs,
      log: this.#log,
    });
    this.#parts = { facts, probes, desk, sampler, guests, sideChannel, policy: guestWork.policy };
    await desk.recover();
    // The last thing: without connections there are file descriptors again.
    this.#onStop(KNOBS_AGAIN, () => desk.leave());

    const past = new Past({ config, events: this.#events, log: this.#log });
    await past.start();
    this.#onStop('the history', () => past.stop());
    this.#history.listen((point) => past.add(point, guests.table));

    const rpc = new RpcServer({
      port: new AgentView({
        config,
        facts,
        probes,
        desk,
        history: this.#history,
        events: this.#events,
        rivals: this.#rivals,
        guests,
        past,
        sideChannel,
        guestCalls: guestWork.calls,
        steer: () => this.#steerNow(),
        startedMs: this.#now(),
      }),
      token,
      address: config.grpc.address,
      socketPath: config.grpc.socket ? socketIn(stateDir) : undefined,
      groupSocketPath: config.grpc.groupSocket,
      ...accessControl(config, { stateDir, auditDir: knobs, log: this.#log }),
      staleAfterMs: Math.max(10_000, config.intervalMs * 3),
      log: this.#log,
    });
    this.#tick();
    const listening = await rpc.start();
    this.#onStop('the gRPC services', () => rpc.stop());
    probes.onEvent((event) => this.#onProbeEvent(event));
    this.#onStop('the probes', () => probes.stop());
    void probes.start().catch((error: unknown) => {
      this.#log.error('the probes failed to start', { error: formatError(error) });
    });
    // After the knobs: guests take time, each.
    this.#onStop('the policy for guests', () => guestWork.policy.stop());
    this.#onStop(KNOBS, () => desk.leave());
    await desk.setMode(config.mode);
    guestWork.policy.start();
    this.#ticker = new Ticker({
      intervalMs: config.intervalMs,
      tick: () => this.#tick(),
      monoMs: this.#monoMs,
      paceMs: () => desk.pilot.paceMs,
    });
    this.#ticker.start();
    this.#onStop('the sampling', () => this.#ticker?.stop());
    return { ...listening, token, stateDir };
  }

  #onStop(name: string, stop: () => void | Promise<void>): void {
    this.#started.push({ name, stop });
  }

  #makeProbes(facts: HostFacts): ProbeSource {
    const { enabled, exact, bpftrace, mapKeys } = this.#config.probes;
    if (!enabled) return noProbes('switched off by the setting probes.enabled (or --no-probes).');
    return new ProbeHub({
      bpftracePath: bpftrace,
      exact,
      mapKeys,
      readCowKsm: () => readVmstat()?.cow_ksm,
      readPageFaults: () => readVmstat()?.pgfault,
      ...(this.#config.sideChannel.enabled && {
        onPageBreaks: (frame) => this.#parts?.sideChannel.takeFrame(frame),
      }),
      onFrame: () => this.#ticker?.align(AFTER_FRAME_MS, FRAME_MS),
      estimatePages: () => this.#mergeablePages(facts.pageSize),
      log: (text) => this.#log.info(text),
    });
  }

  /** Pages that are or may get merged: how many entries the lifetime probe would need. */
  #mergeablePages(pageSize: number): number {
    const point = this.#history.latest;
    if (point === undefined || this.#parts === undefined) return LEAST_PAGES_EXPECTED;
    const told = observe({ point, nowMonoMs: this.#monoMs(), pageSize, rivals: [] });
    const offered = Math.ceil((told?.mergeableBytes ?? 0) / pageSize);
    return Math.max(LEAST_PAGES_EXPECTED, told?.pages_sharing ?? 0, offered);
  }

  #tick(): void {
    const parts = this.#parts;
    if (parts === undefined) return;
    const point = parts.sampler.sample();
    // Before the listeners of the history: who hears of a sample finds its guests.
    parts.guests.update(point, parts.probes.lifetimes());
    parts.sideChannel.tick();
    this.#history.add(point);
    if (point.sample.ksm !== undefined) parts.desk.watch(point.sample.ksm);
    this.#rivals.look(this.#monoMs());
    this.#steer(parts, point);
    parts.policy.tick();
    this.#onSample?.(point);
  }

  #steerNow(): void {
    const point = this.#history.latest;
    if (this.#parts !== undefined && point !== undefined) this.#steer(this.#parts, point);
  }

  #steer({ desk, facts }: Parts, point: Point): void {
    const tell = (from: Point): ReturnType<typeof observe> =>
      observe({
        point: from,
        nowMonoMs: this.#monoMs(),
        pageSize: facts.pageSize,
        rivals: this.#rivals.seen.map((rival) => rival.name),
        lifetimesBefore: this.#history.since(this.#now() - LIFETIMES_OVER_MS)[0]?.probes.cow?.mergeLifetime,
      });
    const observation = tell(point);
    if (observation !== undefined) this.#lastWhole = point;
    const told = observation ?? (this.#lastWhole === undefined ? undefined : tell(this.#lastWhole));
    if (told !== undefined) desk.tick(told);
  }

  #onProbeEvent(event: ProbeEvent): void {
    if (event.kind === 'entered') this.#parts?.sampler.expect(event.pid);
    if (event.kind === 'probe-state') this.#probeLog.note(event.probe);
    this.#events.add(event);
  }
}

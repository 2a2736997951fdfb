/** The probes as the agent sees them: one object that starts, watches and adds up the programs of bpf/. */

import { KsmpilotError, formatError } from '../errors.js';
import type { ProbeEvent, ProbePhase, ProbeSnapshot, ProbeSource } from '../model/probe.js';
import { ProbeBoard } from './board.js';
import { launchBpftrace } from './bpftrace.js';
import { gatherHostFacts, presentTracepoints } from './host-facts.js';
import type { ProbeMessage } from './line.js';
import { LifetimeSampling, fullMap } from './map-pressure.js';
import { ProbePlanner } from './plan.js';
import { type RunnableProgram, Supervisor, type SupervisorOptions } from './supervisor.js';
import { type HostFacts, SUBJECTS, hostObstacle } from './tier.js';
import { ProbeTotals } from './totals.js';
import { EpochWindow } from './window.js';

export interface ProbeHubOptions {
  /** A path, or a name to be found on PATH. Default `bpftrace`. */
  readonly bpftracePath?: string;
  /** Most keys of each map: processes with KSM, and merged pages timed at once. Default 16384. */
  readonly mapKeys?: number;
  /** Seconds between two frames, 1 to 60. Default 1. */
  readonly intervalSec?: number;
  /** Folder that stands for `/` where the host's facts are read. */
  readonly root?: string;
  /** `cow_ksm` of /proc/vmstat, now; undefined where the kernel has none. */
  readonly readCowKsm: () => number | undefined;
  /** Merged pages now or soon: by it one page in N is chosen for lifetimes. */
  readonly estimatePages: () => number;
  /** One line for the log. */
  readonly log?: (text: string) => void;
  /** Milliseconds; given by tests only. */
  readonly timing?: SupervisorOptions['timing'] & { readonly replanMs?: number };
}

/** How often a full map may cause a planned restart, and how often new tracepoints are looked for. */
const REPLAN_MS = 60_000;

export class ProbeHub implements ProbeSource {
  readonly #options: ProbeHubOptions & { bpftracePath: string; mapKeys: number; intervalSec: number; root: string };
  readonly #board = new ProbeBoard();
  readonly #totals: ProbeTotals;
  readonly #sampling: LifetimeSampling;
  readonly #planner: ProbePlanner;
  #supervisor: Supervisor | undefined;
  #stopped = false;
  #facts: HostFacts | undefined;
  #window = new EpochWindow();
  #epochs = 0;
  #lastReplanAt = 0;
  #lostEvents = 0;
  #unparsedLines = 0;

  constructor(options: ProbeHubOptions) {
    this.#options = { bpftracePath: 'bpftrace', mapKeys: 16_384, intervalSec: 1, root: '/', ...options };
    this.#totals = new ProbeTotals(this.#options.mapKeys * 4);
    this.#sampling = new LifetimeSampling(this.#options.mapKeys);
    this.#planner = new ProbePlanner(this.#options);
  }

  async start(): Promise<void> {
    try {
      await this.#start();
    } catch (error) {
      // The probes are an extra: whatever is wrong with them, the agent goes on without.
      for (const { name } of SUBJECTS) this.#board.set(name, 'failed', formatError(error));
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#supervisor?.stop();
    this.#supervisor = undefined;
    for (const { name, state } of this.#board.states) {
      if (state === 'running' || state === 'starting' || state === 'backoff') this.#board.set(name, 'off', 'stopped');
    }
  }

  snapshot(): ProbeSnapshot {
    const { cow, processes, scanner } = this.#totals;
    const bpftrace = this.#facts?.bpftrace;
    return {
      ...(scanner !== undefined && { scanner }),
      ...(cow !== undefined && { cow }),
      processes,
      lostEvents: this.#lostEvents,
      unparsedLines: this.#unparsedLines,
      states: this.#board.states,
      ...(bpftrace !== undefined && !(bpftrace instanceof KsmpilotError) && { bpftraceVersion: bpftrace.version }),
    };
  }

  onEvent(listener: (event: ProbeEvent) => void): () => void {
    return this.#board.onEvent(listener);
  }

  async #start(): Promise<void> {
    for (const { name } of SUBJECTS) this.#board.set(name, 'starting', 'looking at the host');
    this.#facts = await gatherHostFacts(this.#options);
    const obstacle = hostObstacle(this.#facts);
    if (obstacle !== undefined) {
      for (const { name, without } of SUBJECTS) {
        this.#board.set(name, 'unavailable', `${formatError(obstacle)}. Without it: ${without}`);
      }
      return;
    }
    this.#sampling.choose(this.#options.estimatePages());
    const programs = await this.#plan(this.#facts);
    // Told to stop while it looked at the host: a bpftrace started now would have nobody to end it.
    if (this.#stopped || programs.length === 0) return;
    this.#lastReplanAt = performance.now();
    this.#supervisor = new Supervisor({
      intervalSec: this.#options.intervalSec,
      launch: (program, onLine, onStderrLine) => {
        const { bpftracePath: path, mapKeys } = this.#options;
        return launchBpftrace({ path, program, mapKeys, onLine, onStderrLine });
      },
      onEpoch: () => {
        this.#epochs += 1;
        this.#window = new EpochWindow();
        this.#totals.beginEpoch(this.#sampling.oneIn);
      },
      onMessage: (message) => {
        this.#take(message);
      },
      onEpochEnd: () => {
        this.#window.finish();
        if (this.#totals.scanner !== undefined) this.#totals.publishScanner(this.#window.counts());
        if (this.#totals.cow !== undefined) this.#publishCow();
      },
      onState: (name, state, detail, startupMs) => {
        this.#setState(name, state, detail, startupMs);
      },
      ...(this.#options.timing !== undefined && { timing: this.#options.timing }),
    });
    await this.#supervisor.start(programs);
  }

  async #plan(facts: HostFacts): Promise<readonly RunnableProgram[]> {
    const { programs, unserved } = await this.#planner.plan(facts, this.#sampling.oneIn);
    for (const { name, state, detail } of unserved) this.#board.set(name, state, detail);
    return programs;
  }

  #take(message: ProbeMessage): void {
    const frame = this.#window.accept(message);
    switch (message.kind) {
      case 'scan':
        this.#totals.fullScan(message.scan);
        this.#board.emit({ kind: 'full-scan', scan: message.scan });
        break;
      case 'enter':
        this.#board.emit({ kind: 'entered', pid: message.pid, comm: message.comm });
        break;
      case 'exit':
        this.#board.emit({ kind: 'exited', pid: message.pid, comm: message.comm });
        break;
      case 'lost':
        this.#lostEvents += message.events;
        break;
      case 'unparsed':
        this.#unparsedLines += 1;
        if (this.#unparsedLines === 1) this.#options.log?.(`a line of bpftrace was not understood: ${message.text}`);
        break;
      default:
        break;
    }
    if (frame === 'scanner') this.#totals.publishScanner(this.#window.counts());
    if (frame === this.#lastCowProgram()) this.#publishCow();
    if (frame !== undefined) this.#replanIfNeeded();
  }

  /** `kvm` prints after `cow`: only then do the two belong to the same instant. */
  #lastCowProgram(): string {
    const kvm = this.#board.stateOf('kvm');
    return kvm === 'running' || kvm === 'starting' ? 'kvm' : 'cow';
  }

  #publishCow(): void {
    this.#totals.publishCow(this.#window.counts(), this.#options.readCowKsm());
  }

  /** A map that fills up with dead processes, and a module that brought its tracepoints, call for a new run. */
  #replanIfNeeded(): void {
    const facts = this.#facts;
    const { replanMs = REPLAN_MS } = this.#options.timing ?? {};
    if (facts === undefined || performance.now() - this.#lastReplanAt < replanMs) return;
    this.#lastReplanAt = performance.now();
    const counts = this.#window.counts();
    const reason = fullMap(counts, this.#options.mapKeys) ?? this.#resample(counts) ?? this.#newTracepoints(facts);
    if (reason === undefined) return;
    this.#options.log?.(`the probes begin a new run with empty maps: ${reason}`);
    void this.#plan(this.#facts ?? facts).then((programs) => {
      this.#supervisor?.restart(programs, `planned restart: ${reason}`);
    });
  }

  #resample(counts: ReturnType<EpochWindow['counts']>): string | undefined {
    if (!this.#sampling.isPressed(counts)) return undefined;
    this.#sampling.choose(this.#options.estimatePages(), this.#sampling.oneIn * 2);
    return `merge times fill their map; from now on one page in ${this.#sampling.oneIn} is timed`;
  }

  #newTracepoints(facts: HostFacts): string | undefined {
    const tracepoints = presentTracepoints(facts.tracefs);
    const arrived = [...tracepoints].filter((name) => !facts.tracepoints.has(name));
    if (arrived.length === 0) return undefined;
    this.#facts = { ...facts, tracepoints };
    return `the kernel now has ${arrived.join(', ')}`;
  }

  #setState(name: string, state: ProbePhase, detail: string, startupMs?: number): void {
    const restarts = Math.max(0, this.#epochs - 1);
    this.#board.set(name, state, detail, { restarts, ...(startupMs !== undefined && { startupMs }) });
  }
}

/** For an agent that is told to do without. */
export function noProbes(reason: string): ProbeSource {
  const board = new ProbeBoard(reason);
  return {
    start: () => Promise.resolve(),
    stop: () => Promise.resolve(),
    snapshot: () => ({ processes: [], lostEvents: 0, states: board.states }),
    onEvent: (listener) => board.onEvent(listener),
  };
}

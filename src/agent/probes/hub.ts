/**
 * The probes as the agent sees them: one object that plans, starts and watches the programs of bpf/. Programs that cost
 * nobody anything run always, in one bpftrace; those that tax page faults in windows beside it, or, where exactness is
 * asked for, with the others.
 */

import { randomInt } from 'node:crypto';
import { KsmpilotError, formatError } from '../errors.js';
import type { PageBreakFrame } from '../model/page-break.js';
import type { ProbeEvent, ProbePhase, ProbeSnapshot, ProbeSource, ProcessLifetimes } from '../model/probe.js';
import { ProbeBoard } from './board.js';
import { launchBpftrace } from './bpftrace.js';
import { DutyCycle, type DutyCycleOptions } from './duty-cycle.js';
import { gatherHostFacts } from './host-facts.js';
import type { ProbeMessage } from './line.js';
import { ProbePlanner } from './plan.js';
import { ReplanWatch } from './replan.js';
import { joinBreaks, joinRows } from './rows.js';
import { SteadyRun } from './steady-run.js';
import type { SupervisorOptions } from './supervisor.js';
import { type HostFacts, SUBJECTS, hostObstacle } from './tier.js';
import type { TierChoice } from './tier-choice.js';

export interface ProbeHubOptions {
  /** A path, or a name to be found on PATH. Default `bpftrace`. */
  readonly bpftracePath?: string;
  /** Every program all the time: each COW break is counted, every page fault of the host is taxed. Default false. */
  readonly exact?: boolean;
  /** Most keys of each map: processes with KSM, and merged pages timed at once. Default 16384. */
  readonly mapKeys?: number;
  /** Seconds between two frames, 1 to 60. Default 1. */
  readonly intervalSec?: number;
  /** Folder that stands for `/` where the host's facts are read. */
  readonly root?: string;
  /** `cow_ksm` of /proc/vmstat, now; undefined where the kernel has none. */
  readonly readCowKsm: () => number | undefined;
  /** `pgfault` likewise. Default: not known, and windows are short. */
  readonly readPageFaults?: () => number | undefined;
  /** Merged pages now or soon: by it one page in N is chosen for lifetimes. */
  readonly estimatePages: () => number;
  /** COW breaks of single pages, once a frame, where every break is seen. Default: single pages are not looked at. */
  readonly onPageBreaks?: (frame: PageBreakFrame) => void;
  /** A program that always runs has told its counts: once each `intervalSec`, and for each program. */
  readonly onFrame?: () => void;
  /** One line for the log. */
  readonly log?: (text: string) => void;
  /** Of the windows; given by tests only. */
  readonly dutyLimits?: DutyCycleOptions['limits'];
  /** Milliseconds; given by tests only. */
  readonly timing?: SupervisorOptions['timing'] & DutyCycleOptions['timing'] & { readonly replanMs?: number };
}

export class ProbeHub implements ProbeSource {
  readonly #options: ProbeHubOptions & { bpftracePath: string; mapKeys: number; intervalSec: number; root: string };
  readonly #board = new ProbeBoard();
  readonly #replans: ReplanWatch;
  readonly #planner: ProbePlanner;
  readonly #steady: SteadyRun;
  readonly #duty: DutyCycle | undefined;
  #choice: TierChoice | undefined;
  #facts: HostFacts | undefined;
  #isStarted = false;
  #isStopped = false;
  #lostEvents = 0;
  #unparsedLines = 0;

  constructor(options: ProbeHubOptions) {
    this.#options = { bpftracePath: 'bpftrace', mapKeys: 16_384, intervalSec: 1, root: '/', ...options };
    const {
      bpftracePath: path,
      estimatePages,
      exact = false,
      intervalSec,
      mapKeys,
      readCowKsm,
      root,
      timing,
    } = this.#options;
    this.#replans = new ReplanWatch({ mapKeys, estimatePages, everyMs: timing?.replanMs });
    this.#planner = new ProbePlanner({
      bpftracePath: path,
      root,
      exact,
      mapKeys,
      ...(this.#options.onPageBreaks !== undefined && { watchSalt: randomInt(2 ** 31) }),
      onTierChange: () => {
        this.#tellNeedless();
      },
    });
    const shared = {
      launch: (program, onLine, onStderrLine) => launchBpftrace({ path, program, mapKeys, onLine, onStderrLine }),
      maxProcesses: mapKeys * 4,
      readCowKsm,
      onMessage: (message) => {
        this.#take(message);
      },
      ...(timing !== undefined && { timing }),
    } satisfies Partial<DutyCycleOptions>;
    this.#steady = new SteadyRun({
      ...shared,
      intervalSec,
      lifetimeOneIn: () => this.#replans.lifetimeOneIn,
      onFrame: () => {
        this.#options.onFrame?.();
        this.#replanIfNeeded();
      },
      onMergeTimes: (entries) => {
        this.#duty?.joinMergeTimes(entries);
      },
      onPageBreaks: (frame) => {
        this.#options.onPageBreaks?.(frame);
      },
      onState: (name, state, detail, startupMs) => {
        this.#setState(name, state, detail, startupMs, this.#steady.restarts);
      },
    });
    if (exact) return;
    this.#duty = new DutyCycle({
      ...shared,
      mapKeys,
      ...(this.#options.dutyLimits !== undefined && { limits: this.#options.dutyLimits }),
      readPageFaults: this.#options.readPageFaults ?? (() => undefined),
      onState: (name, state, detail, startupMs) => {
        this.#setState(name, state, detail, startupMs);
      },
      askMergeTimes: () => {
        if (this.#board.stateOf('scanner') === 'running') this.#steady.askMergeTimes();
      },
    });
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
    this.#isStopped = true;
    if (this.#isStarted) {
      // The windows first: their last breaks are joined with the merge times of the other.
      await this.#duty?.stop();
      await this.#steady.stop();
    }
    for (const { name, state } of this.#board.states) {
      if (state === 'running' || state === 'starting' || state === 'backoff') this.#board.set(name, 'off', 'stopped');
    }
  }

  snapshot(): ProbeSnapshot {
    const { scanner, processes } = this.#steady.totals;
    const cow = joinBreaks(this.#steady.totals.cow, this.#duty?.cow);
    const bpftrace = this.#facts?.bpftrace;
    return {
      ...(scanner !== undefined && { scanner }),
      ...(cow !== undefined && { cow }),
      processes: joinRows(processes, this.#duty?.processes ?? []),
      lostEvents: this.#lostEvents,
      unparsedLines: this.#unparsedLines,
      states: this.#board.states,
      ...(bpftrace !== undefined && !(bpftrace instanceof KsmpilotError) && { bpftraceVersion: bpftrace.version }),
    };
  }

  lifetimes(): ProcessLifetimes | undefined {
    const windows = this.#duty?.cow === undefined ? undefined : this.#duty.lifetimes;
    if (windows !== undefined) return { series: `windows ${windows.series}`, byPid: windows.byPid };
    const { cow, lifetimes } = this.#steady.totals;
    return cow === undefined ? undefined : { series: `always ${lifetimes.series}`, byPid: lifetimes.byPid };
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
    this.#replans.begin();
    this.#duty?.look();
    const choice = await this.#plan(this.#facts);
    // Told to stop while it looked at the host: a bpftrace started now would have nobody to end it.
    if (this.#isStopped || choice.current().length === 0) return;
    this.#isStarted = true;
    await this.#steady.start(this.#steadyPart(choice));
    await this.#duty?.start();
  }

  /** What runs always. The windows take the rest. */
  #steadyPart(choice: TierChoice): ReturnType<TierChoice['only']> {
    return this.#duty === undefined ? choice : choice.only(({ taxing }) => !taxing);
  }

  async #plan(facts: HostFacts): Promise<TierChoice> {
    const { choice, unserved } = await this.#planner.plan(facts, this.#replans.lifetimeOneIn);
    for (const { name, state, detail } of unserved) this.#board.set(name, state, detail);
    this.#choice = choice;
    this.#tellNeedless();
    this.#duty?.use({
      source: choice.only(({ taxing }) => taxing),
      timingText: await this.#planner.timingText(facts),
      lifetimeOneIn: this.#replans.lifetimeOneIn,
    });
    return choice;
  }

  #tellNeedless(): void {
    for (const { name } of SUBJECTS) {
      const why = this.#choice?.needless(name);
      if (why !== undefined) this.#board.set(name, 'off', why);
    }
  }

  #take(message: ProbeMessage): void {
    switch (message.kind) {
      case 'scan':
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
  }

  #replanIfNeeded(): void {
    const replan = this.#facts === undefined ? undefined : this.#replans.look(this.#steady.counts(), this.#facts);
    if (replan === undefined) return;
    this.#facts = replan.facts;
    this.#options.log?.(`the probes begin a new run with empty maps: ${replan.reason}`);
    void this.#plan(replan.facts).then((choice) => {
      this.#steady.restart(this.#steadyPart(choice), `planned restart: ${replan.reason}`);
    });
  }

  #setState(name: string, state: ProbePhase, detail: string, startupMs?: number, restarts?: number): void {
    this.#board.set(name, state, detail, {
      ...(restarts !== undefined && { restarts }),
      ...(startupMs !== undefined && { startupMs }),
    });
  }
}

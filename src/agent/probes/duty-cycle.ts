/**
 * Runs the programs that tax page faults in windows: opens and closes them as DutyPolicy says, has DutyLedger charge
 * what happens between them, and Lifetimes join what two bpftrace processes saw.
 */

import type { CowTier, CowTotals, ProbePhase, ProcessProbeTotals } from '../model/probe.js';
import { DutyLedger } from './duty-ledger.js';
import { type DutyLimits, DutyPolicy, type DutyReading, TAX_NS, TIMING_TAX_NS } from './duty-policy.js';
import { type DutyPrograms, windowSource } from './duty-source.js';
import { DutyWindow, type WindowEnd } from './duty-window.js';
import { Lifetimes } from './lifetimes.js';
import type { ProbeMessage } from './line.js';
import { fullMap } from './map-pressure.js';
import { ageSecOf, isAlive } from './process-times.js';
import type { ProgramSource } from './runnable.js';
import type { SupervisorOptions } from './supervisor.js';
import { TierCheck } from './tier-check.js';
import { ProbeTotals } from './totals.js';
import type { EpochCounts } from './window.js';

export interface DutyCycleOptions {
  readonly launch: SupervisorOptions['launch'];
  /** `cow_ksm` and `pgfault` of /proc/vmstat, now; undefined where the kernel has none. */
  readonly readCowKsm: () => number | undefined;
  readonly readPageFaults: () => number | undefined;
  /** Most keys of a map, and of how many processes figures are kept. */
  readonly mapKeys: number;
  readonly maxProcesses: number;
  readonly onState: (name: string, state: ProbePhase, detail: string, startupMs?: number) => void;
  readonly onMessage: (message: ProbeMessage) => void;
  /** The other bpftrace, which sees merges, is to print its maps: `@born` comes back by `joinMergeTimes`. */
  readonly askMergeTimes: () => void;
  /** Given by tests only. */
  readonly limits?: Partial<DutyLimits>;
  readonly timing?: SupervisorOptions['timing'] & { readonly tickMs?: number };
}

const TICK_MS = 1_000;
/** One window in so many also times breaks, from the second one on. */
const TIMED_ONE_IN = 4;
/** Pause after a window that failed; doubles with each that follows. */
const FAILED_REST_SEC = { first: 30, most: 3_600 };
/** In a long window merge times are asked for so often. */
const MERGE_TIMES_SEC = 60;
/** What the supervisor would do if it were not for the windows. */
const AGAIN = /; (begins|tries) again in [\d.]+ s$/;
const IN_WINDOWS = '; in windows, scaled to the exact total between them';

export class DutyCycle {
  readonly #options: DutyCycleOptions;
  readonly #policy: DutyPolicy;
  readonly #ledger: DutyLedger;
  readonly #totals: ProbeTotals;
  readonly #lifetimes = new Lifetimes();
  #programs: DutyPrograms | undefined;
  #window: DutyWindow | undefined;
  #running: Promise<void> | undefined;
  #ticker: NodeJS.Timeout | undefined;
  #tier: CowTier = 'tracepoint';
  /** Of the open window. */
  #check = new TierCheck('tracepoint');
  #cowKsm: number | undefined;
  #opened = 0;
  #failedInARow = 0;
  #previousSec = 0;
  #mergeTimesAskedSec = 0;
  #isStopped = false;
  /** Something has come of the first window, or nothing will. */
  #settled: () => void = () => undefined;

  constructor(options: DutyCycleOptions) {
    this.#options = options;
    this.#policy = new DutyPolicy(options.limits);
    this.#ledger = new DutyLedger(options.maxProcesses);
    this.#totals = new ProbeTotals(options.maxProcesses);
  }

  /** Takes the first reading, from which growth and rates count. */
  look(): void {
    const reading = this.#read();
    this.#ledger.between(reading.sec, reading.cowKsm);
    this.#policy.decide(reading);
  }

  /** Other programs from the next window on. An open window of others closes. */
  use(programs: DutyPrograms): void {
    if (programs.lifetimeOneIn !== this.#programs?.lifetimeOneIn) this.#lifetimes.clear();
    this.#programs = programs;
    this.#window?.close();
  }

  /** Resolves when the first window has told its first counts, or it is known that there are none for now. */
  async start(): Promise<void> {
    const { tickMs = TICK_MS } = this.#options.timing ?? {};
    await new Promise<void>((settled) => {
      this.#settled = settled;
      this.#tick();
      if (!this.#isStopped) this.#ticker = setInterval(() => this.#tick(), tickMs);
    });
  }

  /** Closes an open window, with its final counts. No window opens any more. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    clearInterval(this.#ticker);
    this.#policy.stop();
    this.#window?.close();
    this.#settled();
    await this.#running;
  }

  /** See ProcessLifetimes; `series`: how often counts began anew. */
  get lifetimes(): Pick<Lifetimes, 'series' | 'byPid'> {
    return this.#lifetimes;
  }

  /** Merge times by `mm,page`. */
  joinMergeTimes(entries: ReadonlyMap<string, number | string>): void {
    this.#lifetimes.join(entries);
  }

  /** undefined until the first window's first counts. */
  get cow(): CowTotals | undefined {
    const counted = this.#totals.cow;
    if (counted === undefined) return undefined;
    const { coverage, estimated, windows } = this.#ledger;
    const { costCores, nextInSec } = this.#policy;
    return {
      ...counted,
      ...(estimated !== undefined && { estimated }),
      ...(this.#cowKsm !== undefined && { cow_ksm: this.#cowKsm }),
      mergeLifetime: this.#lifetimes.buckets,
      lifetimeSampledOneIn: this.#programs?.lifetimeOneIn ?? 1,
      duty: {
        open: this.#window !== undefined,
        windows,
        costCores,
        ...(coverage !== undefined && { coverage }),
        ...(nextInSec !== undefined && { nextInSec }),
      },
    };
  }

  get processes(): readonly ProcessProbeTotals[] {
    const { given } = this.#ledger;
    const counted = this.#totals.processes.map((row) => ({
      ...row,
      cowBreaks: row.cowBreaks + (given.get(row.pid) ?? 0),
      cowBreaksSeen: row.cowBreaks,
    }));
    const seen = new Set(counted.map(({ pid }) => pid));
    const unseen = [...given].filter(([pid]) => !seen.has(pid));
    return [
      ...counted,
      ...unseen.map(([pid, cowBreaks]) => ({
        pid,
        merges: 0,
        zeroMerges: 0,
        cowBreaks,
        cowBreaksSeen: 0,
        zeroBreaks: 0,
      })),
    ];
  }

  #read(): DutyReading {
    this.#cowKsm = this.#options.readCowKsm();
    return { sec: performance.now() / 1_000, cowKsm: this.#cowKsm, pageFaults: this.#options.readPageFaults() };
  }

  #tick(): void {
    const programs = this.#programs;
    const isNeedless = programs === undefined || programs.source.current().length === 0;
    if (this.#isStopped || isNeedless) {
      this.#settled();
      // A tier that taxes nobody counts; should it be given up, what it counted is not to be charged again.
      if (!this.#isStopped) this.#ledger.beginAt(this.#options.readCowKsm());
      return;
    }
    const reading = this.#read();
    const isTimed = this.#isTimed(programs);
    const decision = this.#policy.decide(reading, this.#window?.state, isTimed ? TIMING_TAX_NS : TAX_NS);
    if (this.#window === undefined) {
      for (const pid of this.#ledger.candidates) if (!isAlive(pid)) this.#ledger.processEnded(pid, this.#previousSec);
      this.#ledger.between(reading.sec, reading.cowKsm);
    }
    this.#previousSec = reading.sec;
    if (decision === 'open') this.#running = this.#open(programs, isTimed, reading);
    if (decision === 'close') this.#window?.close();
  }

  #isTimed({ timingText }: DutyPrograms): boolean {
    return timingText !== undefined && this.#opened % TIMED_ONE_IN === 1;
  }

  async #open(programs: DutyPrograms, isTimed: boolean, reading: DutyReading): Promise<void> {
    this.#policy.begin(reading, isTimed ? TIMING_TAX_NS : TAX_NS);
    this.#ledger.begin();
    this.#opened += 1;
    this.#mergeTimesAskedSec = reading.sec;
    const window = new DutyWindow({
      source: windowSource(programs, isTimed),
      launch: this.#options.launch,
      ...(this.#options.timing !== undefined && { timing: this.#options.timing }),
      onBegin: () => {
        this.#tier = cowTierOf(programs.source) ?? this.#tier;
        this.#check = new TierCheck(this.#tier);
        this.#totals.beginEpoch(1);
      },
      onFrame: (counts, lagSec) => {
        this.#frame(window, programs.source, counts, lagSec);
      },
      onMessage: (message) => {
        this.#options.onMessage(message);
        if (message.kind === 'map' && message.name === '@broke') this.#lifetimes.addBreaks(message.entries);
      },
      onState: (name, state, detail, startupMs) => {
        this.#tell(name, state, detail, startupMs);
      },
    });
    this.#window = window;
    this.#end(await window.run(() => this.#settled()), programs);
  }

  #frame(window: DutyWindow, source: ProgramSource, counts: EpochCounts, lagSec: number): void {
    const reading = this.#read();
    this.#totals.publishCow(counts, reading.cowKsm, this.#tier);
    const wrong = this.#check.frame(this.#totals.cow?.attributed ?? 0, reading.cowKsm);
    const program = source.current().find(({ name }) => name === 'cow');
    if (wrong !== undefined && program !== undefined) {
      this.#options.onState(program.name, 'failed', `PROBE_UNSUPPORTED: ${program.title}: ${wrong}`);
      source.refuse(program, wrong);
      window.close();
      return;
    }
    this.#ledger.frame({ ...reading, lagSec, breaks: this.#totals.epochBreaks });
    if (reading.sec - this.#mergeTimesAskedSec >= MERGE_TIMES_SEC) this.#askMergeTimes(reading.sec);
    // The kernel's maps are as full as they get: the next window begins with empty ones.
    const isFull = fullMap(counts, this.#options.mapKeys) !== undefined;
    if (isFull || this.#policy.decide(reading, window.state) === 'close') window.close();
  }

  #end({ counts, failure, ...state }: WindowEnd, programs: DutyPrograms): void {
    const reading = this.#read();
    if (state.frames > 0) {
      this.#totals.publishCow(counts, reading.cowKsm, this.#tier);
      this.#askMergeTimes(reading.sec);
    }
    const final = this.#totals.epochBreaks;
    const known = new Set(this.#ledger.candidates);
    for (const pid of final.keys()) {
      const ageSec = known.has(pid) ? undefined : ageSecOf(pid);
      if (ageSec !== undefined) this.#ledger.processBegan(pid, reading.sec - ageSec);
    }
    this.#ledger.end(state.frames > 0 ? final : new Map(), reading.cowKsm);
    this.#window = undefined;
    this.#failedInARow = failure === undefined ? 0 : this.#failedInARow + 1;
    if (failure === undefined) {
      this.#policy.end(reading, state);
      return;
    }
    const rest = Math.min(FAILED_REST_SEC.most, FAILED_REST_SEC.first * 2 ** (this.#failedInARow - 1));
    this.#policy.end(reading, state, rest);
    if (failure.kind === 'refused') return;
    const why = failure.why.replace(AGAIN, '');
    for (const { name } of programs.source.current()) {
      this.#options.onState(name, 'backoff', `${why}; no window for ${rest} s, figures are estimates until then`);
    }
  }

  #askMergeTimes(sec: number): void {
    this.#mergeTimesAskedSec = sec;
    if (this.#lifetimes.waiting > 0) this.#options.askMergeTimes();
  }

  /** Windows come and go, and nobody is told each time: a program that works in windows is running. */
  #tell(name: string, state: ProbePhase, detail: string, startupMs?: number): void {
    if (state === 'backoff') return; // told at the window's end, with what comes of it
    if (state === 'starting' && this.#totals.cow !== undefined) return;
    const told = detail.replace(AGAIN, '; tries again in a later window');
    this.#options.onState(name, state, state === 'running' ? detail + IN_WINDOWS : told, startupMs);
  }
}

function cowTierOf(source: ProgramSource): CowTier | undefined {
  return source.current().find(({ name }) => name === 'cow')?.tier;
}

/** The bpftrace that always runs: its programs' counts, frame by frame, over all its restarts. */

import type { PageBreakFrame } from '../model/page-break.js';
import type { ProbePhase } from '../model/probe.js';
import type { BpftraceChild } from './bpftrace.js';
import { withEarlyFrame } from './early-frame.js';
import type { ProbeMessage } from './line.js';
import type { ProgramSource, RunnableProgram } from './runnable.js';
import { Supervisor, type SupervisorOptions } from './supervisor.js';
import { TierCheck } from './tier-check.js';
import { PageBreaks } from './page-breaks.js';
import { ProbeTotals } from './totals.js';
import { EpochWindow, type EpochCounts } from './window.js';

export interface SteadyRunOptions {
  /** Seconds between two frames. */
  readonly intervalSec: number;
  readonly launch: SupervisorOptions['launch'];
  readonly timing?: SupervisorOptions['timing'];
  readonly maxProcesses: number;
  readonly readCowKsm: () => number | undefined;
  /** One merged page in how many is timed, in the run that begins. */
  readonly lifetimeOneIn: () => number;
  readonly onMessage: (message: ProbeMessage) => void;
  /** A program has told its counts. */
  readonly onFrame: () => void;
  /** When pages were merged, by `mm,page`: what `askMergeTimes` asked for. */
  readonly onMergeTimes: (entries: ReadonlyMap<string, number | string>) => void;
  /** COW breaks of single pages, where programs note them. */
  readonly onPageBreaks?: (frame: PageBreakFrame) => void;
  readonly onState: (name: string, state: ProbePhase, detail: string, startupMs?: number) => void;
}

/** What the program for COW breaks counts. */
type Breaks = Pick<EpochCounts, 'cow' | 'guest' | 'lifetime' | 'serviceNs'>;

export class SteadyRun {
  readonly totals: ProbeTotals;
  readonly #options: SteadyRunOptions;
  readonly #supervisor: Supervisor;
  #source: ProgramSource | undefined;
  #counts = new EpochWindow();
  #pageBreaks = new PageBreaks();
  #restarts = 0;
  #hasTold = false;
  #child: BpftraceChild | undefined;
  /** What counts COW breaks in this run, and whether it does that as the kernel does. */
  #cow: { readonly program: RunnableProgram; readonly check: TierCheck } | undefined;
  /** The breaks of the newest frame that agreed with the kernel's own count. */
  #agreed: Breaks | undefined;
  /** What is told of them in a run whose counts are not believed any more. */
  #frozen: Breaks | undefined;
  /** The program whose frame completes the counts of COW breaks: `kvm` prints after `cow`. */
  #lastCowProgram: string | undefined;

  constructor(options: SteadyRunOptions) {
    this.#options = options;
    this.totals = new ProbeTotals(options.maxProcesses);
    this.#supervisor = new Supervisor({
      intervalSec: options.intervalSec,
      launch: (program, onLine, onStderrLine) => {
        this.#child = options.launch(withEarlyFrame(program), onLine, onStderrLine);
        return this.#child;
      },
      onEpoch: () => {
        this.#beginEpoch();
      },
      onMessage: (message) => {
        this.#take(message);
      },
      onEpochEnd: () => {
        this.#counts.finish();
        if (this.totals.scanner !== undefined) this.totals.publishScanner(this.#believed());
        if (this.totals.cow !== undefined) this.#publishCow();
      },
      onState: options.onState,
      ...(options.timing !== undefined && { timing: options.timing }),
    });
  }

  /** Restarts so far of a bpftrace that had told something. */
  get restarts(): number {
    return this.#restarts;
  }

  counts(): EpochCounts {
    return this.#counts.counts();
  }

  /** Resolves when every program runs or was given up for now. */
  async start(source: ProgramSource): Promise<void> {
    this.#source = source;
    await this.#supervisor.start(source);
  }

  restart(source: ProgramSource, reason: string): void {
    this.#source = source;
    this.#supervisor.restart(source, reason);
  }

  async stop(): Promise<void> {
    await this.#supervisor.stop();
  }

  /** To be called while the scanner program runs: before, bpftrace would not take it. */
  askMergeTimes(): void {
    this.#child?.printMaps();
  }

  #beginEpoch(): void {
    const programs = this.#source?.current() ?? [];
    if (this.#hasTold) this.#restarts += 1;
    this.#hasTold = false;
    this.#counts = new EpochWindow();
    this.#pageBreaks = new PageBreaks();
    this.#agreed = undefined;
    this.#frozen = undefined;
    const program = programs.find(({ name }) => name === 'cow');
    this.#cow = program === undefined ? undefined : { program, check: new TierCheck(program.tier) };
    this.#lastCowProgram = programs.findLast(({ name }) => name === 'cow' || name === 'kvm')?.name;
    this.totals.beginEpoch(this.#options.lifetimeOneIn());
  }

  #take(message: ProbeMessage): void {
    if (message.kind === 'map' && message.name === '@born') {
      this.#options.onMergeTimes(message.entries);
      return;
    }
    if (message.kind === 'map' && this.#pageBreaks.take(message.name, message.entries)) return;
    const frame = this.#counts.accept(message);
    if (message.kind === 'scan') this.totals.fullScan(message.scan);
    this.#options.onMessage(message);
    if (frame === undefined) return;
    this.#hasTold = true;
    if (frame === 'scanner') this.totals.publishScanner(this.#believed());
    if (frame === this.#lastCowProgram) this.#publishCow();
    if (frame === 'cow' && this.#pageBreaks.isWatching) this.#options.onPageBreaks?.(this.#pageBreaks.frame());
    this.#options.onFrame();
  }

  #publishCow(): void {
    if (this.#cow === undefined) return;
    const { check, program } = this.#cow;
    const counts = this.#counts.counts();
    this.totals.publishCow(counts, this.#options.readCowKsm(), program.tier);
    const { attributed = 0, cow_ksm } = this.totals.cow ?? {};
    const wrong = check.frame(attributed, cow_ksm);
    if (wrong === undefined || this.#source === undefined) {
      this.#agreed = counts;
      return;
    }
    this.#cow = undefined;
    this.#frozen = this.#agreed;
    this.totals.publishCow(this.#believed(), cow_ksm, program.tier);
    if (!this.#source.hasNext(program)) {
      this.#options.onState(
        program.name,
        'failed',
        `PROBE_UNSUPPORTED: ${program.title}: ${wrong}; no other tier is left`,
      );
    }
    this.#source.refuse(program, wrong);
    this.#supervisor.restart(this.#source, `${program.title}: ${wrong}`);
  }

  #believed(): EpochCounts {
    const counts = this.#counts.counts();
    if (this.#frozen === undefined) return counts;
    const { cow, guest, lifetime, serviceNs } = this.#frozen;
    return { ...counts, cow, guest, lifetime, serviceNs };
  }
}

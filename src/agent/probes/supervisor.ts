/**
 * Keeps one bpftrace with all its programs alive: begins again with growing pauses when it ends or hangs. Where it does
 * not start, finds the program that is to blame by trying each alone; the next tier of that subject takes its place, and
 * where there is none the others run without.
 */

import type { ProbePhase } from '../model/probe.js';
import type { BpftraceChild, BpftraceExit } from './bpftrace.js';
import { describeExit } from './exit-reason.js';
import { type ProbeMessage, parseLine } from './line.js';
import { joinPrograms } from './program.js';
import type { ProgramSource, RunnableProgram } from './runnable.js';

export interface SupervisorOptions {
  /** Seconds between two frames. */
  readonly intervalSec: number;
  readonly launch: (
    program: string,
    onLine: (line: string) => void,
    onStderrLine: (line: string) => void,
  ) => BpftraceChild;
  /** A run begins; counts start at zero. */
  readonly onEpoch: () => void;
  readonly onMessage: (message: ProbeMessage) => void;
  /** The run is over; nothing more comes of it. */
  readonly onEpochEnd: () => void;
  readonly onState: (name: string, state: ProbePhase, detail: string, startupMs?: number) => void;
  /** Pauses and limits in milliseconds; given by tests only. */
  readonly timing?: Partial<Timing>;
}

interface Timing {
  /** First pause after an end that nobody asked for; doubles up to the next. */
  readonly backoffMs: number;
  readonly backoffMaxMs: number;
  /** A run this long forgets earlier failures. */
  readonly healthyMs: number;
  /** Default: the time between two frames. Five missing ones mean that bpftrace hangs. */
  readonly checkMs: number;
  readonly checksWithoutFrame: number;
  /** Loading 15 probes takes under a second, and 120 s were seen on an emulated CPU that had little time. */
  readonly startMs: number;
}

const TIMING: Omit<Timing, 'checkMs'> = {
  backoffMs: 1_000,
  backoffMaxMs: 60_000,
  healthyMs: 60_000,
  checksWithoutFrame: 5,
  startMs: 180_000,
};

type Outcome =
  /** Every program brought its first frame, or bpftrace was killed before; then the run ended. */
  | { readonly kind: 'ended'; readonly why: string; readonly ranMs: number }
  /** bpftrace ended by itself before that. */
  | { readonly kind: 'refused'; readonly why: string }
  /** We ended it, to stop or to begin anew. */
  | { readonly kind: 'asked' };

/** Sent from outside: such an end says nothing about the programs. A crash of bpftrace (SIGSEGV) does. */
const KILLS = new Set(['SIGKILL', 'SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT']);

const NOTHING: ProgramSource = {
  current: () => [],
  hasNext: () => false,
  refuse: () => undefined,
  forgive: () => undefined,
  whyNoBetter: () => '',
};

export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #timing: Timing;
  #source: ProgramSource = NOTHING;
  /** Texts of programs that brought a frame before: not to blame when a run with others does not start. */
  #proven = new Set<string>();
  #child: BpftraceChild | undefined;
  #loop: Promise<void> | undefined;
  #stopping = false;
  /** Set when a run is to make room for the next one at once. */
  #replan = false;
  #wake: (() => void) | undefined;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#timing = { ...TIMING, checkMs: options.intervalSec * 1_000, ...options.timing };
  }

  /** Resolves when every program runs or was given up for now. Without a program it waits for `restart`. */
  async start(source: ProgramSource): Promise<void> {
    this.#source = source;
    await new Promise<void>((settled) => {
      this.#loop = this.#run(settled);
    });
  }

  /** Ends the current run and begins another with what the source then has: a planned restart, without a pause. */
  restart(source: ProgramSource, reason: string): void {
    this.#source = source;
    this.#replan = true;
    for (const { name } of source.current()) this.#options.onState(name, 'starting', reason);
    this.#child?.stop();
    this.#wake?.();
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    this.#child?.stop();
    this.#wake?.();
    await this.#loop;
  }

  async #run(settled: () => void): Promise<void> {
    let backoffMs = this.#timing.backoffMs;
    while (!this.#stopping) {
      this.#replan = false;
      const programs = this.#source.current();
      if (programs.length === 0) {
        settled();
        await this.#pause(undefined);
        continue;
      }
      const outcome = await this.#epoch(programs, settled);
      if (outcome.kind === 'refused' && (await this.#dropCulprits(programs, outcome.why))) continue;
      settled();
      if (this.#isInterrupted()) continue;
      if (outcome.kind === 'ended' && outcome.ranMs >= this.#timing.healthyMs) backoffMs = this.#timing.backoffMs;
      if (outcome.kind === 'ended') {
        const detail = `BPFTRACE_FAILED: ${outcome.why}; begins again in ${backoffMs / 1000} s`;
        for (const { name } of programs) this.#options.onState(name, 'backoff', detail);
      }
      // A refusal has causes that last: straight to the longest pause.
      await this.#pause(outcome.kind === 'refused' ? this.#timing.backoffMaxMs : backoffMs);
      backoffMs = Math.min(backoffMs * 2, this.#timing.backoffMaxMs);
    }
    settled();
  }

  /** One run of bpftrace from start to end. */
  async #epoch(programs: readonly RunnableProgram[], onReady: () => void): Promise<Outcome> {
    const { onEpoch, onEpochEnd, onMessage, onState } = this.#options;
    const waiting = new Map<string, RunnableProgram>(programs.map((program) => [program.name, program]));
    for (const program of programs) onState(program.name, 'starting', this.#detailOf(program));
    onEpoch();
    const startedAt = performance.now();
    const { exit, hung } = await this.#watch(programs, (message) => {
      onMessage(message);
      const program = message.kind === 'tock' ? waiting.get(message.program) : undefined;
      if (program === undefined) return;
      waiting.delete(program.name);
      this.#proven.add(program.text);
      const startupMs = Math.round(performance.now() - startedAt);
      onState(program.name, 'running', this.#detailOf(program), startupMs);
      if (waiting.size === 0) onReady();
    });
    onEpochEnd();
    if (this.#isInterrupted()) return { kind: 'asked' };
    const why = hung ?? describeExit(exit);
    const isKilled = hung === undefined && KILLS.has(exit.signal ?? '');
    if (waiting.size > 0 && !isKilled) return { kind: 'refused', why };
    return { kind: 'ended', why, ranMs: performance.now() - startedAt };
  }

  /** Runs the programs until bpftrace ends, or is ended for want of frames. */
  async #watch(
    programs: readonly RunnableProgram[],
    onMessage: (message: ProbeMessage) => void,
  ): Promise<{ exit: BpftraceExit; hung: string | undefined }> {
    const end: { hung: string | undefined } = { hung: undefined };
    let quiet = 0;
    let started = false;
    const { checkMs, checksWithoutFrame, startMs } = this.#timing;
    const child = this.#options.launch(
      joinPrograms(
        programs.map(({ text }) => text),
        this.#options.intervalSec,
      ),
      (line) => {
        const message = parseLine(line);
        if (message?.kind === 'tick') {
          started = true;
          quiet = 0;
        }
        if (message !== undefined) onMessage(message);
      },
      (line) => {
        const lost = /^Lost (\d+) events/.exec(line);
        if (lost !== null) onMessage({ kind: 'lost', events: Number(lost[1]) });
      },
    );
    this.#child = child;
    // Counts checks, not time: after a stall of our own process, one check runs late and its frames are read next.
    const check = setInterval(() => {
      quiet += 1;
      if (end.hung !== undefined || quiet < (started ? checksWithoutFrame : Math.ceil(startMs / checkMs))) return;
      end.hung = `no frame for ${(quiet * checkMs) / 1000} s${started ? '' : ' after the start'}, so it was ended`;
      child.stop();
    }, checkMs);
    if (this.#isInterrupted()) child.stop();
    const exit = await child.exited;
    clearInterval(check);
    this.#child = undefined;
    return { exit, hung: end.hung };
  }

  /**
   * bpftrace did not start with `programs`: finds out which it does not take, by trying each alone, and refuses those.
   * True: what remains, or took a place, can be tried at once.
   */
  async #dropCulprits(programs: readonly RunnableProgram[], why: string): Promise<boolean> {
    if (this.#isInterrupted()) return false;
    const failed: { program: RunnableProgram; why: string }[] = [];
    // First those that another tier can replace: then the whole starts soonest.
    const suspects = programs.filter(({ text }) => !this.#proven.has(text));
    const byFallback = (program: RunnableProgram): number => (this.#source.hasNext(program) ? 0 : 1);
    for (const program of suspects.toSorted((a, b) => byFallback(a) - byFallback(b))) {
      const refusal = programs.length === 1 ? why : await this.#refusalOf(program, why);
      if (this.#isInterrupted()) return false;
      if (refusal === undefined) continue;
      if (this.#source.hasNext(program)) {
        this.#source.refuse(program, refusal);
        return true;
      }
      failed.push({ program, why: refusal });
    }
    return this.#giveUp(programs, failed, why);
  }

  /** No other tier is left for the failed ones. True: the others can run without. */
  #giveUp(
    programs: readonly RunnableProgram[],
    failed: readonly { readonly program: RunnableProgram; readonly why: string }[],
    why: string,
  ): boolean {
    const { onState } = this.#options;
    const retry = `tries again in ${this.#timing.backoffMaxMs / 1000} s`;
    const rest = programs.filter((program) => !failed.some((one) => one.program === program)).map(({ name }) => name);
    const others =
      rest.length > 0
        ? `${rest.join(', ')} run without it`
        : `${programs.length > 1 ? 'no other probe works either; ' : ''}${retry}`;
    for (const { program, why: refusal } of failed) {
      const better = this.#source.whyNoBetter(program);
      onState(program.name, 'failed', `BPFTRACE_FAILED: ${program.title}: ${refusal}${better}; ${others}`);
      this.#source.refuse(program, refusal);
    }
    if (failed.length === 0) {
      const detail = `BPFTRACE_FAILED: each program starts alone, together they do not: ${why}; ${retry}`;
      for (const { name } of programs) onState(name, 'failed', detail);
      this.#proven.clear();
      return false;
    }
    if (rest.length === 0) this.#source.forgive();
    return rest.length > 0;
  }

  /** Tries it alone. undefined: it brought a frame. */
  async #refusalOf(program: RunnableProgram, together: string): Promise<string | undefined> {
    const { onState } = this.#options;
    onState(program.name, 'starting', `${program.title}; tried alone because together bpftrace said: ${together}`);
    const seen = { frame: false };
    const { exit, hung } = await this.#watch([program], (message) => {
      if (message.kind !== 'tock') return;
      seen.frame = true;
      this.#child?.stop();
    });
    if (seen.frame) this.#proven.add(program.text);
    return seen.frame ? undefined : (hung ?? describeExit(exit));
  }

  #detailOf(program: RunnableProgram): string {
    return program.title + this.#source.whyNoBetter(program);
  }

  /** A method, because the compiler takes the fields for constant within one function. */
  #isInterrupted(): boolean {
    return this.#stopping || this.#replan;
  }

  /** undefined: until woken. */
  async #pause(ms: number | undefined): Promise<void> {
    if (this.#isInterrupted()) return;
    await new Promise<void>((resolve) => {
      const timer = ms === undefined ? undefined : setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = undefined;
  }
}

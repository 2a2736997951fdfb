/**
 * Keeps one bpftrace with all programs alive: begins again with growing pauses when it ends or hangs, and where it does
 * not start, finds the program that is to blame by trying each alone and runs the rest.
 */

import type { ProbePhase } from '../model/probe.js';
import type { BpftraceChild, BpftraceExit } from './bpftrace.js';
import { type ProbeMessage, parseLine } from './line.js';
import { joinPrograms } from './program.js';

export interface RunnableProgram {
  readonly name: string;
  /** Rendered text. */
  readonly text: string;
  /** File and variant, for people. */
  readonly title: string;
}

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
  /** Loading 15 probes takes under a second; a host under heavy load gets time. */
  readonly startMs: number;
}

const TIMING: Omit<Timing, 'checkMs'> = {
  backoffMs: 1_000,
  backoffMaxMs: 60_000,
  healthyMs: 60_000,
  checksWithoutFrame: 5,
  startMs: 30_000,
};

type Outcome =
  /** Every program brought its first frame, then the run ended. */
  | { readonly kind: 'ended'; readonly why: string; readonly ranMs: number }
  /** It ended before that. */
  | { readonly kind: 'refused'; readonly why: string }
  /** We ended it, to stop or to begin anew. */
  | { readonly kind: 'asked' };

export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #timing: Timing;
  #programs: readonly RunnableProgram[] = [];
  /** Names of programs that do not start here while others do: left out until the agent starts again. */
  readonly #culprits = new Set<string>();
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

  /** Resolves when every program runs or was given up for now. */
  async start(programs: readonly RunnableProgram[]): Promise<void> {
    this.#programs = programs;
    await new Promise<void>((settled) => {
      this.#loop = this.#run(settled);
    });
  }

  /** Ends the current run and begins another with these programs: a planned restart, without a pause. */
  restart(programs: readonly RunnableProgram[], reason: string): void {
    this.#programs = programs;
    this.#replan = true;
    for (const { name } of this.#wanted()) this.#options.onState(name, 'starting', reason);
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
    let active = this.#programs;
    while (!this.#stopping) {
      this.#replan = false;
      const outcome = await this.#epoch(active, settled);
      if (outcome.kind === 'refused' && !this.#isInterrupted()) {
        const remaining = await this.#withoutCulprits(active, outcome.why);
        if (remaining.length > 0 && remaining.length < active.length) {
          for (const { name } of active)
            if (!remaining.some((program) => program.name === name)) this.#culprits.add(name);
          active = remaining;
          continue;
        }
      }
      settled();
      if (this.#isInterrupted()) {
        active = this.#wanted();
        continue;
      }
      if (outcome.kind === 'ended' && outcome.ranMs >= this.#timing.healthyMs) backoffMs = this.#timing.backoffMs;
      if (outcome.kind === 'ended') {
        for (const { name } of active) {
          this.#options.onState(
            name,
            'backoff',
            `BPFTRACE_FAILED: ${outcome.why}; begins again in ${backoffMs / 1000} s`,
          );
        }
      }
      // A refusal has causes that last: straight to the longest pause.
      await this.#pause(outcome.kind === 'refused' ? this.#timing.backoffMaxMs : backoffMs);
      backoffMs = Math.min(backoffMs * 2, this.#timing.backoffMaxMs);
      if (outcome.kind === 'refused' || this.#isInterrupted()) active = this.#wanted();
    }
    settled();
  }

  /** One run of bpftrace from start to end. */
  async #epoch(programs: readonly RunnableProgram[], onReady: () => void): Promise<Outcome> {
    const { onEpoch, onEpochEnd, onMessage, onState } = this.#options;
    const waiting = new Map(programs.map((program) => [program.name, program]));
    for (const { name, title } of programs) onState(name, 'starting', title);
    onEpoch();
    const startedAt = performance.now();
    const { exit, hung } = await this.#watch(programs, (message) => {
      onMessage(message);
      const program = message.kind === 'tock' ? waiting.get(message.program) : undefined;
      if (program === undefined) return;
      waiting.delete(program.name);
      onState(program.name, 'running', program.title, Math.round(performance.now() - startedAt));
      if (waiting.size === 0) onReady();
    });
    onEpochEnd();
    if (this.#isInterrupted()) return { kind: 'asked' };
    const why = hung ?? describeExit(exit);
    return waiting.size === 0 ? { kind: 'ended', why, ranMs: performance.now() - startedAt } : { kind: 'refused', why };
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

  /** Tries each program alone, tells the state of those that fail, and returns the others. */
  async #withoutCulprits(programs: readonly RunnableProgram[], why: string): Promise<readonly RunnableProgram[]> {
    const { onState } = this.#options;
    const retry = `tries again in ${this.#timing.backoffMaxMs / 1000} s`;
    if (programs.length === 1) {
      for (const { name } of programs) onState(name, 'failed', `BPFTRACE_FAILED: ${why}; ${retry}`);
      return [];
    }
    const working: RunnableProgram[] = [];
    const failed: { program: RunnableProgram; why: string }[] = [];
    for (const program of programs) {
      onState(program.name, 'starting', `${program.title}; tried alone because together bpftrace said: ${why}`);
      const refusal = await this.#refusalOf(program);
      if (this.#isInterrupted()) return programs;
      if (refusal === undefined) working.push(program);
      else failed.push({ program, why: refusal });
    }
    const rest =
      working.length === 0
        ? 'no other probe works either'
        : `${working.map(({ name }) => name).join(', ')} run without it`;
    for (const { program, why: refusal } of failed) {
      onState(program.name, 'failed', `BPFTRACE_FAILED: ${program.title}: ${refusal}; ${rest}`);
    }
    if (failed.length === 0) {
      for (const { name } of programs) {
        onState(name, 'failed', `BPFTRACE_FAILED: each program starts alone, together they do not: ${why}; ${retry}`);
      }
    }
    return working;
  }

  /** undefined: it brought a frame. */
  async #refusalOf(program: RunnableProgram): Promise<string | undefined> {
    const seen = { frame: false };
    const { exit, hung } = await this.#watch([program], (message) => {
      if (message.kind !== 'tock') return;
      seen.frame = true;
      this.#child?.stop();
    });
    return seen.frame ? undefined : (hung ?? describeExit(exit));
  }

  #wanted(): readonly RunnableProgram[] {
    return this.#programs.filter(({ name }) => !this.#culprits.has(name));
  }

  /** A method, because the compiler takes the fields for constant within one function. */
  #isInterrupted(): boolean {
    return this.#stopping || this.#replan;
  }

  async #pause(ms: number): Promise<void> {
    if (this.#isInterrupted()) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = undefined;
  }
}

/** One line: how it ended, and the line of stderr that says most. */
function describeExit({ code, signal, stderr }: BpftraceExit): string {
  const lines = stderr.split('\n').filter((line) => line.trim() !== '');
  const told = lines.find((line) => /ERROR/.test(line)) ?? lines.at(-1);
  if (code === undefined && signal === undefined) return `bpftrace ${told ?? 'could not be started'}`;
  const how = signal === undefined ? `ended with ${code ?? '?'}` : `was ended by ${signal}`;
  return told === undefined ? `bpftrace ${how}` : `bpftrace ${how}: ${told.trim()}`;
}

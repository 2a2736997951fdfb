/** One window: a bpftrace of its own with the programs that tax page faults, from its start to its last counts. */

import type { ProbePhase } from '../model/probe.js';
import type { BpftraceChild } from './bpftrace.js';
import type { OpenWindow } from './duty-policy.js';
import type { ProbeMessage } from './line.js';
import { cpuSecOf } from './process-times.js';
import type { ProgramSource } from './runnable.js';
import { Supervisor, type SupervisorOptions } from './supervisor.js';
import { EpochWindow, type EpochCounts } from './window.js';

/** Frames follow each other faster than in the bpftrace that runs always: the shortest window has two. */
const FRAME_MS = 500;
/** Begin of a frame, with bpftrace's nsecs; the timing program's is none of those that count. */
const TICK = /"tick (?!service)\w+ (\d+)/;
/** How often a bpftrace that is ending is asked for its CPU time. */
const METER_MS = 50;

export interface DutyWindowOptions {
  /** What to run; programs that bpftrace refuses are dropped from it. */
  readonly source: ProgramSource;
  readonly launch: SupervisorOptions['launch'];
  readonly timing?: SupervisorOptions['timing'];
  /** Counts begin at zero. */
  readonly onBegin: () => void;
  /** All programs have told their counts, in a frame that began `lagSec` ago. */
  readonly onFrame: (counts: EpochCounts, lagSec: number) => void;
  readonly onMessage: (message: ProbeMessage) => void;
  readonly onState: (name: string, state: ProbePhase, detail: string, startupMs?: number) => void;
}

export interface WindowEnd extends OpenWindow {
  /** The final counts, told by bpftrace when it ended. */
  readonly counts: EpochCounts;
  /** undefined: it was closed. `refused`: nothing ran, and `onState` was told why. `ended`: it ran and ended unasked. */
  readonly failure: { readonly kind: 'refused' } | { readonly kind: 'ended'; readonly why: string } | undefined;
}

export class DutyWindow {
  readonly #options: DutyWindowOptions;
  readonly #supervisor: Supervisor;
  readonly #meter = new CpuMeter();
  #counts = new EpochWindow();
  #frames = 0;
  #lastProgram: string | undefined;
  /** CLOCK_MONOTONIC, nanoseconds, of the newest frame's begin. */
  #tickNs: bigint | undefined;
  #isClosing = false;
  #failure: WindowEnd['failure'];
  #over: () => void = () => undefined;

  constructor(options: DutyWindowOptions) {
    this.#options = options;
    this.#supervisor = new Supervisor({
      intervalSec: 1,
      launch: (program, onLine, onStderrLine) => {
        const text = program.replace(/^interval:s:1$/gm, `interval:ms:${FRAME_MS}`);
        const onTimedLine = (line: string): void => {
          const tickNs = TICK.exec(line)?.[1];
          if (tickNs !== undefined) this.#tickNs ??= BigInt(tickNs);
          onLine(line);
        };
        return this.#meter.watch(options.launch(text, onTimedLine, onStderrLine));
      },
      onEpoch: () => {
        this.#counts = new EpochWindow();
        this.#frames = 0;
        this.#lastProgram = options.source.current().at(-1)?.name;
        options.onBegin();
      },
      onMessage: (message) => {
        this.#take(message);
      },
      onEpochEnd: () => {
        this.#counts.finish();
      },
      onState: (name, state, detail, startupMs) => {
        options.onState(name, state, detail, startupMs);
        // It ended unasked. Whether another one begins is the policy's affair, not the supervisor's.
        if (state === 'backoff') this.#end({ kind: 'ended', why: detail });
      },
      ...(options.timing !== undefined && { timing: options.timing }),
    });
  }

  /** What the policy asks for. */
  get state(): OpenWindow {
    return { frames: this.#frames, cpuSec: this.#meter.read() };
  }

  /** Resolves when bpftrace has ended; never rejects. `onRunning`: the programs run, or it is known that none does. */
  async run(onRunning: () => void): Promise<WindowEnd> {
    const over = new Promise<void>((resolve) => {
      this.#over = resolve;
    });
    await this.#supervisor.start(this.#options.source);
    if (this.#frames === 0) this.#end({ kind: 'refused' });
    onRunning();
    await over;
    const meter = setInterval(() => this.#meter.read(), METER_MS);
    await this.#supervisor.stop();
    clearInterval(meter);
    return { ...this.state, counts: this.#counts.counts(), failure: this.#failure };
  }

  /** Asks bpftrace for its final counts and its end. */
  close(): void {
    this.#isClosing = true;
    // While it is still starting, `run` waits for that: only the supervisor can interrupt it.
    void this.#supervisor.stop();
    this.#over();
  }

  #end(failure: WindowEnd['failure']): void {
    if (!this.#isClosing) this.#failure ??= failure;
    this.#over();
  }

  #take(message: ProbeMessage): void {
    const program = this.#counts.accept(message);
    this.#options.onMessage(message);
    if (program === undefined || program !== this.#lastProgram) return;
    this.#frames += 1;
    const lagSec = this.#tickNs === undefined ? 0 : Number(process.hrtime.bigint() - this.#tickNs) / 1e9;
    this.#tickNs = undefined;
    this.#options.onFrame(this.#counts.counts(), Math.max(0, lagSec));
  }
}

/** CPU time of every bpftrace of a window, as far as it could be read before each ended. */
class CpuMeter {
  #past = 0;
  #pid: number | undefined;
  #newest = 0;

  watch(child: BpftraceChild): BpftraceChild {
    this.#past += this.#newest;
    this.#newest = 0;
    this.#pid = child.pid;
    void child.exited.then(() => {
      if (this.#pid === child.pid) this.#pid = undefined; // another process may get the number
    });
    return child;
  }

  read(): number {
    if (this.#pid !== undefined) this.#newest = cpuSecOf(this.#pid) ?? this.#newest;
    return this.#past + this.#newest;
  }
}

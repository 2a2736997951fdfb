import { KsmdReader } from '../../src/agent/kernel/ksmd.js';
import { readKsmFile } from '../../src/agent/kernel/ksm-sysfs.js';
import { readVmstat } from '../../src/agent/kernel/vmstat.js';
import { readBusySec, readProcessTimes, treeCpuSec } from './processes.js';
import type { Tick } from './types.js';

const EVERY_MS = 100;
const PAGES_PER_MIB = 256;

/** What a window came to. */
export interface Observed {
  readonly ticks: readonly Tick[];
  /** Of the observing agent and its children. */
  readonly agentCpuSec: number;
  readonly fullScans: number;
  /** In cores: what neither ksmd nor any process of ours accounts for. */
  readonly foreignLoad: number;
}

/** CPU times at one moment, in seconds. */
interface Times {
  readonly atSec: number;
  readonly busy: number;
  readonly ksmd: number;
  readonly agent: number;
  /** This process and all below it: guests, policies, the agent. */
  readonly ours: number;
}

/** The bench's own eye on KSM: ten samples a second, 0.1 ms of CPU each. What takes longer is read at the ends only. */
export class Observer {
  readonly #ksmd = new KsmdReader();
  readonly #agentPid: number;
  readonly #ticks: Tick[] = [];
  #timer: NodeJS.Timeout | undefined;
  #before: Times | undefined;
  #fullScans = 0;
  #startMs = 0;
  /** Of a sample on the timer: told at the end, where somebody hears it. */
  #failure: Error | undefined;

  constructor(options: { readonly agentPid: number }) {
    this.#agentPid = options.agentPid;
  }

  /** The window begins when this returns. */
  start(): void {
    this.#before = this.#times();
    this.#fullScans = readKsmFile('full_scans') ?? 0;
    this.#startMs = performance.now();
    this.#sample();
    this.#schedule();
  }

  /** Seconds since the start of the window. */
  elapsed(): number {
    return (performance.now() - this.#startMs) / 1000;
  }

  /**
   * Takes the last sample.
   *
   * @throws Error when one of the samples could not be taken
   */
  finish(): Observed {
    this.stop();
    if (this.#failure !== undefined) throw this.#failure;
    this.#sample();
    const fullScans = (readKsmFile('full_scans') ?? 0) - this.#fullScans;
    const after = this.#times();
    const before = this.#before ?? after;
    const grown = (name: keyof Times): number => after[name] - before[name];
    return {
      ticks: this.#ticks,
      agentCpuSec: grown('agent'),
      fullScans,
      // Ticks of 10 ms in one, nanoseconds in the other: a quiet machine may come out below 0.
      foreignLoad: Math.max(0, grown('busy') - grown('ksmd') - grown('ours')) / grown('atSec'),
    };
  }

  /** Ends the sampling; harmless at any time. */
  stop(): void {
    clearTimeout(this.#timer);
  }

  /** At round tenths of a second, however late the last one was. */
  #schedule(): void {
    const sinceMs = performance.now() - this.#startMs;
    const nextMs = (Math.floor(sinceMs / EVERY_MS) + 1) * EVERY_MS;
    this.#timer = setTimeout(() => {
      try {
        this.#sample();
        this.#schedule();
      } catch (error) {
        this.#failure = error instanceof Error ? error : new Error(String(error));
      }
    }, nextMs - sinceMs);
  }

  #sample(): void {
    const sec = this.elapsed();
    const before = this.#ticks.at(-1);
    // A timer may fire a little early, and the last sample falls on a tenth.
    if (before !== undefined && sec - before.sec < EVERY_MS / 10_000) return;
    const savedPages = (readKsmFile('pages_sharing') ?? 0) + (readKsmFile('ksm_zero_pages') ?? 0);
    this.#ticks.push({
      sec,
      savedMib: savedPages / PAGES_PER_MIB,
      ksmdCpuSec: this.#ksmdSec(),
      // Before 5.19 the kernel does not count them, and a policy's breaks cost nothing in its score.
      cowBreaks: readVmstat()?.cow_ksm ?? 0,
    });
  }

  #ksmdSec(): number {
    const ksmd = this.#ksmd.read(performance.now());
    if (ksmd === undefined) throw new Error("ksmd's CPU time cannot be read any more");
    return ksmd.cpuNs / 1e9;
  }

  #times(): Times {
    const processes = readProcessTimes();
    return {
      atSec: performance.now() / 1000,
      busy: readBusySec(),
      ksmd: this.#ksmdSec(),
      agent: treeCpuSec(processes, this.#agentPid),
      ours: treeCpuSec(processes, process.pid),
    };
  }
}

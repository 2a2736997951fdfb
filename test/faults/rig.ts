import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { GetHistoryRequest } from '../../proto/generated/ksmpilot/v1/GetHistoryRequest.js';
import type { History__Output } from '../../proto/generated/ksmpilot/v1/History.js';
import type { Host__Output } from '../../proto/generated/ksmpilot/v1/Host.js';
import type { KsmpilotClient } from '../../proto/generated/ksmpilot/v1/Ksmpilot.js';
import type { Status__Output } from '../../proto/generated/ksmpilot/v1/Status.js';
import { packageRoot } from '../../src/agent/paths.js';
import { AgentProcess } from '../helpers/agent-process.js';
import { Guest } from '../helpers/guest.js';
import { readKsm, writeKnobs } from '../helpers/knobs.js';
import { call, connect } from '../helpers/rpc.js';
import { Cell } from './cell.js';

/** Values that nobody else would choose: what is put back is known by them. */
export const BEFORE = { run: 0, pages_to_scan: 113, sleep_millisecs: 29, smart_scan: 1 } as const;

/** Of the agent's process, without bpftrace. Bytes. A leak of the ten-thousandth part of it a second would be seen. */
export const MEMORY_MAX = 200 * 2 ** 20;

/** Twice as many pages as make the tuner scan at once. */
const PAGES = 5003;
const ANSWER_MS = 20_000;

export interface SavedBaseline {
  readonly knobs: Readonly<Record<string, number | string>>;
  readonly written: Readonly<Record<string, number | string>>;
}

/**
 * One host for one fault: a cell, two processes with equal mergeable memory, and an agent that tunes. What must hold
 * after every fault is here.
 */
export class Rig implements AsyncDisposable {
  readonly cell: Cell;
  readonly #guests: readonly Guest[];
  #agent: AgentProcess;
  #client: KsmpilotClient | undefined;
  #most = 0;

  private constructor(cell: Cell, guests: readonly Guest[]) {
    this.cell = cell;
    this.#guests = guests;
    this.#agent = new AgentProcess(cell.launcher);
  }

  static async start(): Promise<Rig> {
    writeKnobs(BEFORE);
    const cell = await Cell.start();
    const guests = [await Guest.start('fault-a'), await Guest.start('fault-b')];
    for (const guest of guests) await guest.map(0, PAGES, 'unique', 7);
    return new Rig(cell, guests);
  }

  get agent(): AgentProcess {
    return this.#agent;
  }

  get client(): KsmpilotClient {
    return (this.#client ??= connect(`127.0.0.1:${this.#agent.grpcPort}`));
  }

  /** The most private memory that was seen of the agent, MiB. */
  get mostMemory(): string {
    return `${Math.ceil(this.#most / 2 ** 20)} MiB`;
  }

  /** The same state folder, run in another way. @param launcher executes in its own place what comes after it */
  async relaunch(launcher: readonly string[] = []): Promise<void> {
    const before = this.#agent;
    await before.end('SIGKILL');
    rmSync(before.stateDir, { recursive: true, force: true });
    this.#agent = new AgentProcess([...this.cell.launcher, ...launcher]);
  }

  /** Starts the agent; resolves when it samples. Another than the one before: its address is new. */
  async run(...args: readonly string[]): Promise<void> {
    this.#client?.close();
    this.#client = undefined;
    await this.#agent.start(...args);
  }

  /** An agent in auto mode that has moved knobs. */
  async tune(...args: readonly string[]): Promise<void> {
    await this.run('--mode', 'auto', '--interval', '500', ...args);
    await this.until('the tuner has moved the knobs', () => this.hasMoved());
  }

  hasMoved(): boolean {
    return readKsm('pages_to_scan') !== BEFORE.pages_to_scan;
  }

  knobs(): Record<keyof typeof BEFORE, number> {
    return {
      run: readKsm('run'),
      pages_to_scan: readKsm('pages_to_scan'),
      sleep_millisecs: readKsm('sleep_millisecs'),
      smart_scan: readKsm('smart_scan'),
    };
  }

  /** The baseline on disk; undefined: none. @throws where it is not whole */
  baseline(): SavedBaseline | undefined {
    const path = this.cell.path('/run/ksmpilot/baseline.json');
    return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as SavedBaseline) : undefined;
  }

  async status(): Promise<Status__Output> {
    return call((done) => this.client.getStatus({}, { deadline: Date.now() + ANSWER_MS }, done));
  }

  async history(request: GetHistoryRequest = {}): Promise<History__Output> {
    return call((done) => this.client.getHistory(request, { deadline: Date.now() + ANSWER_MS }, done));
  }

  async host(): Promise<Host__Output> {
    return call((done) => this.client.getHost({}, { deadline: Date.now() + ANSWER_MS }, done));
  }

  advisorMode(): string {
    return /\[(.*)\]/.exec(readFileSync('/sys/kernel/mm/ksm/advisor_mode', 'utf8'))?.[1] ?? '';
  }

  /** How many files the agent has open. */
  openFiles(): number {
    return this.#files().length;
  }

  highestFile(): number {
    return Math.max(...this.#files());
  }

  /** Runs lines of shell beside the agent. @returns what ends them */
  hog(script: string, ...args: readonly string[]): () => void {
    const child = spawn('sh', ['-ec', script, 'sh', ...args], { stdio: 'ignore', detached: true });
    return () => {
      try {
        process.kill(-(child.pid ?? 0), 'SIGKILL');
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
      }
    };
  }

  #files(): number[] {
    return readdirSync(`/proc/${this.#agent.pid}/fd`).map(Number);
  }

  /**
   * The agent answers, samples, keeps its memory, and holds the knobs by a whole baseline or has given them back.
   *
   * @param others knobs that somebody else has moved
   */
  async lives(others: readonly string[] = []): Promise<Status__Output> {
    const first = await this.status();
    let status = first;
    await this.until('a new sample', async () => {
      status = await this.status();
      return status.sample !== null && status.sample.seq !== first.sample?.seq;
    });
    this.checkMemory();
    this.checkKnobs(others);
    return status;
  }

  /** Of the agent now. @throws above MEMORY_MAX */
  checkMemory(): void {
    const text = readFileSync(`/proc/${this.#agent.pid}/smaps_rollup`, 'utf8');
    const bytes = [...text.matchAll(/^Private_(?:Clean|Dirty): +(\d+) kB$/gm)].reduce(
      (sum, [, kib]) => sum + Number(kib) * 1024,
      0,
    );
    this.#most = Math.max(this.#most, bytes);
    if (bytes > MEMORY_MAX) throw new Error(`the agent has ${bytes} bytes of private memory`);
  }

  /** What is not as it was found can be put back: the baseline on disk has the value found. True at every moment. */
  checkKnobs(others: readonly string[] = []): void {
    const before: Record<string, number> = BEFORE;
    // Read before the baseline: it is removed after the knobs were put back, and saved before they are moved.
    const now = Object.entries(this.knobs()).filter(([knob]) => !others.includes(knob));
    const baseline = this.baseline();
    const lost = now.filter(([knob, value]) => value !== before[knob] && baseline?.knobs[knob] !== before[knob]);
    if (lost.length > 0) throw new Error(`moved and not in the baseline: ${JSON.stringify({ lost, baseline })}`);
  }

  /** @param other what somebody else left, and who yields leaves too */
  checkGivenBack(other: Partial<Record<keyof typeof BEFORE, number>> = {}): void {
    const [now, wanted] = [this.knobs(), { ...BEFORE, ...other }].map((knobs) => JSON.stringify(knobs));
    if (now !== wanted) throw new Error(`the knobs are ${now ?? ''}, not ${wanted ?? ''}`);
    const baseline = this.baseline();
    if (baseline !== undefined) throw new Error(`a baseline is left: ${JSON.stringify(baseline)}`);
  }

  /** SIGTERM, and all is as it was found; then a next agent finds the history of this one, and ends well. */
  async finish(other: Partial<Record<keyof typeof BEFORE, number>> = {}): Promise<void> {
    const { oldest_ms } = await this.history();
    await this.end();
    this.checkGivenBack(other);
    await this.run('--no-probes', '--interval', '500');
    await this.lives(Object.keys(other));
    await this.until('the history is open', async () => (await this.history()).oldest_ms !== undefined);
    const again = await this.history();
    if (again.problem !== '') throw new Error(`the history has a problem: ${again.problem}`);
    if (oldest_ms !== undefined && again.oldest_ms !== oldest_ms)
      throw new Error(`the history began at ${oldest_ms}, and begins at ${String(again.oldest_ms)} now`);
    await this.end();
    this.checkGivenBack(other);
  }

  /** SIGTERM. @throws where the agent does not end well, or leaves a bpftrace behind */
  async end(): Promise<void> {
    const code = await this.#agent.end('SIGTERM');
    if (code !== 0) throw new Error(`the agent ended with ${String(code)}: ${this.#agent.stderr.slice(-2000)}`);
    await this.until('no bpftrace is left', () => this.cell.pids('bpftrace').length === 0);
  }

  /** Of the cell, where no agent runs. */
  restore(): void {
    this.cell.shell('exec "$@"', process.execPath, join(packageRoot, 'bin', 'ksmpilot'), 'restore');
  }

  async until(what: string, holds: () => boolean | Promise<boolean>, withinMs = 40_000): Promise<void> {
    const end = performance.now() + withinMs;
    while (!(await holds())) {
      if (performance.now() > end)
        throw new Error(`not within ${withinMs} ms: ${what}; the agent said: ${this.#agent.stderr.slice(-2000)}`);
      await sleep(50);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#client?.close();
    await this.#agent[Symbol.asyncDispose]();
    await this.cell[Symbol.asyncDispose]();
    for (const guest of this.#guests) await guest[Symbol.asyncDispose]();
    writeKnobs(BEFORE);
  }
}

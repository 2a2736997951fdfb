import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { LineSplitter } from '../../src/agent/probes/lines.js';
import { joinPrograms } from '../../src/agent/probes/program.js';

const FRAME_TIMEOUT_MS = 30_000;
const KILL_AFTER_MS = 3_000;

/** One bpftrace, watched from its exec on. Milliseconds count from there. */
export class BpftraceRun implements AsyncDisposable {
  readonly #child: ChildProcessByStdio<null, Readable, Readable>;
  readonly #startedAt = performance.now();
  readonly #exited: Promise<void>;
  #firstFrameMs: number | undefined;
  #ended = false;
  #said = '';

  private constructor(child: ChildProcessByStdio<null, Readable, Readable>, folder: string) {
    this.#child = child;
    const splitter = new LineSplitter(2 ** 24);
    child.stdout.on('data', (chunk: Buffer) => {
      for (const line of splitter.push(chunk.toString()))
        if (line.includes('tock ')) this.#firstFrameMs ??= performance.now() - this.#startedAt;
    });
    child.stderr.on('data', (chunk: Buffer) => (this.#said = `${this.#said}${chunk.toString()}`.slice(-500)));
    this.#exited = new Promise((resolve) =>
      child.once('close', () => {
        this.#ended = true;
        rmSync(folder, { recursive: true, force: true });
        resolve();
      }),
    );
  }

  /** @param environment beside this process's own */
  static async start(text: string, environment: Readonly<Record<string, string>> = {}): Promise<BpftraceRun> {
    const folder = mkdtempSync(join(tmpdir(), 'ksmpilot-bench-'));
    writeFileSync(join(folder, 'program.bt'), joinPrograms([text]));
    const env = { ...process.env, LC_ALL: 'C', BPFTRACE_MAP_KEYS_MAX: '16384', BPFTRACE_MAX_MAP_KEYS: '16384' };
    const child = spawn('bpftrace', ['-f', 'json', join(folder, 'program.bt')], {
      env: { ...env, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const run = new BpftraceRun(child, folder);
    await new Promise((resolve, reject) => child.once('spawn', resolve).once('error', reject));
    return run;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Until the first frame; milliseconds since exec. */
  async firstFrame(): Promise<number> {
    while (this.#firstFrameMs === undefined) {
      if (this.#ended) throw new Error(`bpftrace ended: ${this.#said.trim()}`);
      if (performance.now() - this.#startedAt > FRAME_TIMEOUT_MS) throw new Error('bpftrace brings no frame');
      await sleep(5);
    }
    return this.#firstFrameMs;
  }

  /** Until `ready`; milliseconds since exec. */
  async until(ready: () => Promise<boolean>): Promise<number> {
    while (!(await ready())) {
      if (this.#ended) throw new Error(`bpftrace ended: ${this.#said.trim()}`);
      await sleep(5);
    }
    return performance.now() - this.#startedAt;
  }

  /** Of all its threads, in nanoseconds. */
  cpuNs(): number {
    const tasks = `/proc/${this.pid}/task`;
    const spent = readdirSync(tasks).map((task) => readFileSync(join(tasks, task, 'schedstat'), 'utf8').split(' ')[0]);
    return spent.map(Number).reduce((sum, ns) => sum + ns, 0);
  }

  /** Bytes. */
  memory(): { readonly resident: number; readonly privateDirty: number } {
    const text = readFileSync(`/proc/${this.pid}/smaps_rollup`, 'utf8');
    const bytes = (name: string): number => Number(new RegExp(`^${name}: +(\\d+) kB$`, 'm').exec(text)?.[1]) * 1024;
    return { resident: bytes('Rss'), privateDirty: bytes('Private_Dirty') };
  }

  /** Milliseconds from SIGTERM to its end. */
  async stop(): Promise<number> {
    const asked = performance.now();
    if (!this.#ended) this.#child.kill('SIGTERM');
    const killer = setTimeout(() => this.#child.kill('SIGKILL'), KILL_AFTER_MS);
    await this.#exited;
    clearTimeout(killer);
    return performance.now() - asked;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

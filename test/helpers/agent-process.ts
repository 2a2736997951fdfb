import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../../src/agent/paths.js';

const BIN = join(packageRoot, 'bin', 'ksmpilot');
/** The banner comes when samples flow; the probes are up a few seconds later. */
const READY_MS = 60_000;
const STOP_MS = 20_000;

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs one command of the built program to its end. */
export function ksmpilot(...args: string[]): Promise<Ended> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [BIN, ...args], { timeout: 60_000 }, (_error, stdout, stderr) => {
      resolve({ code: child.exitCode, stdout, stderr });
    });
  });
}

/** `ksmpilot run` as a process of its own, with free ports and a state folder that outlives a restart. */
export class AgentProcess implements AsyncDisposable {
  readonly stateDir: string;
  /** Everything it wrote to stderr: log and banner. */
  stderr = '';
  readonly #launcher: readonly string[];
  #child: ChildProcess | undefined;
  #ended: Promise<number | null> = Promise.resolve(null);

  /** @param launcher what comes before the program's own words and executes it in its place, such as nsenter */
  constructor(launcher: readonly string[] = []) {
    this.#launcher = launcher;
    this.stateDir = mkdtempSync(join(tmpdir(), 'ksmpilot-test-'));
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  /** The page, from the banner. */
  get url(): string {
    return /page\s+(http\S+)/.exec(this.stderr)?.[1] ?? '';
  }

  get token(): string {
    return /#token=([0-9a-f]+)/.exec(this.stderr)?.[1] ?? '';
  }

  get grpcPort(): number {
    return Number(/gRPC\s+\S+:(\d+)/.exec(this.stderr)?.[1]);
  }

  /** Resolves when the banner was printed; rejects with its words when it ends instead. */
  async start(...args: string[]): Promise<this> {
    this.stderr = '';
    const run = ['run', '--state-dir', this.stateDir, '--grpc', '127.0.0.1:0', '--http', '127.0.0.1:0', ...args];
    const [program = '', ...words] = [...this.#launcher, process.execPath, BIN, ...run];
    const child = spawn(program, words, { stdio: ['ignore', 'ignore', 'pipe'] });
    this.#child = child;
    this.#ended = new Promise((resolve) => child.once('close', (code) => resolve(code)));
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no banner within ${READY_MS} ms: ${this.stderr}`)), READY_MS);
      child.stderr.on('data', (chunk: Buffer) => {
        this.stderr += chunk.toString();
        if (this.stderr.includes('ksmpilot runs.')) {
          clearTimeout(timer);
          resolve();
        }
      });
      void this.#ended.then((code) => {
        clearTimeout(timer);
        reject(new Error(`the agent ended with ${String(code)}: ${this.stderr}`));
      });
    });
    return this;
  }

  /** Reads its log no more, as a `tee` that ended or a terminal that was closed: each further line fails (EPIPE). */
  closeLog(): void {
    this.#child?.stderr?.destroy();
  }

  /** Sends the signal and resolves to the exit code, null when the signal ended it. */
  async end(signal: NodeJS.Signals): Promise<number | null> {
    this.#child?.kill(signal);
    const timer = setTimeout(() => this.#child?.kill('SIGKILL'), STOP_MS);
    const code = await this.#ended;
    clearTimeout(timer);
    return code;
  }

  /** A command that talks to this agent. */
  ask(...args: string[]): Promise<Ended> {
    return ksmpilot(...args, '--state-dir', this.stateDir);
  }

  async json<T>(...args: string[]): Promise<T> {
    const { code, stdout, stderr } = await this.ask(...args, '--json');
    if (code !== 0) throw new Error(`${args.join(' ')} ended with ${String(code)}: ${stderr}`);
    return JSON.parse(stdout) as T;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end('SIGTERM');
    rmSync(this.stateDir, { recursive: true, force: true });
  }
}

/** What `status --json` promises to scripts. */
export interface StatusJson {
  readonly mode: string;
  readonly saved_bytes: number | null;
  readonly profit_bytes: number | null;
  readonly ksmd_cpu_pct: number | null;
  readonly scan_pages_per_sec: number | null;
  readonly merges_total: number | null;
  readonly cow_breaks_total: number | null;
  readonly cow_breaks_attributed_total: number | null;
  readonly cow_breaks_unattributed_total: number | null;
  readonly lost_events_total: number;
  readonly knobs: Readonly<Record<string, number | string | null>>;
  readonly baseline: Readonly<Record<string, number | string | null>> | null;
  readonly probes: readonly { readonly name: string; readonly state: string; readonly detail: string }[];
  readonly decision: { readonly phase: string; readonly reason: string } | null;
}

export interface PsRow {
  readonly pid: number;
  readonly comm: string;
  readonly saved_bytes: number | null;
  readonly merging_pages: number | null;
  readonly merges_total: number | null;
  readonly cow_breaks_total: number | null;
  readonly zero_breaks_total: number | null;
  readonly ended: boolean;
}

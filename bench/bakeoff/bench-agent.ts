import { spawn, type ChildProcess } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { packageRoot } from '../../src/agent/paths.js';
import type { runProgram } from '../../src/cli/exit.js';
import type { Io } from '../../src/cli/io.js';
import type { createProgram } from '../../src/cli/program.js';
import { AgentProcess, type StatusJson } from '../../test/helpers/agent-process.js';
import type { ObserverAgent } from './types.js';

const PROBES_MS = 30_000;
const ASK_EVERY_MS = 150;

/** ksmpilot as the observer of one cell: its own process, no page, free port, the settings of a fresh install. */
export class BenchAgent implements ObserverAgent {
  readonly #process = new AgentProcess();
  #watchdog: ChildProcess | undefined;

  get pid(): number {
    return this.#process.pid;
  }

  /** Resolves when samples flow; the probes take some seconds more. */
  async start({ price }: { readonly price: number | null }): Promise<void> {
    // A settings file of its own: one in /etc would decide about the result.
    const config = join(this.#process.stateDir, 'bakeoff.yaml');
    writeFileSync(config, '{}\n');
    const args = ['--config', config, '--mode', 'observe', '--no-http', '--log-level', 'warn'];
    await this.#process.start(...args, ...(price === null ? [] : ['--price', String(price)]));
    this.#watchdog = endWithUs(this.pid);
  }

  /**
   * Resolves when every probe runs, or says why it cannot.
   *
   * @returns what says so: one line for each probe that does not run
   */
  async probesUp(signal: AbortSignal): Promise<readonly string[]> {
    const deadline = performance.now() + PROBES_MS;
    for (;;) {
      const { probes } = JSON.parse(await this.ask('status', '--json')) as StatusJson;
      const waiting = probes.some(({ state }) => state === 'starting');
      if (!waiting || performance.now() > deadline) {
        return probes
          .filter(({ state }) => state !== 'running')
          .map((one) => `${one.name} ${one.state}: ${one.detail}`);
      }
      await sleep(ASK_EVERY_MS, undefined, { signal });
    }
  }

  /**
   * The built program within this process: one of its own takes half a second of CPU to start, in the middle of what is
   * measured.
   */
  async ask(...args: string[]): Promise<string> {
    const cli = await builtCli();
    const said = { stdout: '', stderr: '' };
    const output = (name: keyof typeof said): Io['stdout'] => ({ write: (text) => (said[name] += text) });
    const io: Io = { stdout: output('stdout'), stderr: output('stderr'), stdin: process.stdin, env: {} };
    const argv = ['node', 'ksmpilot', ...args, '--state-dir', this.#process.stateDir];
    const code = await cli.runProgram(cli.createProgram(io), argv, io);
    if (code !== 0) throw new Error(`ksmpilot ${args.join(' ')} ended with ${code}: ${said.stderr.trim()}`);
    return said.stdout;
  }

  /** Ends it, and it puts back what it wrote. Never throws. */
  async stop(): Promise<void> {
    if (this.pid !== 0) await this.#process.end('SIGTERM');
    this.#watchdog?.kill('SIGKILL');
    rmSync(this.#process.stateDir, { recursive: true, force: true });
  }
}

interface Cli {
  readonly createProgram: typeof createProgram;
  readonly runProgram: typeof runProgram;
}

/** The built command line, that of `bin/ksmpilot`; not that of the sources, which may have moved on. */
async function builtCli(): Promise<Cli> {
  const load = async (name: string): Promise<unknown> =>
    import(pathToFileURL(join(packageRoot, 'dist', 'src', 'cli', name)).href);
  const [program, exit] = await Promise.all([load('program.js'), load('exit.js')]);
  return { ...(program as Pick<Cli, 'createProgram'>), ...(exit as Pick<Cli, 'runProgram'>) };
}

/** Ends a process when this one is gone, however it went: kill -9 leaves no agent behind that moves knobs. */
function endWithUs(pid: number): ChildProcess {
  const watchdog = spawn('/bin/sh', ['-c', 'cat >/dev/null; kill -TERM "$1"', 'bakeoff-agent', String(pid)], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  watchdog.on('error', () => undefined); // no shell, no watchdog
  return watchdog;
}

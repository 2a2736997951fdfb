import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compile } from '../../test/helpers/c-program.js';
import { ToldProcess } from '../../test/helpers/told-process.js';

const SOURCE = fileURLToPath(new URL('programs.c', import.meta.url));
/** Of tracefs. */
export const EVENTS = '/sys/kernel/tracing/events';

/** A program of the kernel and the tracepoint it belongs to. */
export interface HeldProgram {
  readonly id: number;
  readonly tracepoint: string;
}

/** What the kernel tells of a program. Run times are counted while `countRuns(true)`. */
export interface ProgramInfo {
  readonly runNs: number;
  readonly runs: number;
  /** After the verifier, 8 bytes an instruction. */
  readonly instructions: number;
  readonly machineCodeBytes: number;
}

/** BPF programs taken out of bpftrace, to be attached and detached within milliseconds; see programs.c. */
export class HeldPrograms implements AsyncDisposable {
  readonly #told: ToldProcess;
  readonly #ids = new Map<string, number>();

  private constructor(told: ToldProcess) {
    this.#told = told;
  }

  static async start(): Promise<HeldPrograms> {
    const result = compile(SOURCE);
    if (!('path' in result)) throw new Error(result.why);
    return new HeldPrograms(await ToldProcess.start(result.path));
  }

  /** Those that the process has attached to tracepoints; they stay when it ends. */
  async take(pid: number): Promise<readonly HeldProgram[]> {
    const answer = await this.#told.ask(`take ${pid}`);
    return answer.split(' ').flatMap((word) => {
      const [id, tracepoint] = word.split(':');
      return id === undefined || tracepoint === undefined ? [] : [{ id: Number(id), tracepoint }];
    });
  }

  /**
   * @param heard as bpftrace does it: the perf event that stands for the program is enabled, and lives on CPU 0, where
   * each event is then passed on to it as well. Else only the programs themselves run.
   */
  async attach(programs: readonly HeldProgram[], heard = false): Promise<void> {
    for (const { id, tracepoint } of programs)
      await this.#told.ask(`attach ${id} ${this.#idOf(tracepoint)}${heard ? ' heard' : ''}`);
  }

  async detach(): Promise<void> {
    await this.#told.ask('detach');
  }

  /** Lets go of all. */
  async drop(): Promise<void> {
    await this.#told.ask('drop');
  }

  async info({ id }: HeldProgram): Promise<ProgramInfo> {
    const [runNs = NaN, runs = NaN, bytes = NaN, machineCodeBytes = NaN] = (await this.#told.ask(`info ${id}`))
      .split(' ')
      .map(Number);
    return { runNs, runs, instructions: bytes / 8, machineCodeBytes };
  }

  /** The kernel counts run times of all programs on the host meanwhile; it stops with this process at the latest. */
  async countRuns(on: boolean): Promise<void> {
    await this.#told.ask(`stats ${on ? 'on' : 'off'}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#told.end();
  }

  /** The kernel tells a program's tracepoint without its category; no two that we use share a name. */
  #idOf(tracepoint: string): number {
    const known = this.#ids.get(tracepoint);
    if (known !== undefined) return known;
    const category = readdirSync(EVENTS).find((name) => hasEvent(name, tracepoint));
    if (category === undefined) throw new Error(`${EVENTS} has no ${tracepoint}`);
    const id = Number(readFileSync(join(EVENTS, category, tracepoint, 'id'), 'utf8'));
    this.#ids.set(tracepoint, id);
    return id;
  }
}

function hasEvent(category: string, tracepoint: string): boolean {
  try {
    return readdirSync(join(EVENTS, category)).includes(tracepoint);
  } catch {
    return false; // a file beside the categories
  }
}

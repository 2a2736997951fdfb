import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { compile } from '../../test/helpers/c-program.js';
import { ToldProcess } from '../../test/helpers/told-process.js';
import { median } from '../bakeoff/statistics.js';

const SOURCE = fileURLToPath(new URL('faults.c', import.meta.url));
/** Faults in one timed batch; see faults.c. */
const BATCH = 64;

/** A process that makes page faults and times them. Each figure is nanoseconds per fault, the median of its batches. */
export class FaultLoop implements AsyncDisposable {
  readonly #told: ToldProcess;

  private constructor(told: ToldProcess) {
    this.#told = told;
  }

  get pid(): number {
    return this.#told.pid;
  }

  static async start(cpu: number): Promise<FaultLoop> {
    const result = compile(SOURCE);
    if (!('path' in result)) throw new Error(result.why);
    const loop = new FaultLoop(await ToldProcess.start(result.path));
    await loop.pin(cpu);
    return loop;
  }

  async pin(cpu: number): Promise<void> {
    await this.#told.ask(`pin ${cpu}`);
  }

  /** First stores into fresh anonymous pages. */
  async touch(batches: number): Promise<number> {
    return perFault(await this.#told.ask(`touch ${batches}`));
  }

  /** Stores into pages that a child shares since fork. */
  async writeProtected(batches: number): Promise<number> {
    return perFault(await this.#told.ask(`wp ${batches}`));
  }

  /** From now on the process has mergeable memory: two areas of so many pages, a whole number of batches together. */
  async beMergeable(pages: number): Promise<void> {
    await this.#told.ask(`mergeable ${pages}`);
  }

  /** Gives both areas the same content. */
  async fill(seed: number): Promise<void> {
    await this.#told.ask(`fill ${seed}`);
  }

  /** Stores into every page of both areas. */
  async breakAll(): Promise<number> {
    return perFault(await this.#told.ask('break'));
  }

  mergingPages(): number {
    return Number(readFileSync(`/proc/${this.pid}/ksm_merging_pages`, 'utf8'));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#told.end();
  }
}

function perFault(answer: string): number {
  const ns = median(answer.split(' ').map(Number));
  if (ns === undefined || !(ns > 0)) throw new Error(`no times in "${answer.slice(0, 80)}"`);
  return ns / BATCH;
}

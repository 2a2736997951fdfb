import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { compile } from './c-program.js';
import { ToldProcess } from './told-process.js';

/** What an area of test/kernel/guest.c is filled with; see its header. */
export type Content = 'unique' | 'same' | 'zero' | 'random' | 'huge';

const SOURCE = fileURLToPath(new URL('../kernel/guest.c', import.meta.url));

/** Why there can be no guests here; undefined: there can. In CI a missing compiler is an error, never a skip. */
export function guestObstacle(): string | undefined {
  const result = compile(SOURCE);
  if ('path' in result) return undefined;
  if (process.env.CI === 'true') throw new Error(`CI must be able to compile test guests: ${result.why}`);
  return result.why;
}

/** A process with mergeable memory that does what it is told. `await using guest = await Guest.start()` ends it. */
export class Guest implements AsyncDisposable {
  readonly #told: ToldProcess;

  private constructor(told: ToldProcess) {
    this.#told = told;
  }

  get pid(): number {
    return this.#told.pid;
  }

  static async start(comm?: string): Promise<Guest> {
    const result = compile(SOURCE);
    if (!('path' in result)) throw new Error(result.why);
    // `read` and `direct` keep their data in the working directory: beside the sources, since O_DIRECT wants a disk.
    const told = await ToldProcess.start(result.path);
    if (comm !== undefined) await told.ask(`comm ${comm}`);
    return new Guest(told);
  }

  /** Address of the new area. */
  async map(area: number, pages: number, content: Content, seed = 0): Promise<bigint> {
    return BigInt(await this.#told.ask(`map ${area} ${pages} ${content} ${seed}`));
  }

  /** New content, such that areas filled with equal seeds are equal page by page in all guests. */
  async fill(area: number, from: number, count: number, seed: number): Promise<void> {
    await this.#told.ask(`fill ${area} ${from} ${count} ${seed}`);
  }

  /** Nanoseconds that the stores took. */
  async write(area: number, from: number, count: number): Promise<number> {
    return Number(await this.#told.ask(`write ${area} ${from} ${count}`));
  }

  /** read(2) into the pages. */
  async read(area: number, from: number, count: number): Promise<void> {
    await this.#told.ask(`read ${area} ${from} ${count}`);
  }

  /** The same with O_DIRECT. */
  async direct(area: number, from: number, count: number): Promise<void> {
    await this.#told.ask(`direct ${area} ${from} ${count}`);
  }

  /** process_vm_writev into itself. */
  async vmWrite(area: number, from: number, count: number): Promise<void> {
    await this.#told.ask(`vmwrite ${area} ${from} ${count}`);
  }

  /** process_vm_writev into another process. */
  async vmWriteTo(pid: number, address: bigint, count: number): Promise<void> {
    await this.#told.ask(`vmwriteto ${pid} ${address} ${count}`);
  }

  /** A child writes the pages and ends; returns its pid. */
  async forkWrite(area: number, from: number, count: number): Promise<number> {
    return Number(await this.#told.ask(`fork ${area} ${from} ${count}`));
  }

  async populate(area: number, from: number, count: number): Promise<void> {
    await this.#told.ask(`populate ${area} ${from} ${count}`);
  }

  async dontNeed(area: number, from: number, count: number): Promise<void> {
    await this.#told.ask(`dontneed ${area} ${from} ${count}`);
  }

  async unmerge(area: number): Promise<void> {
    await this.#told.ask(`unmerge ${area}`);
  }

  /** Each page is written once, by one of `threads`. */
  async writeByThreads(area: number, from: number, count: number, threads: number): Promise<void> {
    await this.#told.ask(`threads ${area} ${from} ${count} ${threads}`);
  }

  /** Each page is written by all `threads` at the same moment. */
  async race(area: number, from: number, count: number, threads: number): Promise<void> {
    await this.#told.ask(`race ${area} ${from} ${count} ${threads}`);
  }

  /** A virtual machine whose memory is the area. */
  async openKvm(area: number, cpus = 1): Promise<void> {
    await this.#told.ask(`kvm ${area} ${cpus}`);
  }

  /** Each page is written once, by one of the machine's CPUs. */
  async kvmWrite(area: number, from: number, count: number): Promise<void> {
    await this.#told.ask(`kvmwrite ${area} ${from} ${count}`);
  }

  /** /proc/PID/ksm_merging_pages. */
  mergingPages(): number {
    return Number(readFileSync(`/proc/${this.pid}/ksm_merging_pages`, 'utf8'));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#told.end();
  }
}

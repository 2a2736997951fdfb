import { execFileSync, spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** What an area of test/kernel/guest.c is filled with; see its header. */
export type Content = 'unique' | 'same' | 'zero' | 'random';

/** Test processes are ended without notice and could not clean up after themselves: one binary for each source text. */
const CACHE = fileURLToPath(new URL('../../node_modules/.cache/ksmpilot-test/', import.meta.url));
const SOURCE = fileURLToPath(new URL('../kernel/guest.c', import.meta.url));
const ANSWER_TIMEOUT_MS = 60_000;

let compiled: { readonly path: string } | { readonly why: string } | undefined;

/** Why there can be no guests here; undefined: there can. In CI a missing compiler is an error, never a skip. */
export function guestObstacle(): string | undefined {
  const result = compile();
  if ('path' in result) return undefined;
  if (process.env.CI === 'true') throw new Error(`CI must be able to compile test guests: ${result.why}`);
  return result.why;
}

function compile(): { readonly path: string } | { readonly why: string } {
  if (compiled !== undefined) return compiled;
  const path = join(CACHE, `guest-${createHash('sha256').update(readFileSync(SOURCE)).digest('hex').slice(0, 16)}`);
  try {
    if (!existsSync(path)) {
      mkdirSync(CACHE, { recursive: true });
      execFileSync('cc', ['-O1', '-pthread', '-o', `${path}.${process.pid}`, SOURCE], {
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      renameSync(`${path}.${process.pid}`, path);
    }
    compiled = { path };
  } catch (error) {
    compiled = {
      why: `cc cannot compile test/kernel/guest.c: ${error instanceof Error ? error.message : String(error)}`,
    };
  }
  return compiled;
}

/** A process with mergeable memory that does what it is told. `await using guest = await Guest.start()` ends it. */
export class Guest implements AsyncDisposable {
  readonly pid: number;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #waiting: { resolve: (answer: string) => void; reject: (error: Error) => void }[] = [];
  readonly #exited: Promise<void>;
  #diagnosis = '';

  private constructor(child: ChildProcessWithoutNullStreams, pid: number) {
    this.#child = child;
    this.pid = pid;
    createInterface({ input: child.stdout }).on('line', (line) => this.#waiting.shift()?.resolve(line));
    child.stderr.on('data', (chunk) => (this.#diagnosis = `${this.#diagnosis}${String(chunk)}`.slice(-500)));
    child.stdin.on('error', () => undefined); // it ended: the pending answer says so
    this.#exited = new Promise((resolve) =>
      child.once('close', (code, signal) => {
        const error = new Error(`guest ${pid} ended (${signal ?? code}) ${this.#diagnosis}`);
        for (const { reject } of this.#waiting.splice(0)) reject(error);
        resolve();
      }),
    );
  }

  static async start(comm?: string): Promise<Guest> {
    const result = compile();
    if (!('path' in result)) throw new Error(result.why);
    // `read` and `direct` keep their data in the working directory: beside the sources, since O_DIRECT wants a disk.
    const child = spawn(result.path, { cwd: join(result.path, '..'), stdio: 'pipe' });
    await new Promise((resolve, reject) => child.once('spawn', resolve).once('error', reject));
    const guest = new Guest(child, child.pid ?? 0);
    if (comm !== undefined) await guest.#ask(`comm ${comm}`);
    return guest;
  }

  /** Address of the new area. */
  async map(area: number, pages: number, content: Content, seed = 0): Promise<bigint> {
    return BigInt(await this.#ask(`map ${area} ${pages} ${content} ${seed}`));
  }

  /** New content, such that areas filled with equal seeds are equal page by page in all guests. */
  async fill(area: number, from: number, count: number, seed: number): Promise<void> {
    await this.#ask(`fill ${area} ${from} ${count} ${seed}`);
  }

  /** Nanoseconds that the stores took. */
  async write(area: number, from: number, count: number): Promise<number> {
    return Number(await this.#ask(`write ${area} ${from} ${count}`));
  }

  /** read(2) into the pages. */
  async read(area: number, from: number, count: number): Promise<void> {
    await this.#ask(`read ${area} ${from} ${count}`);
  }

  /** The same with O_DIRECT. */
  async direct(area: number, from: number, count: number): Promise<void> {
    await this.#ask(`direct ${area} ${from} ${count}`);
  }

  /** process_vm_writev into itself. */
  async vmWrite(area: number, from: number, count: number): Promise<void> {
    await this.#ask(`vmwrite ${area} ${from} ${count}`);
  }

  /** process_vm_writev into another process. */
  async vmWriteTo(pid: number, address: bigint, count: number): Promise<void> {
    await this.#ask(`vmwriteto ${pid} ${address} ${count}`);
  }

  /** A child writes the pages and ends; returns its pid. */
  async forkWrite(area: number, from: number, count: number): Promise<number> {
    return Number(await this.#ask(`fork ${area} ${from} ${count}`));
  }

  async populate(area: number, from: number, count: number): Promise<void> {
    await this.#ask(`populate ${area} ${from} ${count}`);
  }

  async dontNeed(area: number, from: number, count: number): Promise<void> {
    await this.#ask(`dontneed ${area} ${from} ${count}`);
  }

  async unmerge(area: number): Promise<void> {
    await this.#ask(`unmerge ${area}`);
  }

  /** Each page is written once, by one of `threads`. */
  async writeByThreads(area: number, from: number, count: number, threads: number): Promise<void> {
    await this.#ask(`threads ${area} ${from} ${count} ${threads}`);
  }

  /** Each page is written by all `threads` at the same moment. */
  async race(area: number, from: number, count: number, threads: number): Promise<void> {
    await this.#ask(`race ${area} ${from} ${count} ${threads}`);
  }

  /** A virtual machine whose memory is the area. */
  async openKvm(area: number): Promise<void> {
    await this.#ask(`kvm ${area}`);
  }

  /** The machine's CPU writes the pages. */
  async kvmWrite(area: number, from: number, count: number): Promise<void> {
    await this.#ask(`kvmwrite ${area} ${from} ${count}`);
  }

  /** /proc/PID/ksm_merging_pages. */
  mergingPages(): number {
    return Number(readFileSync(`/proc/${this.pid}/ksm_merging_pages`, 'utf8'));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.stdin.end();
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), 5_000);
    await this.#exited;
    clearTimeout(timer);
  }

  async #ask(command: string): Promise<string> {
    const answer = await new Promise<string>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#child.kill('SIGKILL');
        reject(new Error(`guest ${this.pid} did not answer "${command}"`));
      }, ANSWER_TIMEOUT_MS);
      const settle =
        <T>(done: (value: T) => void) =>
        (value: T): void => {
          clearTimeout(timer);
          done(value);
        };
      this.#waiting.push({ resolve: settle(resolve), reject: settle(reject) });
      this.#child.stdin.write(`${command}\n`);
    });
    if (!answer.startsWith('ok')) throw new Error(`guest ${this.pid}, "${command}": ${answer}`);
    return answer.slice(3);
  }
}

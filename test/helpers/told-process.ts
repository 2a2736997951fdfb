import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';

const ANSWER_TIMEOUT_MS = 60_000;
const END_TIMEOUT_MS = 5_000;

/** A child that does what it is told: one command a line, one answer a line, `ok ...` or anything else for a failure. */
export class ToldProcess {
  readonly pid: number;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #waiting: { resolve: (answer: string) => void; reject: (error: Error) => void }[] = [];
  readonly #exited: Promise<void>;
  #ended: Error | undefined;
  #diagnosis = '';

  private constructor(child: ChildProcessWithoutNullStreams, pid: number) {
    this.#child = child;
    this.pid = pid;
    createInterface({ input: child.stdout }).on('line', (line) => this.#waiting.shift()?.resolve(line));
    child.stderr.on('data', (chunk) => (this.#diagnosis = `${this.#diagnosis}${String(chunk)}`.slice(-500)));
    child.stdin.on('error', () => undefined); // it ended: the pending answer says so
    this.#exited = new Promise((resolve) =>
      child.once('close', (code, signal) => {
        this.#ended = new Error(`guest ${pid} ended (${signal ?? code}) ${this.#diagnosis}`);
        for (const { reject } of this.#waiting.splice(0)) reject(this.#ended);
        resolve();
      }),
    );
  }

  /** Runs in the folder of the program. @param argv what the process calls itself, and its arguments */
  static async start(path: string, argv: readonly string[] = [path]): Promise<ToldProcess> {
    const [argv0, ...args] = argv;
    const child = spawn(path, args, { argv0, cwd: dirname(path), stdio: 'pipe' });
    await once(child, 'spawn'); // rejects with its 'error'
    return new ToldProcess(child, child.pid ?? 0);
  }

  /** What follows `ok`. */
  async ask(command: string): Promise<string> {
    if (this.#ended !== undefined) throw this.#ended;
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

  /** Ends its input, and kills it where that is not enough. */
  async end(): Promise<void> {
    this.#child.stdin.end();
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), END_TIMEOUT_MS);
    await this.#exited;
    clearTimeout(timer);
  }

  /** At once. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#exited;
  }
}

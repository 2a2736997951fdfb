/** A guest as a process of ours: started, told lines, heard line by line, ended. */

import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { startTalking } from '../child-process.js';

export interface ChildOptions {
  readonly program: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** What ends it. `eof`: the end of its stdin; else a signal. */
  readonly endBy: 'eof' | 'SIGTERM';
}

/** From the request to the end takes some ten milliseconds; then it is killed. Milliseconds. */
const STOP_MS = 3_000;

/** Of what it said last, so much is told when it fails: characters. */
const TAIL = 300;

export class GuestChild {
  readonly #child: ReturnType<typeof startTalking>;
  readonly #endBy: ChildOptions['endBy'];
  readonly #ended: Promise<string>;
  #listener: ((line: string) => void) | undefined;
  #tail = '';

  private constructor(options: ChildOptions) {
    // Ctrl-C in the terminal is for us. A guest that ends with its stdin ignores it by itself.
    this.#child = startTalking({ ...options, detached: options.endBy !== 'eof' });
    this.#endBy = options.endBy;
    const lines = createInterface({ input: this.#child.stdout });
    lines.on('line', (line) => {
      this.#note(line);
      this.#listener?.(line);
    });
    this.#child.stderr.on('data', (text) => {
      this.#note(String(text));
    });
    this.#child.stdin.on('error', () => undefined); // it ended: whoever waits for an answer hears of it
    // The last line comes before the stream's end, so a guest that explained its failure is heard.
    const silent = new Promise<void>((resolve) => lines.once('close', resolve));
    this.#ended = Promise.all([this.#child, silent]).then(([result]) => {
      const { exitCode, originalMessage, signal } = result;
      const how = signal ?? (exitCode === undefined ? (originalMessage ?? 'unknown') : `exit code ${exitCode}`);
      const said = this.#tail.trim().replace(/\s*\n\s*/g, ' | ');
      return `it ended with ${how}${said === '' ? '' : `; it said: ${said}`}`;
    });
  }

  static start(options: ChildOptions): GuestChild {
    return new GuestChild(options);
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Resolves with how it ended, in words. */
  get ended(): Promise<string> {
    return this.#ended;
  }

  send(line: string): void {
    this.#child.stdin.write(`${line}\n`);
  }

  /**
   * The next line that `isAnswer` accepts; others are passed over. One caller at a time.
   *
   * @throws Error with how it ended, or that it was silent for `timeoutMs`
   */
  async hear(isAnswer: (line: string) => boolean, timeoutMs: number): Promise<string> {
    const timer = new AbortController();
    const answer = new Promise<string>((resolve) => {
      this.#listener = (line) => {
        if (isAnswer(line)) resolve(line);
      };
    });
    const failure = async (why: Promise<string>): Promise<never> => {
      throw new Error(await why);
    };
    const silence = sleep(timeoutMs, `no answer within ${timeoutMs / 1000} s`, { signal: timer.signal });
    silence.catch(() => undefined); // aborted below, once somebody else was first
    try {
      return await Promise.race([answer, failure(this.#ended), failure(silence)]);
    } finally {
      timer.abort();
      this.#listener = undefined;
    }
  }

  /** Resolves when it is gone. */
  async stop(): Promise<void> {
    if (this.#endBy === 'eof') this.#child.stdin.end();
    else this.#child.kill(this.#endBy);
    const timer = new AbortController();
    const killing = sleep(STOP_MS, undefined, { signal: timer.signal }).then(
      () => this.#child.kill('SIGKILL'),
      () => undefined,
    );
    await this.#ended;
    timer.abort();
    await killing;
  }

  #note(text: string): void {
    this.#tail = `${this.#tail}\n${text}`.slice(-TAIL);
  }
}

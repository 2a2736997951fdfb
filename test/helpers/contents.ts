import { fileURLToPath } from 'node:url';
import { compile } from './c-program.js';
import { ToldProcess } from './told-process.js';

const SOURCE = fileURLToPath(new URL('../kernel/contents.c', import.meta.url));

/** Why test/kernel/contents.c cannot run here; undefined: it can. In CI that is an error, never a skip. */
export function contentsObstacle(): string | undefined {
  const result = compile(SOURCE);
  const why =
    'why' in result ? result.why : process.geteuid?.() === 0 ? undefined : "other processes' memory needs root";
  if (why !== undefined && process.env.CI === 'true') throw new Error(`CI must run this: ${why}`);
  return why;
}

/** A process whose memory holds what it is told; see the header of test/kernel/contents.c. */
export class Contents implements AsyncDisposable {
  readonly #told: ToldProcess;
  readonly address: bigint;
  readonly pages: number;

  private constructor(told: ToldProcess, address: bigint, pages: number) {
    this.#told = told;
    this.address = address;
    this.pages = pages;
  }

  get pid(): number {
    return this.#told.pid;
  }

  static async start(...parts: readonly string[]): Promise<Contents> {
    const result = compile(SOURCE);
    if (!('path' in result)) throw new Error(result.why);
    const told = await ToldProcess.start(result.path, [result.path, ...parts]);
    const [address = '', pages = ''] = (await told.ask('where')).split(' ');
    return new Contents(told, BigInt(address), Number(pages));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#told.end();
  }
}

import { spawn, spawnSync, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

/** Its own /run: the baseline of the knobs lies there, and no other agent of this host may meet it. 4 MiB. */
const PREPARE = 'mount -t tmpfs -o size=4m,mode=755 none /run; echo ready; exec cat >/dev/null';

/**
 * A mount namespace. A fault hides, fills or closes a folder in it, and only the agent that runs in it sees that; the
 * host does not. It ends with this process, whatever ends that.
 */
export class Cell implements AsyncDisposable {
  readonly #holder: ChildProcessWithoutNullStreams;

  private constructor(holder: ChildProcessWithoutNullStreams) {
    this.#holder = holder;
  }

  static async start(): Promise<Cell> {
    const holder = spawn('unshare', ['--mount', '--propagation', 'private', 'sh', '-ec', PREPARE], { stdio: 'pipe' });
    holder.stdin.on('error', () => undefined);
    let said = '';
    holder.stderr.on('data', (chunk) => (said = `${said}${String(chunk)}`.slice(-500)));
    const closed = once(holder, 'close').then(([code]) => {
      throw new Error(`no mount namespace (${String(code)}): ${said}`);
    });
    closed.catch(() => undefined);
    await Promise.race([once(holder.stdout, 'data'), closed]);
    return new Cell(holder);
  }

  /** What runs a program in the cell: it keeps the pid, since nsenter executes it in its own place. */
  get launcher(): readonly string[] {
    return ['nsenter', '--target', String(this.#holder.pid), '--mount', '--'];
  }

  /** A file of the cell, as this process can name it. */
  path(inside: string): string {
    return join(`/proc/${this.#holder.pid ?? 0}/root`, inside);
  }

  /** Runs lines of shell in the cell. @throws where they fail @returns what they print */
  shell(script: string, ...args: readonly string[]): string {
    const [program = '', ...words] = [...this.launcher, 'sh', '-ec', script, 'sh', ...args];
    const { status, stdout, stderr } = spawnSync(program, words, { encoding: 'utf8', timeout: 30_000 });
    if (status !== 0) throw new Error(`in the cell, "${script}" ended with ${String(status)}: ${stderr}`);
    return stdout;
  }

  /** Pids of the cell's processes that are called so, zombies left out. */
  pids(comm: string): readonly number[] {
    const namespace = readlinkSync(`/proc/${this.#holder.pid ?? 0}/ns/mnt`);
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .filter((pid) => read(() => readFileSync(`/proc/${pid}/comm`, 'utf8').trim()) === comm)
      .filter((pid) => read(() => readlinkSync(`/proc/${pid}/ns/mnt`)) === namespace)
      .map(Number);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = once(this.#holder, 'close');
    this.#holder.stdin.end();
    await ended;
  }
}

/** undefined: the process has gone meanwhile. */
function read(look: () => string): string | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}

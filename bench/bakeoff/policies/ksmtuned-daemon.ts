import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const START_MS = 5_000;
const STOP_MS = 5_000;
/** Bit of SIGUSR1 (10) in SigCgt of /proc/PID/status. */
const USR1_BIT = 1n << 9n;

/** The real script, running. It is a daemon: the started shell ends, its loop lives on in the same process group. */
export class KsmtunedDaemon {
  readonly #group: number;
  readonly #loop: number;
  readonly #folder: string;
  readonly #watchdog: ChildProcess;

  private constructor(group: number, loop: number, folder: string) {
    this.#group = group;
    this.#loop = loop;
    this.#folder = folder;
    this.#watchdog = killWithUs(group);
  }

  /**
   * @param script path of the script
   * @param settings as they would stand in /etc/ksmtuned.conf
   */
  static async start(
    script: string,
    settings: Readonly<Record<string, string>>,
    timeoutMs = START_MS,
  ): Promise<KsmtunedDaemon> {
    const folder = mkdtempSync(join(tmpdir(), 'ksmtuned-'));
    const pidFile = join(folder, 'pid');
    const env = { PATH: process.env.PATH ?? '/usr/sbin:/usr/bin:/sbin:/bin', PIDFILE: pidFile, ...settings };
    const child = spawn(script, { detached: true, env, stdio: ['ignore', 'ignore', 'inherit'] });
    await new Promise((resolve, reject) => child.once('spawn', resolve).once('error', reject));
    const group = child.pid ?? 0;
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      const loop = Number(readOrEmpty(pidFile));
      // Before it traps SIGUSR1 the signal would end it.
      if (loop > 0 && catchesUsr1(loop)) return new KsmtunedDaemon(group, loop, folder);
      if (performance.now() > deadline) {
        killGroup(group);
        rmSync(folder, { recursive: true, force: true });
        throw new Error(`ksmtuned did not get to its loop within ${timeoutMs} ms`);
      }
      await sleep(5);
    }
  }

  /**
   * "Send SIGUSR1 to this process right after a new qemu process is started, or following its death": it looks at once.
   *
   * @throws Error ESRCH: it is gone
   */
  retune(): void {
    process.kill(this.#loop, 'SIGUSR1');
  }

  /** Never throws; when it returns, nothing of it writes a knob any more. */
  async stop(): Promise<void> {
    this.#watchdog.kill('SIGKILL'); // before the group is gone and its number free for others
    killGroup(this.#group);
    const deadline = performance.now() + STOP_MS;
    while (lives(this.#loop) && performance.now() < deadline) await sleep(5);
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** Kills a process group when this process is gone, however it went: no run that died leaves a tuner behind. */
function killWithUs(group: number): ChildProcess {
  const watchdog = spawn('/bin/sh', ['-c', 'cat >/dev/null; kill -KILL "-$1"', 'bakeoff-ksmtuned', String(group)], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  watchdog.on('error', () => undefined); // no shell, no watchdog; the script would not have started either
  watchdog.unref();
  return watchdog;
}

function killGroup(group: number): void {
  try {
    process.kill(-group, 'SIGKILL');
  } catch {
    // All of it is gone.
  }
}

function catchesUsr1(pid: number): boolean {
  const caught = /^SigCgt:\s*([0-9a-f]+)/m.exec(readOrEmpty(`/proc/${pid}/status`))?.[1];
  return caught !== undefined && (BigInt(`0x${caught}`) & USR1_BIT) !== 0n;
}

/** A zombie does nothing any more; who reaps it is not ours to say. */
function lives(pid: number): boolean {
  const stat = readOrEmpty(`/proc/${pid}/stat`);
  return stat !== '' && !/\) [ZX] /.test(stat);
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

import { linkSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * The machine has one KSM: whoever turns its knobs or makes memory mergeable on purpose holds this lock. A file that
 * names its holder by pid and start time; a holder that died leaves it behind, and the next one sees that.
 */
const LOCK = '/tmp/ksmpilot-kernel-tests.lock';

/** Waits for the lock; returns what gives it back. */
export async function takeKernelLock(options: { path?: string; timeoutMs?: number } = {}): Promise<() => void> {
  const { path = LOCK, timeoutMs = 600_000 } = options;
  const mine = `${path}.${process.pid}`;
  const me = `${process.pid} ${startTicks(process.pid) ?? ''}`;
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    writeFileSync(mine, me, { mode: 0o644 });
    try {
      linkSync(mine, path); // unlike open with O_EXCL, never shows others a lock without a name in it
      return () => {
        if (holderOf(path) === me) rmSync(path, { force: true });
      };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    } finally {
      rmSync(mine, { force: true });
    }
    const holder = holderOf(path);
    if (holder !== undefined && !isAlive(holder)) dropStale(path, holder);
    else if (performance.now() > deadline)
      throw new Error(`${path} is held by ${holder ?? 'nobody known'} for too long`);
    else await sleep(200);
  }
}

/** Processes other than ours whose memory is mergeable: tests would disturb them, and they the tests' figures. */
export function foreignMergeable(): readonly string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => /^(ksm_rmap_items [1-9]|ksm_mergeable: yes)/m.test(readOrEmpty(`/proc/${pid}/ksm_stat`)))
    .map((pid) => `${pid} (${readOrEmpty(`/proc/${pid}/comm`).trim()})`);
}

/**
 * Takes the lock and makes sure that the host is fit for a kernel test. `obstacle`: why it is not; said aloud, because a
 * skip that nobody sees passes for a success. In CI it is an error.
 */
export async function enterKernel(): Promise<{ readonly obstacle: string | undefined; readonly leave: () => void }> {
  const leave = await takeKernelLock();
  const obstacle = await hostObstacle();
  if (obstacle === undefined) return { obstacle, leave };
  leave();
  if (process.env.CI === 'true') throw new Error(`CI must run the kernel tests, but ${obstacle}`);
  process.stderr.write(`SKIPPED kernel tests: ${obstacle}\n`);
  return { obstacle, leave: () => undefined };
}

async function hostObstacle(): Promise<string | undefined> {
  if (process.geteuid?.() !== 0) return 'they need root';
  if (readOrEmpty('/sys/kernel/mm/ksm/run') === '') return 'this kernel has no KSM';
  let foreign = foreignMergeable();
  // What an earlier test's guests leave is gone within moments.
  for (let waited = 0; foreign.length > 0 && waited < 50; waited += 1) {
    await sleep(200);
    foreign = foreignMergeable();
  }
  return foreign.length === 0
    ? undefined
    : `somebody else's memory is mergeable here: ${foreign.slice(0, 5).join(', ')}`;
}

function holderOf(path: string): string | undefined {
  const text = readOrEmpty(path);
  return text === '' ? undefined : text;
}

function isAlive(holder: string): boolean {
  const [pid, started] = holder.split(' ');
  return startTicks(Number(pid)) === Number(started);
}

/** Renames before removing: of two who saw the same dead holder, one gets the file, and it is still that holder's. */
function dropStale(path: string, holder: string): void {
  const aside = `${path}.stale.${process.pid}`;
  try {
    renameSync(path, aside);
    if (holderOf(aside) !== holder) linkSync(aside, path);
  } catch {
    // Somebody was faster.
  } finally {
    rmSync(aside, { force: true });
  }
}

/** Field 22 of /proc/PID/stat: with the pid it names one process for good. */
function startTicks(pid: number): number | undefined {
  const stat = readOrEmpty(`/proc/${pid}/stat`);
  return stat === '' ? undefined : Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]);
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

import { chmodSync, lstatSync, mkdirSync, type Stats } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { dirname, join } from 'node:path';

import { errnoOf, KsmpilotError } from './errors.js';

/**
 * The folder of what the agent leaves for its next start and for the CLI: lock, baseline, token, socket. Who could write
 * here could have root write knobs, so it must be ours alone.
 */

const GROUP_OR_OTHER_WRITE = 0o022;
const GROUP_OR_OTHER = 0o077;
const STICKY = 0o1000;

/** Who asks, and where; by default the effective user of this process. */
export interface StateDirOwner {
  readonly uid: number;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly tmpdir: string;
}

function thisProcess(): StateDirOwner {
  return { uid: process.geteuid?.() ?? userInfo().uid, env: process.env, tmpdir: tmpdir() };
}

/**
 * Where the state directory is unless a setting says otherwise: /run/ksmpilot for root; else ksmpilot below
 * $XDG_RUNTIME_DIR, or ksmpilot-UID in the folder for temporary files. Touches nothing.
 */
export function defaultStateDir(owner: StateDirOwner = thisProcess()): string {
  if (owner.uid === 0) return '/run/ksmpilot';
  const runtime = owner.env['XDG_RUNTIME_DIR'];
  if (runtime !== undefined && runtime.startsWith('/')) return join(runtime, 'ksmpilot');
  return join(owner.tmpdir, `ksmpilot-${owner.uid}`);
}

/**
 * Where the baseline of the knobs lies, and the claim of the one agent that may move them: one folder for the whole
 * host, since the knobs are the host's, whatever --state-dir says. Without root no knob is ever moved.
 */
export function knobDir(stateDir: string, owner: StateDirOwner = thisProcess()): string {
  return owner.uid === 0 ? defaultStateDir(owner) : stateDir;
}

/**
 * Makes sure that `dir` is a real folder, ours, with mode 0700, and returns it. One that others could read (systemd's
 * RuntimeDirectory= makes 0755) is closed; one that others could have written to is refused, since what lies in it
 * may be theirs.
 *
 * @throws KsmpilotError STATE_DIR_UNUSABLE
 */
export function ensureStateDir(dir: string = defaultStateDir(), uid: number = thisProcess().uid): string {
  try {
    makeFolder(dir);
    checkParent(dir, lstatSync(dirname(dir)), uid);
    const stats = lstatSync(dir);
    checkDir(dir, stats, uid);
    if ((stats.mode & GROUP_OR_OTHER) !== 0) chmodSync(dir, 0o700);
  } catch (error) {
    if (error instanceof KsmpilotError) throw error;
    const errno = errnoOf(error) ?? String(error);
    throw unusable(`${dir} cannot be made: ${errno}`, 'Give another folder with --state-dir, or free this one.', error);
  }
  return dir;
}

/** As `mkdir -p`. Not Node's own `recursive`, which tries for ever where the kernel makes no folder, as in /proc. */
function makeFolder(dir: string, withParents = true): void {
  try {
    mkdirSync(dir, { mode: 0o700 });
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === 'EEXIST') return;
    if (errno !== 'ENOENT' || !withParents || dirname(dir) === dir) throw error;
    makeFolder(dirname(dir));
    makeFolder(dir, false);
  }
}

function checkDir(dir: string, stats: Stats, uid: number): void {
  // lstat: a link that somebody planted in a folder for all is not followed.
  if (!stats.isDirectory()) {
    throw unusable(
      `${dir} is ${stats.isSymbolicLink() ? 'a symbolic link' : 'no folder'}`,
      `Look at it, then remove it.`,
    );
  }
  if (stats.uid !== uid) {
    throw unusable(`${dir} belongs to uid ${stats.uid}, not to ${uid}`, 'Remove it, or give another with --state-dir.');
  }
  if ((stats.mode & GROUP_OR_OTHER_WRITE) !== 0) {
    const mode = (stats.mode & 0o777).toString(8);
    throw unusable(
      `${dir} has mode ${mode}: others could have put files there`,
      'Look at what is in it, then remove it.',
    );
  }
}

/** Whoever may rename the folder may put another in its place. */
function checkParent(dir: string, parent: Stats, uid: number): void {
  const foreign = parent.uid !== uid && parent.uid !== 0;
  const openToAll = (parent.mode & GROUP_OR_OTHER_WRITE) !== 0 && (parent.mode & STICKY) === 0;
  if (foreign || openToAll) {
    const why = foreign ? `belongs to uid ${parent.uid}` : 'is writable for others and not sticky';
    throw unusable(`${dirname(dir)} ${why}, so ${dir} is not ours alone`, 'Give another folder with --state-dir.');
  }
}

function unusable(message: string, hint: string, cause?: unknown): KsmpilotError {
  return new KsmpilotError('STATE_DIR_UNUSABLE', message, { hint, cause });
}

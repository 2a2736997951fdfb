import {
  closeSync,
  constants,
  fchownSync,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { writeFileAtomic } from '../atomic-file.js';
import { errnoOf, KsmpilotError } from '../errors.js';
import { formatTokens, parseTokens, type TokenEntry } from './token-list.js';

/** A thousand times what all tokens take would be another file. */
const MAX_BYTES = 256 * 1024;
const OTHERS_MAY_READ_OR_WRITE = 0o077;

/**
 * Reads a file of tokens; none where there is none.
 *
 * Who can write it can give himself a role, so it must belong to the agent's user or to root and be closed to others.
 *
 * @throws KsmpilotError TOKENS_UNUSABLE
 */
export function readTokenFile(path: string, uid: number = process.geteuid?.() ?? 0): readonly TokenEntry[] {
  let text: string;
  try {
    // O_NONBLOCK: a FIFO put there does not hang the agent.
    const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const stats = fstatSync(fd);
      if (!stats.isFile()) throw unusable(path, 'is no file', 'Remove it.');
      if (stats.uid !== uid && stats.uid !== 0) {
        throw unusable(path, `belongs to uid ${stats.uid}`, `Give it to the agent's user: chown ${uid} ${path}`);
      }
      if ((stats.mode & OTHERS_MAY_READ_OR_WRITE) !== 0) {
        throw unusable(path, `has mode ${(stats.mode & 0o777).toString(8)}`, `Close it to others: chmod 600 ${path}`);
      }
      if (stats.size > MAX_BYTES) throw unusable(path, `has ${stats.size} bytes`, 'Look at what it is.');
      text = readFileSync(fd, 'utf8');
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    if (error instanceof KsmpilotError) throw error;
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return [];
    const hint =
      errnoOf(error) === 'EACCES' ? "Run as the agent's user, which is root as a rule." : 'Look at the path.';
    throw unusable(path, `cannot be read: ${errnoOf(error) ?? String(error)}`, hint, error);
  }
  return parseTokens(text);
}

/**
 * Replaces a file of tokens, mode 0600, whole or not at all; its owner stays who it was, or becomes that of the folder.
 *
 * @throws KsmpilotError TOKENS_UNUSABLE
 */
export function writeTokenFile(path: string, entries: readonly TokenEntry[]): void {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
    const owner = lstatSync(path, { throwIfNoEntry: false }) ?? statSync(dirname(path));
    writeFileAtomic(path, formatTokens(entries));
    giveTo(path, owner);
  } catch (error) {
    const why = errnoOf(error) ?? String(error);
    throw unusable(path, `cannot be written: ${why}`, 'Run as root, or name a file with --file.', error);
  }
}

/** How long another command may take to change the file; what is older was left by one that was killed. */
const LOCK_MS = 10_000;
const LOOK_AGAIN_MS = 50;

/**
 * Reads, changes and replaces the file while no other command does: else a token that is revoked in between would come
 * back with the tokens that were read before.
 *
 * @throws KsmpilotError TOKENS_UNUSABLE, and what `change` throws
 */
export function changeTokenFile(
  path: string,
  change: (entries: readonly TokenEntry[]) => readonly TokenEntry[],
): readonly TokenEntry[] {
  const lock = `${path}.lock`;
  takeLock(path, lock);
  try {
    const entries = change(readTokenFile(path));
    writeTokenFile(path, entries);
    return entries;
  } finally {
    rmSync(lock, { force: true });
  }
}

function takeLock(path: string, lock: string): void {
  const end = performance.now() + 2 * LOCK_MS;
  while (performance.now() < end) {
    try {
      mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
      closeSync(openSync(lock, 'wx', 0o600));
      return;
    } catch (error) {
      const why = errnoOf(error) ?? String(error);
      if (why !== 'EEXIST') {
        throw unusable(path, `cannot be written: ${why}`, 'Run as root, or name a file with --file.', error);
      }
    }
    const since = lstatSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
    if (Math.abs(Date.now() - since) > LOCK_MS) rmSync(lock, { force: true });
    // A command has nothing else to do meanwhile.
    else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LOOK_AGAIN_MS);
  }
  throw unusable(path, 'is being changed by another command', `If there is none, remove ${lock}.`);
}

/** An agent that is not root must be able to read what root wrote for it. */
function giveTo(path: string, { uid, gid }: { readonly uid: number; readonly gid: number }): void {
  if (process.geteuid?.() !== 0 || uid === 0) return;
  const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    fchownSync(fd, uid, gid);
  } finally {
    closeSync(fd);
  }
}

function unusable(path: string, why: string, hint: string, cause?: unknown): KsmpilotError {
  return new KsmpilotError('TOKENS_UNUSABLE', `the file of tokens ${path} ${why}.`, { hint, cause });
}

import { closeSync, openSync, readSync } from 'node:fs';

import { errnoOf, KsmpilotError } from '../errors.js';

/**
 * Reading of small files of /proc and /sys.
 *
 * Absent is `undefined`, and only that: a file that is there and cannot be read is an error, so that a lack of rights
 * never looks like an idle host.
 */

/**
 * What the kernel answers when there is no such thing: ENOENT (file of another release, process gone before the
 * open), ESRCH (process gone between open and read), EOPNOTSUPP (a feature that is compiled in and switched off,
 * such as PSI; Node spells it either way).
 */
export const ABSENT: ReadonlySet<string | undefined> = new Set(['ENOENT', 'ESRCH', 'ENOTSUP', 'EOPNOTSUPP']);

/** One buffer for all reads: they are synchronous, and a new one each time costs more than the read (5 us to 12 us). */
const buffer = Buffer.allocUnsafe(64 * 1024);

/** Largest file read by `readWhole`. /proc/vmstat is 6 kB, /proc/stat of a host with 1,000 CPUs about 200 kB. */
const MAX_BYTES = 4 * 1024 * 1024;

/**
 * The whole text of a file of any length; undefined where it does not exist.
 *
 * @throws KsmpilotError KSM_FILE_UNREADABLE
 */
export function readWhole(path: string): string | undefined {
  return reading(path, (fd) => {
    const parts: string[] = [];
    for (let total = 0; ;) {
      // The kernel's lists come in pieces of a page, whatever the size asked for: only 0 is the end.
      const bytes = readSync(fd, buffer, 0, buffer.length, null);
      total += bytes;
      if (bytes === 0) return parts.join('');
      if (total > MAX_BYTES) throw malformed(path, parts[0] ?? '', `at most ${MAX_BYTES} bytes`);
      // Split multi-byte characters would need a decoder; all of these lists are ASCII.
      parts.push(buffer.toString('latin1', 0, bytes));
    }
  });
}

/**
 * The text of a file that the kernel prints in one piece (every sysfs value, /proc/PID/stat, statm, comm, ksm_stat):
 * one read instead of two, which matters for thousands of processes a second.
 *
 * @throws KsmpilotError KSM_FILE_UNREADABLE
 */
export function readRecord(path: string): string | undefined {
  return reading(path, recordOf);
}

/** The same of a file that is open; from its start, as the kernel prints it now. Errors are the system's own. */
export function recordOf(fd: number): string {
  return buffer.toString('utf8', 0, readSync(fd, buffer, 0, buffer.length, 0));
}

function reading(path: string, read: (fd: number) => string): string | undefined {
  let fd: number | undefined;
  try {
    fd = openSync(path, 'r');
    return read(fd);
  } catch (error) {
    if (error instanceof KsmpilotError) throw error;
    if (ABSENT.has(errnoOf(error))) return undefined;
    throw unreadable(path, error);
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

/** The error for a file that is there and could not be read. */
export function unreadable(path: string, cause: unknown): KsmpilotError {
  const errno = errnoOf(cause) ?? String(cause);
  const refused = errno === 'EACCES' || errno === 'EPERM';
  return new KsmpilotError('KSM_FILE_UNREADABLE', `reading ${path} failed with ${errno}`, {
    hint: refused
      ? 'Run as root: the kernel gives this file to root or its owner only.'
      : "Check that /proc and /sys are the kernel's own (\"mount | grep -E 'proc|sysfs'\").",
    cause,
  });
}

/** The error for a file that holds something else than `expected`. At most 60 characters of it are quoted. */
export function malformed(path: string, text: string, expected: string): KsmpilotError {
  const shown = JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}...` : text);
  return new KsmpilotError('KSM_FILE_MALFORMED', `${path} holds ${shown}, expected ${expected}`, {
    hint: 'Report this with the output of "uname -r": ksmpilot reads what mainline kernels print.',
  });
}

/** Opens the file of the past: makes it, checks it, brings an older one up to date, sets a broken one aside. */

import {
  closeSync,
  constants,
  existsSync,
  fchmodSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { errnoOf, formatError, KsmpilotError } from '../errors.js';
import { ensureStateDir } from '../state-dir.js';
import { MIGRATIONS, SCHEMA_VERSION } from './schema.js';
import { type OpenDatabase, type SqlDatabase, sqlTrouble } from './sqlite.js';

/** `KSMP`: the file is ours (https://www.sqlite.org/fileformat2.html#application_id). */
const APPLICATION_ID = 0x4b_53_4d_50;

/** Beyond it the write-ahead log is cut back when it is folded into the file. */
const LOG_BYTES = 4 * 2 ** 20;

/** Longest wait for somebody who writes to the file; sqlite3 takes milliseconds. */
const BUSY_MS = 1000;

export interface OpenedFile {
  readonly db: SqlDatabase;
  /** Where a file that could not be used was put; absent: there was none. */
  readonly setAside?: string;
}

/**
 * @param path its folder is made, and must be ours alone
 * @param nowMs for the name of a file that is set aside
 * @throws KsmpilotError HISTORY_TAKEN, HISTORY_FOREIGN, HISTORY_UNWRITABLE, HISTORY_DISK_FULL
 */
export function openFile(path: string, open: OpenDatabase, nowMs: number): OpenedFile {
  try {
    ensureStateDir(dirname(path));
    try {
      return { db: tryOpen(path, open) };
    } catch (error) {
      if (sqlTrouble(error) !== 'broken') throw error;
    }
    const setAside = setFileAside(path, nowMs);
    return { db: tryOpen(path, open), setAside };
  } catch (error) {
    throw toOpenError(path, error);
  }
}

/** Puts a broken file out of the way, and an earlier one of these for good: no more than one is kept. */
export function setFileAside(path: string, nowMs: number): string {
  const folder = dirname(path);
  const prefix = `${basename(path)}.broken-`;
  for (const name of readdirSync(folder)) {
    if (name.startsWith(prefix)) rmSync(join(folder, name), { force: true });
  }
  const aside = `${path}.broken-${new Date(nowMs).toISOString().slice(0, 19).replaceAll(':', '')}Z`;
  renameSync(path, aside);
  // With the log, sqlite3 can still read what is readable of it.
  if (existsSync(`${path}-wal`)) renameSync(`${path}-wal`, `${aside}-wal`);
  rmSync(`${path}-shm`, { force: true });
  return aside;
}

function tryOpen(path: string, open: OpenDatabase): SqlDatabase {
  makePrivate(path);
  const hasLog = sizeOf(`${path}-wal`) > 0;
  const db = open(path);
  try {
    // Somebody may read the file with sqlite3, and for a moment be in the way.
    db.exec(`PRAGMA busy_timeout = ${BUSY_MS}`);
    const version = pragma(db, 'user_version');
    const owner = pragma(db, 'application_id');
    const isNew = version === 0 && owner === 0 && isEmpty(db);
    if (!isNew && owner !== APPLICATION_ID) throw foreign(path, "is not one of ksmpilot's files");
    if (version > SCHEMA_VERSION) {
      throw foreign(path, `was written by a newer ksmpilot (version ${version}, this one knows ${SCHEMA_VERSION})`);
    }
    if (isNew) db.exec('PRAGMA auto_vacuum = INCREMENTAL');
    db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA journal_size_limit = ${LOG_BYTES}`);
    // A log is left where the last agent was killed, or the power failed: only the latter can tear a page.
    if (hasLog && db.prepare('PRAGMA quick_check(1)').get()?.['quick_check'] !== 'ok') throw broken(path);
    migrate(db, version);
    return db;
  } catch (error) {
    closeQuietly(db);
    throw error;
  }
}

function migrate(db: SqlDatabase, from: number): void {
  if (from === SCHEMA_VERSION) return;
  db.exec('BEGIN IMMEDIATE');
  for (const sql of MIGRATIONS.slice(from)) db.exec(sql);
  db.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${SCHEMA_VERSION}; COMMIT`);
}

/** SQLite gives its log the mode of the file. */
function makePrivate(path: string): void {
  // Not while it is open: closing any descriptor of the file drops SQLite's locks on it.
  const fd = openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o640);
  try {
    fchmodSync(fd, 0o640);
  } finally {
    closeSync(fd);
  }
}

function isEmpty(db: SqlDatabase): boolean {
  return db.prepare('SELECT count(*) AS n FROM sqlite_schema').get()?.['n'] === 0;
}

function pragma(db: SqlDatabase, name: string): number {
  return Number(db.prepare(`PRAGMA ${name}`).get()?.[name]);
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

/** What cannot be folded into the file stays in its log, for the next to open it. */
export function closeQuietly(db: SqlDatabase): void {
  try {
    db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  } catch {
    // A disk that is full or failing: then there is nothing to fold it into.
  }
  try {
    db.close();
  } catch {
    // As above.
  }
}

/** As SQLite would say it. */
function broken(path: string): Error {
  return Object.assign(new Error(`${path} is malformed`), { errcode: 11 });
}

function foreign(path: string, what: string): KsmpilotError {
  return new KsmpilotError('HISTORY_FOREIGN', `${path} ${what}; it is left as it is`, {
    hint: 'Move it away, or give another folder with the setting history.dir.',
  });
}

function toOpenError(path: string, error: unknown): KsmpilotError {
  if (error instanceof KsmpilotError && error.code !== 'STATE_DIR_UNUSABLE') return error;
  return toWriteError(path, error);
}

/** What a failed access to the file means. */
export function toWriteError(path: string, error: unknown): KsmpilotError {
  const trouble = sqlTrouble(error);
  if (trouble === 'taken') {
    return new KsmpilotError('HISTORY_TAKEN', `another process writes to ${path}`, {
      hint: 'Find it with "fuser -v" on the file and end it: the history goes on by itself.',
      cause: error,
    });
  }
  if (trouble === 'full' || errnoOf(error) === 'ENOSPC' || errnoOf(error) === 'EDQUOT') {
    return new KsmpilotError('HISTORY_DISK_FULL', `there is no room on the disk of ${path}`, {
      hint: 'Make room there: the history goes on by itself. Or give another folder with the setting history.dir.',
      cause: error,
    });
  }
  const why =
    error instanceof KsmpilotError || !(error instanceof Error)
      ? formatError(error)
          .replace(/^[A-Z_]+: /, '')
          .replace(/ Hint: .*/s, '')
      : error.message;
  return new KsmpilotError('HISTORY_UNWRITABLE', `${path} cannot be written: ${why}`, {
    hint: 'See to the folder, or give another with the setting history.dir; the agent tries again every minute.',
    cause: error,
  });
}

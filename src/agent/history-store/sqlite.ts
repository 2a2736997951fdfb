/** The embedded SQLite: Node's own where there is one (22.5 and newer), else the prebuilt package with the same API. */

import { KsmpilotError } from '../errors.js';
import type { Problem } from '../model/host.js';

/** What can be bound to a parameter. */
export type SqlValue = number | string | Uint8Array;

export type SqlRow = Readonly<Record<string, number | string | Uint8Array | null | undefined>>;

export interface SqlStatement {
  run(...values: SqlValue[]): unknown;
  get(...values: SqlValue[]): SqlRow | undefined;
  all(...values: SqlValue[]): SqlRow[];
}

/** The part of `DatabaseSync` that is used here. */
export interface SqlDatabase {
  exec(sql: string): void;
  prepare(sql: string): SqlStatement;
  close(): void;
}

export type OpenDatabase = (path: string) => SqlDatabase;

interface SqliteModule {
  readonly DatabaseSync: new (path: string) => unknown;
}

/** @throws KsmpilotError HISTORY_UNAVAILABLE where neither loads */
export async function loadSqlite(): Promise<OpenDatabase> {
  const { DatabaseSync } = builtinSqlite() ?? (await packagedSqlite());
  return (path) => new DatabaseSync(path) as SqlDatabase;
}

/** For a look at the host without an agent: empty where SQLite loads. */
export async function findSqliteProblems(): Promise<readonly Problem[]> {
  try {
    await loadSqlite();
    return [];
  } catch (error) {
    if (!(error instanceof KsmpilotError)) throw error;
    const { code, message, hint = 'See docs/history.md.' } = error;
    return [{ code, what: `No history can be kept: ${message}.`, cure: hint }];
  }
}

function builtinSqlite(): SqliteModule | undefined {
  const { getBuiltinModule } = process as { getBuiltinModule?: (id: string) => unknown };
  if (getBuiltinModule === undefined) return undefined;
  return withoutSqliteWarning(() => getBuiltinModule('node:sqlite')) as SqliteModule | undefined;
}

/** Node 22 calls SQLite an experiment, on stderr, when it is loaded. That one warning is dropped, and no other. */
function withoutSqliteWarning<T>(load: () => T): T {
  const emit = process.emitWarning.bind(process);
  process.emitWarning = (warning: string | Error, ...rest: unknown[]) => {
    const text = typeof warning === 'string' ? warning : warning.message;
    if (!text.startsWith('SQLite is an experimental feature')) emit(warning, ...(rest as [string]));
  };
  try {
    return load();
  } finally {
    process.emitWarning = emit;
  }
}

async function packagedSqlite(): Promise<SqliteModule> {
  try {
    return await import('@photostructure/sqlite');
  } catch (error) {
    const why = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    throw new KsmpilotError('HISTORY_UNAVAILABLE', `no SQLite for this Node (${process.version}): ${why}`, {
      hint: 'run it with Node 22.5 or newer, or install the package @photostructure/sqlite for this platform.',
      cause: error,
    });
  }
}

/** Primary result codes of https://www.sqlite.org/rescode.html. */
const ERROR = 1;
const BUSY = 5;
const LOCKED = 6;
const CORRUPT = 11;
const FULL = 13;
const NOTADB = 26;
/** Extended ones that say more than their primary one, IOERR. */
const IOERR_SHORT_READ = 522;
const IOERR_SHMSIZE = 4874;
const IOERR_CORRUPTFS = 8458;

/** taken: another process is writing to the file. broken: what is in it is no database. other: no permission, I/O error, ... */
export type SqlTrouble = 'taken' | 'full' | 'broken' | 'other';

const TROUBLES: Readonly<Record<number, SqlTrouble>> = {
  // Our own statements are right: the file lacks a table or a column, though its version says otherwise.
  [ERROR]: 'broken',
  [BUSY]: 'taken',
  [LOCKED]: 'taken',
  [CORRUPT]: 'broken',
  [FULL]: 'full',
  [NOTADB]: 'broken',
  [IOERR_SHORT_READ]: 'broken',
  // The index of the log cannot grow.
  [IOERR_SHMSIZE]: 'full',
  [IOERR_CORRUPTFS]: 'broken',
};

/** undefined: the error is none of SQLite's. */
export function sqlTrouble(error: unknown): SqlTrouble | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const { code, errcode, message } = error as { code?: unknown; errcode?: unknown; message?: unknown };
  if (typeof errcode === 'number') return TROUBLES[errcode] ?? TROUBLES[errcode & 0xff] ?? 'other';
  // The package leaves the number out where a row could not be read.
  if (code !== 'ERR_SQLITE_ERROR') return undefined;
  return /malformed|not a database/.test(String(message)) ? 'broken' : 'other';
}

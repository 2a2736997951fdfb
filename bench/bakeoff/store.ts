import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { cellName } from './plan.js';
import { Refusal } from './refusal.js';
import type { Cell, Row } from './types.js';

/** What every row must have for a report or a resumed run; the rest follows from having been written by this program. */
const TEXTS = ['workload', 'policy', 'at', 'build', 'kernel'] as const;
const NUMBERS = [
  'repeat',
  'window_s',
  'saved_gib_s',
  'reachable_mib',
  'ksmd_cpu_s',
  'net_4',
  'net_8',
  'net_16',
] as const;

/** Rows by cell, the newer in place of the older; on disk after each change, if they have a file. */
export class RowStore {
  readonly path: string | undefined;
  readonly #rows = new Map<string, Row>();

  constructor(options: { readonly path: string | undefined; readonly rows?: readonly Row[] }) {
    this.path = options.path;
    for (const row of options.rows ?? []) this.#rows.set(cellName(row), row);
  }

  get rows(): readonly Row[] {
    return [...this.#rows.values()].sort((a, b) => a.repeat - b.repeat || a.order - b.order);
  }

  get(cell: Cell): Row | undefined {
    return this.#rows.get(cellName(cell));
  }

  add(row: Row): void {
    this.#rows.set(cellName(row), row);
    this.save();
  }

  save(): void {
    if (this.path !== undefined) writeRows(this.path, this.rows);
  }
}

/** One JSON array, a row to a line. A reader sees the old file or the new one, never a part. */
export function writeRows(path: string, rows: readonly Row[]): void {
  const temporary = `${path}.${process.pid}`;
  const lines = rows.map((row) => `\n${JSON.stringify(row)}`);
  writeFileSync(temporary, `[${lines.join(',')}${lines.length === 0 ? '' : '\n'}]\n`);
  renameSync(temporary, path);
}

/**
 * The rows of a file; none where it does not exist.
 *
 * @throws Refusal where it holds something else than rows
 */
export function readRows(path: string): readonly Row[] {
  const hint = 'give a file that "--json FILE" or "--resume FILE" of this program has written.';
  let rows: unknown;
  try {
    rows = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw new Refusal(`${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`, hint);
  }
  if (!Array.isArray(rows)) throw new Refusal(`${path} holds no array of rows`, hint);
  return rows.map((row: unknown, index) => {
    const lack = missingField(row);
    if (lack !== undefined) throw new Refusal(`row ${index + 1} of ${path} has no ${lack}`, hint);
    return row as Row;
  });
}

function missingField(row: unknown): string | undefined {
  if (typeof row !== 'object' || row === null) return 'fields';
  const fields = row as Readonly<Record<string, unknown>>;
  return (
    TEXTS.find((name) => typeof fields[name] !== 'string') ??
    NUMBERS.find((name) => typeof fields[name] !== 'number') ??
    (fields['price'] === null || typeof fields['price'] === 'number' ? undefined : 'price') ??
    (Array.isArray(fields['trace']) ? undefined : 'trace')
  );
}

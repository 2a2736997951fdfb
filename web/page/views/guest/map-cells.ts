/** From the letters of a memory map to runs of equal cells. Pure. */

import type { KindPages__Output } from '../../../../proto/generated/ksmpilot/v1/KindPages.js';
import type { ProcessMap__Output } from '../../../../proto/generated/ksmpilot/v1/ProcessMap.js';

/** Cells of a full line. */
export const LINE_CELLS = 64;

/** Cells of one line that look the same. */
export interface Run {
  /** First cell of it in its line. */
  readonly at: number;
  readonly cells: number;
  readonly kind: string;
  /** All pages are of the kind; else most are. */
  readonly full: boolean;
  /** As the agent drew it. */
  readonly sign: string;
}

export interface Line {
  /** Virtual address of the first cell. */
  readonly address: number;
  readonly runs: readonly Run[];
  /** Of them all: lines may be short. */
  readonly cells: number;
}

/** Cells with nothing in them make no run. */
export function linesOf({ lines, total }: ProcessMap__Output): readonly Line[] {
  const kinds = new Map(total.map(({ sign, kind }) => [sign, kind]));
  return lines.map(({ address, cells }) => ({ address, cells: cells.length, runs: runsOf(cells, kinds) }));
}

function runsOf(cells: string, kinds: ReadonlyMap<string, string>): readonly Run[] {
  const runs: Run[] = [];
  for (const match of cells.matchAll(/(.)\1*/gu)) {
    const sign = match[1] ?? '';
    const upper = sign.toUpperCase();
    const kind = kinds.get(upper);
    // `.` nothing there, `:` mostly nothing.
    if (sign === '.' || (kind === undefined && sign !== ':')) continue;
    runs.push({
      at: match.index,
      cells: match[0].length,
      kind: kind ?? 'sparse',
      full: sign === upper && sign !== ':',
      sign,
    });
  }
  return runs;
}

/** One row of the legend. */
export interface Share {
  readonly kind: string;
  readonly meaning: string;
  readonly sign: string;
  readonly bytes: number;
  /** Per cent of what is there; undefined of what is not. */
  readonly pct: number | undefined;
}

/** What the process holds, in the agent's order; kinds that it has none of are left out, and what is not there comes last. */
export function sharesOf(total: readonly KindPages__Output[], pageSize: number): readonly Share[] {
  const present = total.reduce((sum, { kind, pages }) => sum + (kind === 'absent' ? 0 : pages), 0);
  return total
    .filter(({ pages }) => pages > 0)
    .map(({ kind, meaning, sign, pages }) => ({
      kind,
      meaning,
      sign,
      bytes: pages * pageSize,
      pct: kind === 'absent' || present === 0 ? undefined : (100 * pages) / present,
    }));
}

/** `0x7f31a8000000`. */
export function hex(address: number): string {
  return `0x${address.toString(16)}`;
}

/** What one cell is, in words: `0x7f31a8000000, 2 MiB: most is KSM page`. */
export function cellWords(
  { line, cell }: { readonly line: Line; readonly cell: number },
  cellBytes: number,
  { size, meanings }: { readonly size: string; readonly meanings: ReadonlyMap<string, string> },
): string {
  const where = `${hex(line.address + cell * cellBytes)}, ${size}`;
  const run = line.runs.find(({ at, cells }) => cell >= at && cell < at + cells);
  if (run === undefined) return `${where}: nothing there`;
  if (run.kind === 'sparse') return `${where}: mostly nothing there`;
  return `${where}: ${run.full ? '' : 'mostly '}${meanings.get(run.kind) ?? run.kind}`;
}

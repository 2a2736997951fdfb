/** docs/reliability.md: the rows that a run of the suite has filled, and the counts of the fuzz tests. Pure. */

import { INPUTS, TOTAL } from '../fuzz/plan.js';
import type { Fault } from './fault.js';

/** What one run of one fault gave. */
export interface Outcome {
  readonly id: string;
  readonly times: number;
  readonly held: boolean;
  /** What was seen. */
  readonly seen: string;
}

const HEAD = ['| fault | what must hold | times | outcome |', '|---|---|---:|---|'];

interface Row {
  readonly times: string;
  readonly outcome: string;
}

/** The rows of a document by their fault. */
export function rowsOf(document: string): ReadonlyMap<string, Row & { readonly holds: string }> {
  const rows = between(document, 'faults')
    .split('\n')
    .slice(HEAD.length)
    .map((line) => line.split('|').map((cell) => cell.trim()));
  return new Map(
    rows.map(([, what = '', holds = '', times = '', outcome = '']) => [what, { holds, times, outcome }] as const),
  );
}

/** The document with these outcomes; what did not run now stays as it was. */
export function withOutcomes(document: string, faults: readonly Fault[], outcomes: readonly Outcome[]): string {
  const before = rowsOf(document);
  const rows = faults.map(({ id, what, holds }) => {
    const now = outcomes.find((outcome) => outcome.id === id);
    const { times, outcome } = now === undefined ? (before.get(what) ?? NOT_RUN) : rowFor(now);
    return `| ${what} | ${holds} | ${times} | ${outcome} |`;
  });
  return replaced(replaced(document, 'faults', [...HEAD, ...rows].join('\n')), 'inputs', inputsTable());
}

export function inputsTable(): string {
  const rows = Object.entries(INPUTS).map(([entry, count]) => `| ${entry} | ${grouped(count)} |`);
  return ['| entry | inputs |', '|---|---:|', ...rows, `| **all** | **${grouped(TOTAL)}** |`].join('\n');
}

/** What stands between the two comments of that name. */
export function between(document: string, name: string): string {
  const [, text] = markers(name).exec(document) ?? [];
  if (text === undefined) throw new Error(`the document has no place for ${name}`);
  return text;
}

const NOT_RUN: Row = { times: '0', outcome: 'not run yet' };

function rowFor({ times, held, seen }: Outcome): Row {
  return { times: grouped(times), outcome: held ? `holds${seen === '' ? '' : `; ${seen}`}` : 'DOES NOT HOLD' };
}

function replaced(document: string, name: string, text: string): string {
  between(document, name);
  return document.replace(markers(name), () => `<!-- ${name} -->\n\n${text}\n\n<!-- end -->`);
}

function markers(name: string): RegExp {
  return new RegExp(`<!-- ${name} -->\\n\\n([^]*?)\\n\\n<!-- end -->`);
}

function grouped(count: number): string {
  return count.toLocaleString('en-US');
}

/** Which hosts a search finds. Pure. */

import type { FleetRow } from './fleet-answer.js';
import { stateWords } from './fleet-words.js';

/** `mode:auto` looks at the mode alone; so do these. */
const FIELDS: Readonly<Record<string, (row: FleetRow) => readonly string[]>> = {
  name: ({ name, hostname = '' }) => [name, hostname],
  mode: ({ mode = 'unknown', paused }) => (paused === true ? [mode, 'paused'] : [mode]),
  state: (row) => [row.state, stateWords(row)],
  problem: ({ problem_codes: codes = [], at_risk: atRisk }) => (atRisk ? [...codes, 'risk'] : codes),
  version: ({ version = 'unknown' }) => [version],
};

/** All words must be found, each in any field; case does not matter. An empty search finds all. */
export function search(rows: readonly FleetRow[], text: string): readonly FleetRow[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const tests = words.map(testOf);
  return rows.filter((row) => tests.every((test) => test(row)));
}

function testOf(word: string): (row: FleetRow) => boolean {
  const [, field = '', rest = ''] = /^([a-z]+):(.+)$/.exec(word) ?? [];
  const valuesOf = Object.hasOwn(FIELDS, field) ? FIELDS[field] : undefined;
  const holds = (values: readonly string[], part: string): boolean =>
    values.some((value) => value.toLowerCase().includes(part));
  if (valuesOf !== undefined) return (row) => holds(valuesOf(row), rest);
  return (row) => Object.values(FIELDS).some((of) => holds(of(row), word));
}

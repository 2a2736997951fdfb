/** Which guests a search finds. Pure. */

import type { Guest__Output } from '../../../../proto/generated/ksmpilot/v1/Guest.js';

type Named = Pick<Guest__Output, 'name' | 'id' | 'kind' | 'pids' | 'merge'>;

/** `kind:libvirt` looks at the kind alone; so do these. */
const FIELDS: Readonly<Record<string, (guest: Named) => readonly string[]>> = {
  name: ({ name }) => [name],
  id: ({ id }) => [id],
  kind: ({ kind }) => [kind],
  pid: ({ pids }) => pids.map(String),
  merge: ({ merge }) => [merge ?? 'unknown'],
};

/**
 * All words must be found, each in any of name, id and kind, or as a pid in full; case does not matter. An empty search
 * finds all.
 */
export function search<Row extends Named>(guests: readonly Row[], text: string): readonly Row[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return guests;
  const tests = words.map(testOf);
  return guests.filter((guest) => tests.every((test) => test(guest)));
}

function testOf(word: string): (guest: Named) => boolean {
  const [, field = '', rest = ''] = /^([a-z]+):(.+)$/.exec(word) ?? [];
  const valuesOf = Object.hasOwn(FIELDS, field) ? FIELDS[field] : undefined;
  if (valuesOf !== undefined) {
    const isWhole = field === 'pid' || field === 'merge';
    return (guest) => valuesOf(guest).some((value) => (isWhole ? value === rest : value.toLowerCase().includes(rest)));
  }
  return ({ name, id, kind, pids }) =>
    [name, id, kind].some((value) => value.toLowerCase().includes(word)) || pids.some((pid) => String(pid) === word);
}

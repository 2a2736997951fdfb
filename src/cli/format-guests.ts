/** The guest table as text and as JSON. Pure. */

import type { Guest__Output } from '../../proto/generated/ksmpilot/v1/Guest.js';
import type { GuestList__Output } from '../../proto/generated/ksmpilot/v1/GuestList.js';
import type { GuestRest__Output } from '../../proto/generated/ksmpilot/v1/GuestRest.js';
import { formatBytes, printable, UNKNOWN, type Maybe } from './format.js';
import { isEstimated } from './format-breaks.js';
import type { Paint } from './format-colour.js';
import { clip, formatTable, width, type Column } from './format-table.js';

/** What one may sort by, with the field it means. */
export const GUEST_SORT_KEYS = {
  saved: 'saved_bytes',
  worth: 'worth_per_hour',
  mergeable: 'mergeable_bytes',
  merges: 'merges_total',
  breaks: 'cow_breaks_total',
  name: 'name',
} as const satisfies Record<string, keyof Guest__Output>;

export type GuestSortKey = keyof typeof GUEST_SORT_KEYS;

export function isGuestSortKey(text: string): text is GuestSortKey {
  return Object.hasOwn(GUEST_SORT_KEYS, text);
}

/** Names from a on, figures from the largest; nothing known last; equals by name and identity, so that rows stay. */
export function sortGuests(guests: readonly Guest__Output[], by: GuestSortKey): Guest__Output[] {
  const key = GUEST_SORT_KEYS[by];
  return [...guests].sort((a, b) => {
    if (key !== 'name') {
      const [left, right] = [a[key] ?? -Infinity, b[key] ?? -Infinity];
      if (left !== right) return right > left ? 1 : -1;
    }
    return inOrder(a.name, b.name) || inOrder(a.identity, b.identity);
  });
}

/** As people count: demo-2 before demo-10. */
const byName = new Intl.Collator('en', { numeric: true });

function inOrder(a: string, b: string): number {
  return byName.compare(a, b);
}

const GUEST_FIGURES = [
  'mergeable_bytes',
  'saved_bytes',
  'zero_bytes',
  'rmap_item_bytes',
  'ksmd_cores',
  'worth_per_hour',
  'merges_total',
  'cow_breaks_total',
  'cow_breaks_seen',
  'zero_breaks_total',
  'merges_per_sec',
  'cow_breaks_per_sec',
  'merge_lifetime_p50_s',
] as const satisfies readonly (keyof Guest__Output)[];

type Figures = Partial<Record<(typeof GUEST_FIGURES)[number], number | undefined>>;
type Json = Readonly<Record<string, unknown>>;

/** In the order given; last a row of kind `rest`, so that `saved_bytes` and the like sum to the host's. */
export function guestsJson(guests: readonly Guest__Output[], rest: GuestRest__Output | null): Json[] {
  const rows = guests.map((guest) => ({
    name: guest.name,
    kind: guest.kind,
    id: guest.id,
    identity: guest.identity,
    pids: guest.pids,
    ...figuresJson(guest),
    merge: guest.merge ?? null,
    suspicion: guest.suspicion ?? null,
    doubts: guest.doubts,
  }));
  if (rest === null) return rows;
  const nobody = { name: 'rest', kind: 'rest', id: null, identity: null, pids: [] };
  return [...rows, { ...nobody, ...figuresJson(rest), merge: null, suspicion: null, doubts: [] }];
}

function figuresJson(from: Figures): Json {
  return Object.fromEntries(GUEST_FIGURES.map((key) => [key, from[key] ?? null]));
}

const COLUMNS: readonly Column[] = [
  { head: 'NAME' },
  { head: 'KIND' },
  { head: 'MERGE' },
  { head: 'SAVED', align: 'right' },
  { head: 'WORTH', align: 'right' },
  { head: 'MERGES', align: 'right' },
  { head: 'BREAKS', align: 'right' },
];

/** What a line may take; names take what the other columns leave, and at least so much. */
const LINE_WIDTH = 80;
const NAME_LEAST = 12;

/** Header, a line for each guest in the order given, and the rest. */
export function guestLines(guests: readonly Guest__Output[], rest: GuestRest__Output | null, paint: Paint): string[] {
  const rows = guests.map((guest) => [
    printable(guest.name),
    guest.kind,
    guest.merge ?? UNKNOWN,
    formatBytes(guest.saved_bytes),
    formatWorth(guest.worth_per_hour),
    formatShort(guest.merges_total),
    `${isEstimated(guest) ? '~' : ''}${formatShort(guest.cow_breaks_total)}`,
  ]);
  if (rest !== null) rows.push(['(rest)', '', '', formatBytes(rest.saved_bytes), formatWorth(rest.worth_per_hour)]);
  const taken = COLUMNS.slice(1).map(({ head }, index) =>
    Math.max(...[head, ...rows.map((row) => row[index + 1] ?? '')].map(width)),
  );
  const room = LINE_WIDTH - taken.reduce((sum, one) => sum + 2 + one, 0);
  const clipped = rows.map(([name = '', ...cells]) => [clip(name, Math.max(NAME_LEAST, room)), ...cells]);
  return formatTable(COLUMNS, clipped).map((line, index) => {
    if (index === 0) return paint.bold(line);
    return index > guests.length ? paint.dim(line) : line;
  });
}

/** Most guests whose doubts are told below the table. */
const DOUBTS_MAX = 5;

/** What is said below the table. */
export function guestNotes({ guests, pending }: GuestList__Output): string[] {
  const notes: string[] = [];
  // Those that are pending are told together.
  const doubted = guests.filter(({ doubts, kind }) => doubts.length > 0 && (pending === 0 || kind !== 'unknown'));
  for (const { name, pids, doubts } of doubted.slice(0, DOUBTS_MAX)) {
    notes.push(`${printable(name)} (pid ${pids[0] ?? UNKNOWN}): ${doubts.map(printable).join(' ')}`);
  }
  const more = doubted.length - DOUBTS_MAX;
  if (more > 0) notes.push(`${more} more guests are in doubt; --json has all.`);
  if (pending > 0)
    notes.push(`${pending} ${pending === 1 ? 'process is' : 'processes are'} not looked at yet; the next samples do.`);
  return notes;
}

/** Cores won or lost: `+0.250`. */
function formatWorth(cores: Maybe): string {
  if (cores === null || cores === undefined) return UNKNOWN;
  const digits = Math.abs(cores) < 9.9995 ? 3 : 1;
  const text = Math.abs(cores).toFixed(digits);
  return `${/[1-9]/.test(text) ? (cores < 0 ? '-' : '+') : ''}${text}`;
}

const LETTERS = ['', 'k', 'M', 'G', 'T', 'P'] as const;

/** `1,234`, `12.3k`, `4.5M`: at most six characters. */
function formatShort(count: Maybe): string {
  if (count === null || count === undefined) return UNKNOWN;
  if (count < 9_999.5) return Math.round(count).toLocaleString('en-US');
  let value = count;
  let letter = 0;
  while (value >= 999.5 && letter < LETTERS.length - 1) {
    value /= 1000;
    letter += 1;
  }
  return `${value.toFixed(value < 99.95 ? 1 : 0)}${LETTERS[letter] ?? ''}`;
}

/** One screen of `ksmpilot top`. Pure. */

import type { Guest__Output } from '../../proto/generated/ksmpilot/v1/Guest.js';
import type { GuestList__Output } from '../../proto/generated/ksmpilot/v1/GuestList.js';
import type { Host__Output } from '../../proto/generated/ksmpilot/v1/Host.js';
import type { Status__Output } from '../../proto/generated/ksmpilot/v1/Status.js';
import {
  formatBytes,
  formatClock,
  formatCores,
  formatDuration,
  formatPct,
  formatRate,
  printable,
  UNKNOWN,
} from './format.js';
import type { Paint } from './format-colour.js';
import { sparkline } from './format-history.js';
import { headline, missingNotes } from './format-status.js';
import { reasonOf } from './format-tune.js';
import { clipCells, padCells } from './terminal-cells.js';
import { chooseGuests, TOP_SORT_KEYS, type TopSortKey, type TopView } from './top-view.js';

/** What one refresh knows. */
export interface TopData {
  readonly status: Status__Output;
  readonly host: Host__Output;
  readonly guests: GuestList__Output;
}

/** The saving of the last while, oldest first; NaN: not known. */
export interface TopPast {
  readonly spanMs: number;
  readonly values: readonly number[];
}

export interface TopScreen {
  readonly columns: number;
  /** Infinity: all guests. */
  readonly rows: number;
  readonly paint: Paint;
  /** Does the terminal show more than ASCII? */
  readonly isUnicode: boolean;
  readonly past: TopPast | undefined;
  /** Why the newest refresh failed; the data is then that of an earlier one. */
  readonly problem?: string | undefined;
  /** Without it there is no last line of keys. */
  readonly isLive: boolean;
}

export interface TopLines {
  readonly lines: readonly string[];
  /** Guests that pass the filter, and how many of them there is room for. */
  readonly count: number;
  readonly rows: number;
}

export function topLines(data: TopData, view: TopView, screen: TopScreen): TopLines {
  const { columns, paint } = screen;
  const head = headLines(data, screen);
  const guests = chooseGuests(data.guests.guests, view);
  const rows = Math.max(1, screen.rows - head.length - 1 - (screen.isLive ? 1 : 0));
  const offset = Math.max(0, Math.min(view.offset, guests.length - rows));
  const shown = guests.slice(offset, rows === Infinity ? undefined : offset + rows);
  const body = view.showsHelp && screen.isLive ? HELP.slice(0, rows + 1) : guestTable(shown, view, screen);
  const empty = guests.length > 0 || view.showsHelp ? [] : [nobody(data, view)];
  const lines = [...head, ...body, ...empty];
  if (screen.isLive) {
    const foot = footer(view, { count: guests.length, offset, rows, all: data.guests.guests.length });
    while (lines.length < screen.rows - 1) lines.push('');
    lines.push(paint.dim(foot));
  }
  const cut = lines.slice(0, screen.rows === Infinity ? undefined : screen.rows);
  return { lines: cut.map((line) => clipCells(toAscii(line, screen), columns)), count: guests.length, rows };
}

function headLines({ status, host }: TopData, { paint, past, problem, columns, isUnicode }: TopScreen): string[] {
  const { sample, decision } = status;
  const at = sample === null ? 'no sample yet' : formatClock(sample.time_ms);
  const knobs = sample?.knobs;
  const stopped = knobs?.run === 0 ? paint.yellow('  KSM is stopped') : '';
  const [needed, usable] = [sample?.unmerge_needed_bytes, sample?.unmerge_usable_bytes];
  const risk = needed !== undefined && usable !== undefined && needed > usable ? paint.red('  DOES NOT FIT') : '';
  const missing = missingNotes(status.probes);
  return [
    `${headline(status, host, paint)}  ${at}`,
    `saved   ${padCells(formatBytes(sample?.saved_bytes), 10)}  worth ${padCells(formatCores(sample?.net_cores), 12)}  ${pastText(past, isUnicode, columns)}`,
    `ksmd    ${padCells(formatPct(sample?.ksmd_cpu_pct), 10)}  scans ${padCells(formatRate(sample?.scan_pages_per_sec, 'pages'), 16)}` +
      `  run ${knobs?.run ?? UNKNOWN}  ${knobs?.pages_to_scan ?? UNKNOWN} pages every ${knobs?.sleep_millisecs ?? UNKNOWN} ms${stopped}`,
    `merges  ${padCells(formatRate(sample?.merges_per_sec), 10)}  COW breaks ${padCells(formatRate(sample?.cow_breaks_per_sec), 11)}` +
      `  unmerging needs ${formatBytes(needed)} of ${formatBytes(usable)}${risk}`,
    ...(decision === null ? [] : [`tuner   ${reasonOf(decision)}`]),
    ...(missing.length === 0
      ? []
      : [
          paint.yellow(
            printable(
              missing.length === 1 ? (missing[0] ?? '') : `${missing[0] ?? ''} (and ${missing.length - 1} more)`,
            ),
          ),
        ]),
    ...(problem === undefined ? [] : [paint.red(printable(problem))]),
    '',
  ];
}

/** As long as the line has room; the newest at the right. */
function pastText(past: TopPast | undefined, isUnicode: boolean, columns: number): string {
  if (past === undefined || past.values.length < 2) return '';
  const label = ` ${formatDuration(past.spanMs)}`;
  const room = Math.min(past.values.length, columns - 40 - label.length);
  if (room < 8) return '';
  const line = sparkline(past.values.slice(-room));
  return `${isUnicode ? line : asciiLine(line)}${label}`;
}

const ASCII_BARS: Readonly<Record<string, string>> = {
  '▁': '_',
  '▂': '.',
  '▃': '-',
  '▄': '~',
  '▅': '=',
  '▆': '+',
  '▇': '*',
  '█': '#',
};

function asciiLine(line: string): string {
  return Array.from(line, (bar) => ASCII_BARS[bar] ?? bar).join('');
}

function toAscii(line: string, { isUnicode }: TopScreen): string {
  return isUnicode ? line : line.replaceAll('…', '.').replaceAll(/\P{ASCII}/gu, '?');
}

interface GuestColumn {
  readonly head: string;
  readonly width: number;
  readonly sort?: TopSortKey;
  /** Terminals narrower than this do without. */
  readonly from: number;
  readonly text: (guest: Guest__Output) => string;
}

const COLUMNS: readonly GuestColumn[] = [
  { head: 'KIND', width: -10, from: 100, text: ({ kind }) => kind },
  { head: 'MERGE', width: -5, from: 80, text: ({ merge }) => merge ?? UNKNOWN },
  { head: 'OFFERED', width: 10, from: 120, text: ({ mergeable_bytes }) => formatBytes(mergeable_bytes) },
  { head: 'SAVED', width: 10, sort: 'saved', from: 0, text: ({ saved_bytes }) => formatBytes(saved_bytes) },
  { head: 'ZERO', width: 10, from: 140, text: ({ zero_bytes }) => formatBytes(zero_bytes) },
  {
    head: 'COST',
    width: 6,
    sort: 'cost',
    from: 60,
    text: ({ ksmd_cores }) => (ksmd_cores === undefined ? UNKNOWN : ksmd_cores.toFixed(3)),
  },
  { head: 'WORTH', width: 7, sort: 'worth', from: 0, text: ({ worth_per_hour }) => worthText(worth_per_hour) },
  { head: 'MERGES/s', width: 8, sort: 'merges', from: 60, text: ({ merges_per_sec }) => rateText(merges_per_sec) },
  {
    head: 'BREAKS/s',
    width: 8,
    sort: 'breaks',
    from: 70,
    text: ({ cow_breaks_per_sec }) => rateText(cow_breaks_per_sec),
  },
  {
    head: 'LIFETIME',
    width: 10,
    from: 160,
    text: ({ merge_lifetime_p50_s: half }) => (half === undefined ? UNKNOWN : formatDuration(half * 1000)),
  },
];

const NAME_MOST = 60;

/** The sorted column has a mark; columns that there is no room for are left out; names take the rest. */
function guestTable(guests: readonly Guest__Output[], view: TopView, { columns, paint }: TopScreen): string[] {
  const shown = COLUMNS.filter(({ from }) => columns >= from);
  const taken = shown.reduce((sum, { width }) => sum + Math.abs(width) + 2, 0);
  const nameWidth = Math.max(8, Math.min(NAME_MOST, columns - taken));
  const mark = (sort: TopSortKey | undefined, head: string): string =>
    sort === view.sort ? `${view.isReversed ? '^' : ''}${head}*` : head;
  const head = [
    padCells(mark('name', 'NAME'), nameWidth),
    ...shown.map(({ head, width, sort }) => cell(mark(sort, head), width)),
  ];
  return [
    paint.bold(head.join('  ').trimEnd()),
    ...guests.map((guest) => {
      const line = [
        padCells(clipCells(printable(guest.name), nameWidth, true), nameWidth),
        ...shown.map(({ width, text }) => cell(text(guest), width)),
      ].join('  ');
      return (guest.worth_per_hour ?? 0) < 0 ? paint.red(line) : line;
    }),
  ];
}

/** A width below 0: to the left. */
function cell(text: string, width: number): string {
  const clipped = clipCells(text, Math.abs(width) + 2);
  return width < 0 ? padCells(clipped, -width) : ' '.repeat(Math.max(0, width - clipped.length)) + clipped;
}

function worthText(cores: number | undefined): string {
  return cores === undefined ? UNKNOWN : `${cores < 0 ? '-' : '+'}${Math.abs(cores).toFixed(3)}`;
}

function rateText(perSec: number | undefined): string {
  if (perSec === undefined) return UNKNOWN;
  return perSec < 99.95
    ? perSec.toFixed(1)
    : perSec < 99_999.5
      ? String(Math.round(perSec))
      : `${Math.round(perSec / 1000)}k`;
}

function nobody({ guests }: TopData, { filter }: TopView): string {
  if (guests.guests.length > 0) return `no guest has "${printable(filter)}" in its name, kind or id`;
  return guests.rest === null
    ? 'the agent has not looked at any process yet'
    : 'no guest on this host has offered memory to KSM';
}

function footer(
  view: TopView,
  { count, offset, rows, all }: { count: number; offset: number; rows: number; all: number },
): string {
  if (view.isTyping) return `/${printable(view.filter)}_  enter keeps, escape clears`;
  const last = Math.min(count, offset + rows);
  const of = count === all ? String(count) : `${count} (of ${all})`;
  const where = count === 0 ? '0' : `${offset + 1}-${last}`;
  const filter = view.filter === '' ? '' : `  /${printable(view.filter)}`;
  const paused = view.isPaused ? '  PAUSED (p)' : '';
  return `${where} of ${of}  by ${view.sort}${view.isReversed ? ' reversed' : ''}${filter}${paused}  ? help  q quit`;
}

const HELP: readonly string[] = [
  'Keys',
  '  s c b m w n   sort by saved, cost, breaks, merges, worth, name',
  '  r             reverse the order',
  '  /             filter by name, kind or id; enter keeps it, escape clears it',
  '  up down j k   scroll; page up, page down, space, home, end too',
  '  p             hold the picture, go on',
  '  ?             this help; any key ends it',
  '  q  Ctrl-C     quit; Ctrl-Z puts it in the background',
  'Columns',
  '  SAVED   part of what the host saves      COST   part of ksmd, cores',
  '  WORTH   saving at the price less COST    BREAKS/s  writes to merged pages',
];

/** Named here for the help of the command line. */
export const SORT_NAMES = Object.keys(TOP_SORT_KEYS).join(', ');

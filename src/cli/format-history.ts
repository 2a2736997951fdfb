/** The past as text and as JSON. Pure. */

import type { EventFrame__Output } from '../../proto/generated/ksmpilot/v1/EventFrame.js';
import type { History__Output } from '../../proto/generated/ksmpilot/v1/History.js';
import type { HistoryColumn__Output } from '../../proto/generated/ksmpilot/v1/HistoryColumn.js';
import {
  formatBytes,
  formatClock,
  formatCores,
  formatCount,
  formatDuration,
  formatPct,
  formatRate,
  printable,
  UNKNOWN,
} from './format.js';
import type { Paint } from './format-colour.js';
import { formatTable } from './format-table.js';

const BARS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const;
const DAY_MS = 86_400_000;

/** A character a point, lowest to highest; what is not known is a blank. */
export function sparkline(values: readonly number[]): string {
  const known = values.filter((value) => Number.isFinite(value));
  const least = Math.min(...known);
  const spread = Math.max(...known) - least;
  return values
    .map((value) => {
      if (!Number.isFinite(value)) return ' ';
      const height = spread === 0 ? 0 : Math.floor(((value - least) / spread) * BARS.length);
      return BARS[Math.min(BARS.length - 1, height)];
    })
    .join('');
}

/** A field's figure in the unit that its name says. */
export function formatField(name: string, value: number | undefined): string {
  if (value === undefined || !Number.isFinite(value)) return UNKNOWN;
  if (name.endsWith('_bytes')) return formatBytes(Math.round(value));
  if (name.endsWith('_pct')) return formatPct(value);
  if (name.endsWith('pages_per_sec')) return formatRate(value, 'pages');
  if (name.endsWith('_per_sec')) return formatRate(value);
  if (name.endsWith('_cores')) return formatCores(value);
  if (name === 'worth_per_hour') return formatCores(value);
  return formatCount(value);
}

/** Every field in a line: newest, least, mean and most of the span, and its course. */
export function summaryLines(history: History__Output, paint: Paint): string[] {
  const rows = history.columns
    .filter(({ mean }) => mean.some((value) => Number.isFinite(value)))
    .map((column) => {
      const { name, mean } = column;
      const known = mean.filter((value) => Number.isFinite(value));
      const isTotal = name.endsWith('_total');
      const { min, max } = spread(column);
      const average = known.reduce((sum, value) => sum + value, 0) / known.length;
      return [
        name,
        formatField(name, known.at(-1)),
        isTotal ? '' : formatField(name, Math.min(...min)),
        isTotal ? '' : formatField(name, average),
        isTotal ? '' : formatField(name, Math.max(...max)),
        sparkline(mean),
      ];
    });
  return [
    paint.dim(`${spanText(history)}, a point is ${formatDuration(history.resolution_ms)}`),
    ...formatTable(
      [
        { head: 'FIELD' },
        { head: 'LAST', align: 'right' },
        { head: 'LEAST', align: 'right' },
        { head: 'MEAN', align: 'right' },
        { head: 'MOST', align: 'right' },
        { head: 'COURSE' },
      ],
      rows,
    ),
  ];
}

/** One field, a line a point. */
export function fieldLines(history: History__Output, column: HistoryColumn__Output): string[] {
  const { name, mean } = column;
  const { time_ms: times } = history;
  const withDate = (times.at(-1) ?? 0) - (times[0] ?? 0) > DAY_MS / 2;
  const isTotal = name.endsWith('_total');
  const bars = sparkline(mean);
  const min = column.min.length === 0 ? mean : column.min;
  const max = column.max.length === 0 ? mean : column.max;
  const rows = times.map((time, index) => [
    withDate ? `${formatDate(time)} ${formatClock(time)}` : formatClock(time),
    formatField(name, mean[index]),
    ...(isTotal ? [] : [formatField(name, min[index]), formatField(name, max[index])]),
    bars[index] ?? '',
  ]);
  return formatTable(
    [
      { head: 'TIME' },
      { head: name.toUpperCase(), align: 'right' },
      ...(isTotal
        ? []
        : ([
            { head: 'LEAST', align: 'right' },
            { head: 'MOST', align: 'right' },
          ] as const)),
      { head: '' },
    ],
    rows,
  );
}

/** `2026-11-21 12:00:01  decision  text` */
export function eventLines(events: readonly EventFrame__Output[]): string[] {
  return formatTable(
    [{ head: 'TIME' }, { head: 'KIND' }, { head: 'EVENT' }],
    events.map(({ time_ms, kind, text }) => [
      `${formatDate(time_ms)} ${formatClock(time_ms)}`,
      kind
        .replace(/^EVENT_KIND_/, '')
        .toLowerCase()
        .replaceAll('_', ' '),
      printable(text),
    ]),
  );
}

/** Points by field; what is not known is null. */
export function historyJson(history: History__Output): Readonly<Record<string, unknown>> {
  const known = (values: readonly number[]): (number | null)[] =>
    values.map((value) => (Number.isFinite(value) ? value : null));
  return {
    resolution_ms: history.resolution_ms,
    oldest_ms: history.oldest_ms ?? null,
    problem: history.problem === '' ? null : history.problem,
    time_ms: history.time_ms,
    fields: Object.fromEntries(
      history.columns.map(({ name, mean, min, max }) => [
        name,
        { mean: known(mean), ...(min.length === 0 ? {} : { min: known(min), max: known(max) }) },
      ]),
    ),
  };
}

/** Least and most of the points that are known; at the resolution of samples both are the sample. */
function spread({ mean, min, max }: HistoryColumn__Output): { min: number[]; max: number[] } {
  return min.length === 0 ? { min: finite(mean), max: finite(mean) } : { min: finite(min), max: finite(max) };
}

function finite(values: readonly number[]): number[] {
  return values.filter((value) => Number.isFinite(value));
}

function spanText({ time_ms: times, resolution_ms: step }: History__Output): string {
  const [first = 0] = times;
  const last = (times.at(-1) ?? 0) + step;
  return `${formatDate(first)} ${formatClock(first)} to ${formatDate(last)} ${formatClock(last)}`;
}

/** Local date: `2026-11-21`. */
function formatDate(timeMs: number): string {
  const date = new Date(timeMs);
  return [date.getFullYear(), date.getMonth() + 1, date.getDate()]
    .map((part) => String(part).padStart(2, '0'))
    .join('-');
}

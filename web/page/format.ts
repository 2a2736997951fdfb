/** Figures as people read them. Pure. Unknown (null, undefined) is always `–`, never 0. */

export const UNKNOWN = '–';

type Figure = number | null | undefined;

const NUMBERS = [0, 1, 2, 3].map(
  (digits) => new Intl.NumberFormat('en-GB', { minimumFractionDigits: digits, maximumFractionDigits: digits }),
);

/** Fixed digits, thousands grouped, with a true minus sign. */
function fixed(value: number, digits: number): string {
  const text = (NUMBERS[digits] ?? NUMBERS[0])?.format(Math.abs(value)) ?? '';
  return value < 0 && /[1-9]/.test(text) ? `\u2212${text}` : text;
}

/** Three significant digits of a value of 0 to 1024: 1.38, 41.2, 412. */
function three(value: number): string {
  const size = Math.abs(value);
  return fixed(value, size < 9.995 ? 2 : size < 99.95 ? 1 : 0);
}

const BYTE_UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;

/** 1474836480 -> `1.37 GiB`. Signed. */
export function bytes(value: Figure): string {
  if (!isKnown(value)) return UNKNOWN;
  let size = value;
  let unit = 0;
  while (Math.abs(size) >= 1000 && unit < BYTE_UNITS.length - 1) {
    size /= 1024;
    unit += 1;
  }
  return `${unit === 0 ? fixed(size, 0) : three(size)} ${BYTE_UNITS[unit] ?? ''}`;
}

/** 12345 -> `12,345`. */
export function count(value: Figure): string {
  return isKnown(value) ? fixed(value, 0) : UNKNOWN;
}

/** 12345 -> `12.3 k`; below 1000 with at most one decimal: `0.4`, `73`. */
export function short(value: Figure): string {
  if (!isKnown(value)) return UNKNOWN;
  let size = value;
  let unit = 0;
  while (Math.abs(size) >= 999.5 && unit < 4) {
    size /= 1000;
    unit += 1;
  }
  const letter = ['', ' k', ' M', ' G', ' T'][unit] ?? '';
  if (unit > 0) return `${three(size)}${letter}`;
  return fixed(size, size !== 0 && Math.abs(size) < 9.95 && !Number.isInteger(size) ? 1 : 0);
}

/** `12.3 k/s`. */
export function perSecond(value: Figure): string {
  return isKnown(value) ? `${short(value)}/s` : UNKNOWN;
}

/** 2.134 -> `2.1 %`; below 1 with two decimals. */
export function percent(value: Figure): string {
  if (!isKnown(value)) return UNKNOWN;
  return `${fixed(value, value !== 0 && Math.abs(value) < 1 ? 2 : Math.abs(value) < 99.95 ? 1 : 0)} %`;
}

/** 0.1434 -> `0.143`; from 100 up without decimals. */
export function cores(value: Figure): string {
  if (!isKnown(value)) return UNKNOWN;
  return fixed(value, Math.abs(value) < 9.9995 ? 3 : Math.abs(value) < 99.95 ? 1 : 0);
}

/** As `cores`, with a plus sign for a gain. */
export function signedCores(value: Figure): string {
  const text = cores(value);
  return isKnown(value) && value > 0 && /[1-9]/.test(text) ? `+${text}` : text;
}

/** Milliseconds -> `340 ms`, `12.5 s`, `4 min`, `2.5 h`, `3 d`. */
export function duration(ms: Figure): string {
  if (!isKnown(ms)) return UNKNOWN;
  const size = Math.abs(ms);
  if (size < 1_000) return `${fixed(ms, size !== 0 && size < 10 && !Number.isInteger(ms) ? 1 : 0)} ms`;
  if (size < 60_000) return `${trimmed(ms / 1_000)} s`;
  if (size < 3_600_000) return `${trimmed(ms / 60_000)} min`;
  if (size < 86_400_000) return `${trimmed(ms / 3_600_000)} h`;
  return `${trimmed(ms / 86_400_000)} d`;
}

/** Nanoseconds -> `850 ns`, `4.1 µs`, `131 µs`; from a millisecond on as `duration`. */
export function nanoseconds(ns: Figure): string {
  if (!isKnown(ns)) return UNKNOWN;
  if (Math.abs(ns) < 999.5) return `${fixed(ns, 0)} ns`;
  return Math.abs(ns) < 999_500 ? `${trimmed(ns / 1_000)} µs` : duration(ns / 1e6);
}

/** One decimal below 10 unless it is 0. */
function trimmed(value: number): string {
  return Math.abs(value) < 10 ? fixed(value, 1).replace(/\.0$/, '') : fixed(value, 0);
}

/** Local time of day, `14:03:09`. */
export function clock(timeMs: Figure): string {
  if (!isKnown(timeMs)) return UNKNOWN;
  const date = new Date(timeMs);
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) => String(part).padStart(2, '0')).join(':');
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** Local time, with the day where it is not that of `nowMs`: `14:03:09`, `3 Nov 14:03:09`, `3 Nov 2025 14:03:09`. */
export function moment(timeMs: Figure, nowMs: number): string {
  if (!isKnown(timeMs)) return UNKNOWN;
  const [date, now] = [new Date(timeMs), new Date(nowMs)];
  if (date.toDateString() === now.toDateString()) return clock(timeMs);
  const year = date.getFullYear() === now.getFullYear() ? '' : ` ${date.getFullYear()}`;
  return `${date.getDate()} ${MONTHS[date.getMonth()] ?? ''}${year} ${clock(timeMs)}`;
}

/** A figure at an axis, without zeros that say nothing: `2.00 GiB` -> `2 GiB`, `1.50 k/s` -> `1.5 k/s`. */
export function atAxis(text: string): string {
  return text.replace(/(\.\d*?)0+(?!\d)/, '$1').replace(/\.(?!\d)/, '');
}

/** Anything else that may be missing, such as a knob's word. */
export function orUnknown(value: string | number | null | undefined): string {
  return value === null || value === undefined || value === '' ? UNKNOWN : String(value);
}

function isKnown(value: Figure): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

/** Figures as text for people. What is not known is `-`, never 0. */

/** What a field of a gRPC answer can hold: absent where the host cannot say. */
export type Maybe = number | null | undefined;

export const UNKNOWN = '-';

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;

/** `0 B`, `1.5 GiB`, `-64 B`. */
export function formatBytes(bytes: Maybe): string {
  if (bytes === null || bytes === undefined) return UNKNOWN;
  let value = Math.abs(bytes);
  let unit = 0;
  // 1023.95 would print as 1024.0.
  while (value >= 1023.95 && unit < UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  const sign = bytes < 0 ? '-' : '';
  return `${sign}${unit === 0 ? String(value) : value.toFixed(1)} ${UNITS[unit] ?? ''}`;
}

/** A whole number, thousands apart: `1,234,567`. */
export function formatCount(count: Maybe): string {
  return count === null || count === undefined ? UNKNOWN : Math.round(count).toLocaleString('en-US');
}

/** `12.3 %`; small ones keep two digits, since an idle ksmd is what one wants to see. */
export function formatPct(pct: Maybe): string {
  if (pct === null || pct === undefined) return UNKNOWN;
  return `${pct.toFixed(pct < 1 ? 2 : 1)} %`;
}

/** `1,234/s` or `1,234 pages/s`; below ten with one digit. */
export function formatRate(perSec: Maybe, what = ''): string {
  if (perSec === null || perSec === undefined) return UNKNOWN;
  const figure = perSec > 0 && perSec < 10 ? perSec.toFixed(1) : formatCount(perSec);
  return `${figure}${what === '' ? '' : ` ${what}`}/s`;
}

/** Cores won or lost, with its sign: `+0.25`. */
export function formatCores(cores: Maybe): string {
  if (cores === null || cores === undefined) return UNKNOWN;
  return `${cores < 0 ? '-' : '+'}${Math.abs(cores).toFixed(2)} cores`;
}

/** `0.4 s`, `12 s`, `3 min 5 s`, `2 h 10 min`. */
export function formatDuration(ms: Maybe): string {
  if (ms === null || ms === undefined) return UNKNOWN;
  const seconds = Math.max(0, ms) / 1000;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min ${whole % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** `850 ns`, `4.1 µs`, `131 µs`, `1.2 ms`: three digits at most, since a bar of a histogram knows no more. */
export function formatNs(ns: Maybe): string {
  if (ns === null || ns === undefined) return UNKNOWN;
  const units = ['ns', 'µs', 'ms', 's'] as const;
  let value = ns;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit > 0 && value < 9.95 ? value.toFixed(1) : String(Math.round(value))} ${units[unit] ?? ''}`;
}

/** Local time of day: `12:00:01`. */
export function formatClock(timeMs: number): string {
  const date = new Date(timeMs);
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) => String(part).padStart(2, '0')).join(':');
}

/**
 * Text from the outside, made safe for a terminal: a guest chooses its own process name, and a name can hold escape
 * sequences.
 */
export function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '?');
}

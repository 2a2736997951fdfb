/** Figures for sentences. */

const UNITS = ['KiB', 'MiB', 'GiB', 'TiB'] as const;

/** 1536 -> `1.5 KiB`; whole numbers from 100 up. */
export function bytes(value: number): string {
  let scaled = value / 1024;
  let unit = 0;
  while (scaled >= 1024 && unit < UNITS.length - 1) {
    scaled /= 1024;
    unit += 1;
  }
  return `${digits(scaled)} ${UNITS[unit] ?? 'KiB'}`;
}

/** A share of one core, 0.034 -> `3.4 %`. */
export function percent(share: number): string {
  return `${digits(share * 100)} %`;
}

export function duration(seconds: number): string {
  return seconds >= 600 ? `${digits(seconds / 60)} min` : `${digits(seconds)} s`;
}

/** Two digits, all before the point from 10 up, and no exponent. */
export function digits(value: number): string {
  if (!Number.isFinite(value)) return 'unknown';
  const size = Math.abs(value);
  if (size >= 10) return value.toFixed(0);
  if (size >= 1) return trimmed(value.toFixed(1));
  if (size > 0 && size < 0.001) return 'under 0.001';
  return size === 0 ? '0' : trimmed(value.toPrecision(size >= 0.1 ? 2 : 1));
}

function trimmed(text: string): string {
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

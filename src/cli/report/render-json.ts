/** A report for scripts: the model itself, in the spelling of the other commands. Pure. */

import type { Report } from './report.js';

/** Every key is always there; what is not known is null. */
export function jsonOf(report: Report): unknown {
  return snake(report);
}

function snake(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(snake);
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [snakeKey(key), snake(one)]));
  }
  // Where no memory is free, the ratio is beyond all bounds: JSON has no word for it.
  return typeof value === 'number' && !Number.isFinite(value) ? null : value;
}

function snakeKey(key: string): string {
  return key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

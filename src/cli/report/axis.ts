/** What stands at the ends of a chart. Pure. */

import { UNKNOWN } from '../format.js';
import { formatFigure, formatPart, formatTime, formatWhole } from './document.js';
import type { Course } from './report.js';

export function unitText(unit: Course['unit'], value: number): string {
  if (unit === 'bytes') return formatWhole(value);
  return unit === 'ratio' ? formatPart(value) : `${formatFigure(value)} cores`;
}

/** `1.0 GiB to 2.0 GiB` */
export function rangeText({ unit, values }: Course): string {
  const known = values.filter((value) => value !== null);
  if (known.length === 0) return UNKNOWN;
  return `${unitText(unit, Math.min(...known))} to ${unitText(unit, Math.max(...known))}`;
}

/** `2026-11-14 12:00 UTC to 2026-11-21 12:00 UTC` */
export function axisText({ timesMs, endMs }: Course): string {
  return `${formatTime(timesMs[0] ?? endMs)} to ${formatTime(endMs)}`;
}

/** Estimates of a decision as people read them. Pure. */

import type { Estimate__Output } from '../../proto/generated/ksmpilot/v1/Estimate.js';
import { bytes, duration, percent, short, UNKNOWN } from './format.js';

export interface EstimateRow {
  /** `merge lifetime`. */
  readonly name: string;
  readonly value: string;
  /** `± 12 s`; empty where the value is not known, or exact. */
  readonly doubt: string;
}

export function estimateRow({ name, value, plus_minus, unit }: Estimate__Output, pageSize: number): EstimateRow {
  const isKnown = value !== undefined && plus_minus !== undefined && plus_minus > 0;
  return {
    name: name.replaceAll('_', ' '),
    value: value === undefined ? UNKNOWN : figure(value, unit, pageSize),
    doubt: isKnown ? `± ${figure(plus_minus, unit, pageSize)}` : '',
  };
}

function figure(value: number, unit: string, pageSize: number): string {
  switch (unit) {
    case 'pages':
      return bytes(value * pageSize);
    case 's':
      return duration(value * 1000);
    case 'us':
      return `${digits(value)} µs`;
    case '%':
      return percent(value);
    case '1/h':
      return `${digits(value)} /h`;
    default:
      return `${short(value)} ${unit}`;
  }
}

/** Three significant digits. */
function digits(value: number): string {
  return value >= 1000 ? short(value) : String(Number(value.toPrecision(3)));
}

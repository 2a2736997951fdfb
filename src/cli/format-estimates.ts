/** What a decision rested on, as text. Pure. */

import type { Estimate__Output } from '../../proto/generated/ksmpilot/v1/Estimate.js';
import { printable, UNKNOWN } from './format.js';

/** One line: `arrivals 12.5 ± 3 pages/s; merge_lifetime - s`. */
export function estimatesLine(estimates: readonly Estimate__Output[]): string {
  return printable(estimates.map((estimate) => `${estimate.name} ${figureOf(estimate)}`).join('; '));
}

/** One line each, in columns. */
export function estimatesTable(estimates: readonly Estimate__Output[]): string[] {
  const width = Math.max(...estimates.map(({ name }) => name.length));
  return estimates.map((estimate) => printable(`${estimate.name.padEnd(width)}  ${figureOf(estimate)}`));
}

function figureOf({ value, plus_minus, unit }: Estimate__Output): string {
  const doubt = plus_minus === undefined || plus_minus === 0 ? '' : ` ± ${short(plus_minus)}`;
  return `${value === undefined ? UNKNOWN : short(value)}${doubt} ${unit}`.trimEnd();
}

/** Three significant digits, thousands apart. */
function short(value: number): string {
  return Number(value.toPrecision(3)).toLocaleString('en-US', { maximumSignificantDigits: 3 });
}

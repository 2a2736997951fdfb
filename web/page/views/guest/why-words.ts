/** Why a guest does not merge more, in words and figures for people. Pure. */

import type { WhyFact__Output } from '../../../../proto/generated/ksmpilot/v1/WhyFact.js';
import type { WhyReason__Output } from '../../../../proto/generated/ksmpilot/v1/WhyReason.js';
import { bytes, count, duration } from '../../format.js';

const EFFECTS: Readonly<Record<string, string>> = {
  bars: 'cannot merge until cured',
  delays: 'merges later by itself',
  limits: 'merges with less gain',
  note: 'to be known',
};

export function effectWords(effect: string): string {
  return EFFECTS[effect] ?? effect;
}

/** `about 1.20 GiB`; empty where the reason explains no amount. */
export function amountOf({ bytes: amount, bound }: Pick<WhyReason__Output, 'bytes' | 'bound'>): string {
  if (amount === undefined) return '';
  return `${bound === 'exact' || bound === '' ? '' : `${bound} `}${bytes(amount)}`;
}

/** A fact's value with its unit as people read it. */
export function factText({ value, unit }: Pick<WhyFact__Output, 'value' | 'unit'>): string {
  const figure = /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(value) ? Number(value) : undefined;
  if (figure === undefined) return unit === '' ? value : `${value} ${unit}`;
  if (unit === 'bytes') return bytes(figure);
  if (unit === 's') return duration(figure * 1_000);
  return unit === '' ? value : `${count(figure)} ${unit}`;
}

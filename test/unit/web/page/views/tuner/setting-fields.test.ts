import { describe, expect, it } from 'vitest';
import { SETTING_RANGES } from '../../../../../../src/tuner/settings.js';
import {
  SETTING_FIELDS,
  changesOf,
  faultOf,
  type NumberField,
} from '../../../../../../web/page/views/tuner/setting-fields.js';

const NUMBERS = SETTING_FIELDS.filter((field): field is NumberField => field.form === 'number');
const camel = (key: string): string => key.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());

it('has the ranges of the tuner', () => {
  const ranges = Object.fromEntries(NUMBERS.map(({ key, min, max }) => [camel(key), { min, max }]));
  for (const [name, { min, max }] of Object.entries(SETTING_RANGES)) expect(ranges[name], name).toEqual({ min, max });
  expect(NUMBERS).toHaveLength(Object.keys(SETTING_RANGES).length);
});

describe('a number field', () => {
  const [price] = NUMBERS;
  if (price === undefined) throw new Error('no price');
  it.each(['8', ' 0.1 ', '1024', '1e2'])('takes %j', (text) => {
    expect(faultOf(price, text)).toBeUndefined();
  });
  it.each(['', ' ', '0', '1025', 'dear', 'NaN', 'Infinity'])('refuses %j with its range', (text) => {
    expect(faultOf(price, text)).toBe('Price is a number from 0.1 to 1024 GiB a core.');
  });
});

it('sends only what differs', () => {
  const inForce = { gib_per_core: 8, max_cpu_pct: 25, may_start: true, may_stop: false };
  expect(changesOf({ gib_per_core: '8.0', max_cpu_pct: '30', may_start: true, may_stop: true }, inForce)).toEqual({
    max_cpu_pct: 30,
    may_stop: true,
  });
  expect(changesOf({}, inForce)).toEqual({});
});

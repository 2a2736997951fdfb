import { describe, expect, it } from 'vitest';
import { amountOf, effectWords, factText } from '../../../../../../web/page/views/guest/why-words.js';

describe('a reason', () => {
  it('says how sure its amount is', () => {
    expect(amountOf({ bytes: 1024 ** 3, bound: 'exact' })).toBe('1.00 GiB');
    expect(amountOf({ bytes: 1024 ** 3, bound: 'at most' })).toBe('at most 1.00 GiB');
    expect(amountOf({ bound: '' })).toBe('');
  });

  it('says what becomes of the memory', () => {
    expect(effectWords('bars')).toBe('cannot merge until cured');
    expect(effectWords('from the future')).toBe('from the future');
  });
});

describe('a fact', () => {
  it.each([
    [{ value: '1073741824', unit: 'bytes' }, '1.00 GiB'],
    [{ value: '90', unit: 's' }, '1.5 min'],
    [{ value: '24000', unit: 'pages/s' }, '24,000 pages/s'],
    [{ value: '1', unit: '' }, '1'],
    [{ value: '-mem-path /dev/hugepages', unit: '' }, '-mem-path /dev/hugepages'],
    [{ value: '92 of 1024', unit: 'pages' }, '92 of 1024 pages'],
  ])('%j reads %s', (fact, text) => {
    expect(factText(fact)).toBe(text);
  });
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { printable, PRINTABLE_MAX, printableText } from '../../../../src/agent/guests/printable.js';

const utf8 = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');
const bytes = fc.uint8Array({ maxLength: 40 }).map((array) => Buffer.from(array).toString('latin1'));

describe('a name for people', () => {
  test.each([
    ['web-01.example', 'web-01.example'],
    [utf8('büro 東京'), 'büro 東京'],
    [utf8('50%'), '50%25'],
    ['a\x1b[31mb', 'a%1B[31mb'],
    ['a\nb\tc', 'a%0Ab%09c'],
    ['\xff\xfeok', '%FF%FEok'],
    // An overlong slash and half a surrogate pair are not UTF-8.
    ['\xc0\xaf', '%C0%AF'],
    ['\xed\xa0\x80', '%ED%A0%80'],
    // Right-to-left override, zero-width space, no-break space, the sign of broken text.
    [utf8('a\u202eb'), 'a%E2%80%AEb'],
    [utf8('a\u200bb'), 'a%E2%80%8Bb'],
    [utf8('a\u00a0b'), 'a%C2%A0b'],
    [utf8('\ufffd'), '%EF%BF%BD'],
    [' vm ', '%20vm%20'],
    ['', ''],
  ])('%j is shown as %j', (name, shown) => {
    expect(printable(name)).toBe(shown);
  });

  test('different bytes never look the same', () => {
    fc.assert(
      fc.property(bytes, bytes, (a, b) => {
        expect(printable(a) === printable(b)).toBe(a === b);
      }),
    );
    // Names that differ in one byte only, which two random ones seldom do.
    fc.assert(
      fc.property(bytes, fc.nat(39), fc.nat(255), (a, at, byte) => {
        const b = a.slice(0, at) + String.fromCharCode(byte) + a.slice(at + 1);
        expect(printable(a) === printable(b)).toBe(a === b);
      }),
    );
  });

  test('any bytes come out short, and without anything that moves the cursor or hides', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (array) => {
        const shown = printable(Buffer.from(array).toString('latin1'));
        expect(Array.from(shown).length).toBeLessThanOrEqual(PRINTABLE_MAX);
        expect(shown).not.toMatch(/[\p{C}\p{Zl}\p{Zp}\ufffd]|^\s|\s$/u);
      }),
    );
  });

  test('a text that is decoded already', () => {
    expect(printableText('東京\n\ufffd')).toBe('東京%0A%EF%BF%BD');
  });

  test('long names with the same beginning stay different', () => {
    const long = 'x'.repeat(30_000);
    expect(printable(`${long}a`)).not.toBe(printable(`${long}b`));
    expect(printable(`${long}a`)).toHaveLength(PRINTABLE_MAX);
  });
});

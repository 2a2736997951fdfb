import fc from 'fast-check';
import { expect, test } from 'vitest';
import { KeyReader } from '../../../src/cli/top-keys.js';

test.each([
  ['q', ['q']],
  ['\u001b[A\u001bOB', ['up', 'down']],
  ['\u001b[5~\u001b[6~', ['page-up', 'page-down']],
  ['\u001b[1~\u001bOF', ['home', 'end']],
  ['\u0003\u001a\r\u007f', ['ctrl-c', 'ctrl-z', 'enter', 'backspace']],
  ['ä数', ['ä', '数']],
  // Sequences that mean nothing here, such as a function key or a report of the mouse.
  ['\u001b[15~x\u001b[<0;1;2M', ['x']],
  ['\u001bx', ['escape', 'x']],
  ['\u0000\u0001', []],
])('%j is %j', (typed, keys) => {
  expect(new KeyReader().read(typed)).toEqual(keys);
});

test('an escape alone waits for what may follow it', () => {
  const reader = new KeyReader();
  expect(reader.read('\u001b')).toEqual([]);
  expect(reader.isWaiting).toBe(true);
  expect(reader.flush()).toEqual(['escape']);
  expect(reader.isWaiting).toBe(false);
});

test('however a slow line cuts it, the keys are the same', () => {
  const pieces = fc.constantFrom('a', '\u001b[A', '\u001b[5~', '\u001bOF', 'ü', '\r');
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 8 }), fc.array(fc.nat(30), { maxLength: 5 }), (typed, cuts) => {
      const text = typed.join('');
      const whole = new KeyReader().read(text);
      const reader = new KeyReader();
      const at = [...new Set(cuts.filter((cut) => cut < text.length))].sort((a, b) => a - b);
      const parts = [...at, text.length].map((end, index) => text.slice(at[index - 1] ?? 0, end));
      expect(parts.flatMap((part) => reader.read(part))).toEqual(whole);
    }),
  );
});

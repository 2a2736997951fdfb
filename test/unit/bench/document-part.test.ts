import { expect, test } from 'vitest';
import { withPart } from '../../../bench/document-part.js';

const DOCUMENT = 'above\n\n<!-- bench:x -->\n\nold\n\n<!-- end of bench:x -->\n\nbelow\n';

test('replaces what is between the marks and nothing else, again and again', () => {
  const once = withPart(DOCUMENT, 'bench:x', '\nnew $1\n');
  expect(once).toBe('above\n\n<!-- bench:x -->\n\nnew $1\n\n<!-- end of bench:x -->\n\nbelow\n');
  expect(withPart(once, 'bench:x', 'new $1')).toBe(once);
});

test('a document without the marks is not written', () => {
  expect(() => withPart('nothing', 'bench:x', 'new')).toThrow(RangeError);
});

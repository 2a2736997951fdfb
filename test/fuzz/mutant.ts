import fc from 'fast-check';

/** Pieces that parsers trip over. */
const PIECES = [
  '',
  '\0',
  '\n',
  '\r\n',
  ' ',
  '\t',
  ',',
  ',,',
  '=',
  ':',
  ';',
  '/',
  '..',
  '%',
  '%2e%2e%2f',
  '%ff',
  '"',
  "'",
  '\\',
  '{',
  '}',
  '[',
  ']',
  '(',
  ')',
  '*',
  '?',
  '#',
  '&',
  '-',
  '-1',
  '0',
  '00',
  '1e999',
  'NaN',
  'null',
  'true',
  '9007199254740993',
  '18446744073709551616',
  '9'.repeat(400),
  '0x',
  '__proto__',
  'constructor',
  'toString',
  'é',
  '\ud800',
  '\u202e',
  '𝒳',
  'a'.repeat(5000),
  '['.repeat(3000),
  '&a [*a]',
  '<<: *x',
];

interface Edit {
  readonly at: number;
  readonly cut: number;
  readonly piece: string;
}

const edit: fc.Arbitrary<Edit> = fc.record({
  /** Where, as a share of the text. */
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  cut: fc.oneof(fc.constant(0), fc.nat(3), fc.nat(80)),
  piece: fc.oneof(fc.constantFrom(...PIECES), fc.string({ unit: 'binary', maxLength: 8 })),
});

/** Texts that look right and are not: one of `samples` with a few edits; now and then a text of anything. */
export function mutant(...samples: readonly string[]): fc.Arbitrary<string> {
  const edited = fc
    .tuple(fc.constantFrom(...samples), fc.array(edit, { maxLength: 6 }))
    .map(([text, edits]) => edits.reduce(applied, text));
  return fc.oneof({ weight: 8, arbitrary: edited }, { weight: 1, arbitrary: fc.string({ unit: 'binary' }) });
}

function applied(text: string, { at, cut, piece }: Edit): string {
  const from = Math.floor(at * text.length);
  return text.slice(0, from) + piece + text.slice(from + cut);
}

/** The same for bytes. */
export function mutantBytes(...samples: readonly Uint8Array[]): fc.Arbitrary<Buffer> {
  return mutant(...samples.map((bytes) => Buffer.from(bytes).toString('latin1'))).map((text) =>
    Buffer.from(text, 'latin1'),
  );
}

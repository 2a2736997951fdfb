import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LineSplitter } from '../../../../src/agent/probes/lines.js';

describe('lines of a stream', () => {
  it('are the same however the stream is cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string().map((text) => text.replaceAll('\n', ' '))),
        fc.integer({ min: 1, max: 9 }),
        (lines, cut) => {
          const splitter = new LineSplitter(1000);
          const text = lines.map((line) => `${line}\n`).join('');
          const seen: string[] = [];
          for (let at = 0; at < text.length; at += cut) seen.push(...splitter.push(text.slice(at, at + cut)));
          expect(seen).toEqual(lines);
          expect(splitter.end()).toEqual([]);
        },
      ),
    );
  });

  it('that are too long are dropped and counted, and the next one is whole', () => {
    const splitter = new LineSplitter(10);
    expect(splitter.push('x'.repeat(8))).toEqual([]);
    expect(splitter.push('y'.repeat(8))).toEqual([]);
    expect(splitter.push('z\nshort\n')).toEqual(['short']);
    expect(splitter.dropped).toBe(1);
  });

  it('without an end come last', () => {
    const splitter = new LineSplitter(10);
    splitter.push('a\nb');
    expect(splitter.end()).toEqual(['b']);
    expect(splitter.end()).toEqual([]);
  });
});

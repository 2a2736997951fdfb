import { describe, expect, it } from 'vitest';
import { fillImage, rewritePages, touchPage } from '../../../../src/agent/demo/content.js';

const PAGE = 4096;
const pagesOf = (memory: ArrayBuffer): string[] =>
  Array.from({ length: memory.byteLength / PAGE }, (_, page) =>
    Buffer.from(memory, page * PAGE, PAGE).toString('base64'),
  );

describe('fillImage', () => {
  it('gives the same content for the same index, and no content twice', () => {
    const first = new ArrayBuffer(300 * PAGE);
    const second = new ArrayBuffer(301 * PAGE);
    fillImage(first, 0, 300, PAGE);
    fillImage(second, PAGE, 300, PAGE);
    expect(pagesOf(second).slice(1)).toEqual(pagesOf(first));
    expect(new Set(pagesOf(first)).size).toBe(300);
    expect(pagesOf(second)[0]).toBe(Buffer.alloc(PAGE).toString('base64'));
  });
});

describe('rewritePages', () => {
  it('makes all pages differ from each other, from zero, and from what they were', () => {
    const memory = new ArrayBuffer(64 * PAGE);
    const seen = new Set<string>([Buffer.alloc(PAGE).toString('base64')]);
    for (let round = 0; round < 20; round++) {
      rewritePages(memory, 0, 64, PAGE, round);
      for (const page of pagesOf(memory)) seen.add(page);
    }
    expect(seen.size).toBe(1 + 20 * 64);
  });

  it('leaves the pages before it alone', () => {
    const memory = new ArrayBuffer(3 * PAGE);
    rewritePages(memory, PAGE, 2, PAGE, 5);
    expect(pagesOf(memory)[0]).toBe(Buffer.alloc(PAGE).toString('base64'));
  });
});

describe('touchPage', () => {
  it('changes nothing', () => {
    const memory = new ArrayBuffer(2 * PAGE);
    fillImage(memory, 0, 2, PAGE);
    const before = pagesOf(memory);
    touchPage(memory, PAGE, PAGE);
    expect(pagesOf(memory)).toEqual(before);
  });
});

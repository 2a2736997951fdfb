import { describe, expect, it } from 'vitest';
import { parseKcoreBases } from '../../../../src/agent/probes/kcore.js';
import { kcoreHead } from '../../../helpers/kcore-head.js';

const NONE = 0xffffffffffffffffn;
const GIB = 1n << 30n;

// In the order of fs/proc/kcore.c: text, vmalloc, modules, then pairs of RAM and its part of vmemmap.
const SEGMENTS: [number, bigint, bigint, bigint][] = [
  [4, 0n, 0n, 0n],
  [1, 0xffffffff9e000000n, 0x1e000000n, 0x3000000n],
  [1, 0xffffa0e800000000n, NONE, 1n << 45n],
  [1, 0xffffffffc0000000n, NONE, 1n << 30n],
  [1, 0xffff8d3240001000n, 0x1000n, 0x9e000n],
  [1, 0xffffeb8b80000000n, NONE, 0x3000n],
  [1, 0xffff8d3240100000n, 0x100000n, 0xbff00000n],
];

describe('/proc/kcore', () => {
  it('tells where all memory and its struct pages are mapped', () => {
    expect(parseKcoreBases(kcoreHead(SEGMENTS))).toEqual({
      pageOffset: '0xffff8d3240000000',
      vmemmap: '0xffffeb8b80000000',
    });
  });

  it('rounds vmemmap down to its 1 GiB step, for RAM that does not begin at 0', () => {
    const segments = SEGMENTS.map((segment) =>
      segment[1] === 0xffffeb8b80000000n ? ([1, 0xffffeb8b80000040n, NONE, 64n] as const) : segment,
    );
    expect(parseKcoreBases(kcoreHead(segments.map((segment) => [...segment])))?.vmemmap).toBe('0xffffeb8b80000000');
  });

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['no ELF', Buffer.alloc(256, 'x')],
    ['no segments', kcoreHead([])],
    ['no RAM', kcoreHead(SEGMENTS.slice(0, 4))],
    ['no vmemmap', kcoreHead(SEGMENTS.filter((segment) => segment[1] !== 0xffffeb8b80000000n))],
    [
      'a base that is no multiple of 1 GiB',
      kcoreHead(SEGMENTS.map((s) => (s[2] === 0x1000n ? [1, s[1] + GIB / 2n, s[2], s[3]] : s))),
    ],
    ['a header cut short', kcoreHead(SEGMENTS).subarray(0, 100)],
  ])('with %s tells nothing', (_what, head) => {
    expect(parseKcoreBases(head)).toBeUndefined();
  });
});

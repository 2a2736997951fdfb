import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { groupFrames, openFrames } from '../../../../src/agent/memory-map/frames.js';

it('groups frames so that each is in one group, and no group is wide', () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 20_000 })), (list) => {
      const groups = groupFrames(Float64Array.from(list));
      expect(groups.flatMap(({ members }) => members).sort((a, b) => a - b)).toEqual([...list.keys()]);
      for (const { first, count, members } of groups) {
        expect(count).toBeLessThanOrEqual(4096);
        for (const index of members) {
          expect(list[index]).toBeGreaterThanOrEqual(first);
          expect(list[index]).toBeLessThan(first + count);
        }
      }
    }),
  );
});

it('reads neighbours together, and does not read over wide gaps', () => {
  const groups = groupFrames(Float64Array.of(5000, 100, 101, 120, 100, 2 ** 36));
  expect(groups.map(({ first, count, members }) => [first, count, members])).toEqual([
    [100, 21, [1, 4, 2, 3]],
    [5000, 1, [0]],
    [2 ** 36, 1, [5]],
  ]);
});

it('gives the flags in the order asked for, and none beyond the end', () => {
  const root = mkdtempSync(join(tmpdir(), 'ksmpilot-frames-'));
  try {
    mkdirSync(join(root, 'proc'));
    const words = BigUint64Array.from({ length: 9000 }, (_, frame) => 0xff00_0000_0000_0000n + BigInt(frame));
    writeFileSync(join(root, 'proc/kpageflags'), words);
    const frames = openFrames(root);
    expect([...frames.flags(Float64Array.of(8999, 3, 4, 50_000, 3))]).toEqual([8999, 3, 4, 0, 3]);
    expect([...frames.flags(new Float64Array())]).toEqual([]);
    // What was read before does not show through where a later read ends early.
    expect([...frames.flags(Float64Array.of(8990, 9010))]).toEqual([8990, 0]);
    frames.close();
  } finally {
    rmSync(root, { recursive: true });
  }
});

it('refuses to take pages whose frames it is not told for pages of one frame', () => {
  const root = mkdtempSync(join(tmpdir(), 'ksmpilot-frames-'));
  try {
    mkdirSync(join(root, 'proc'));
    writeFileSync(join(root, 'proc/kpageflags'), new BigUint64Array(8));
    const frames = openFrames(root);
    expect(() => frames.flags(Float64Array.of(3, 0))).toThrow(
      expect.objectContaining({
        code: 'MEMORY_UNREADABLE',
        hint: expect.stringContaining('CAP_SYS_ADMIN') as string,
      }) as Error,
    );
    frames.close();
  } finally {
    rmSync(root, { recursive: true });
  }
});

it('says what is missing where there is no such file', () => {
  expect(() => openFrames('/nonexistent')).toThrow(expect.objectContaining({ code: 'MEMORY_UNREADABLE' }) as Error);
});

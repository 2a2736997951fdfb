import { expect, it } from 'vitest';
import { savedOf } from '../../../../src/agent/estimate/merge-rules.js';

it.each([
  [1, 0],
  [2, 1],
  [256, 255],
  [257, 255],
  [65_644, 65_387], // as measured: docs/switches.md, use_zero_pages 0
])('%i copies save %i pages', (copies, saved) => {
  expect(savedOf(copies, { maxPageSharing: 256, useZeroPages: true }, false)).toBe(saved);
});

it("zeros save every copy where they go to the kernel's own page", () => {
  expect(savedOf(65_644, { maxPageSharing: 256, useZeroPages: true }, true)).toBe(65_644);
  expect(savedOf(65_644, { maxPageSharing: 256, useZeroPages: false }, true)).toBe(65_387);
});

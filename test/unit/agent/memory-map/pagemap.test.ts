import { expect, it } from 'vitest';
import {
  frameOf,
  isExclusive,
  isFileOrShared,
  isPresent,
  isPrivate,
  isSwapped,
} from '../../../../src/agent/memory-map/pagemap.js';

/** A word of Linux 6.18: a private page mapped once, soft-dirty, in frame 0x2abcde. */
const word = 0x8180_0000_002a_bcden;
const halves = (value: bigint): [number, number] => [Number(value & 0xffff_ffffn), Number(value >> 32n)];

it('reads a word', () => {
  const [low, high] = halves(word);
  expect(frameOf(low, high)).toBe(0x2abcde);
  expect([isPresent(high), isPrivate(high), isExclusive(high)]).toEqual([true, true, true]);
  expect([isSwapped(high), isFileOrShared(high)]).toEqual([false, false]);
});

it('reads frames beyond 32 bits, and no flag as part of one', () => {
  const [low, high] = halves(0xffff_ffff_ffff_ffffn);
  expect(frameOf(low, high)).toBe(2 ** 55 - 1);
});

it('takes a page of a file, and one that is swapped out, for neither private nor absent', () => {
  const [, file] = halves(0xa100_0000_0000_1000n);
  expect([isPrivate(file), isPresent(file), isFileOrShared(file)]).toEqual([false, true, true]);
  const [, swapped] = halves(0x4000_0000_0000_0123n);
  expect([isPrivate(swapped), isPresent(swapped), isSwapped(swapped)]).toEqual([false, false, true]);
});

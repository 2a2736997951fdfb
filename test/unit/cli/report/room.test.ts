import { expect, test } from 'vitest';
import { marginBytes } from '../../../../src/agent/risk.js';
import { overcommitOf, roomFor } from '../../../../src/cli/report/room.js';

const GIB = 2 ** 30;
const host = { memTotalBytes: 64 * GIB, memAvailableBytes: 20 * GIB, residentBytes: 40 * GIB, savedBytes: 8 * GIB };
const guest = { mergeableBytes: 4 * GIB, savedBytes: 1 * GIB, promisedBytes: 8 * GIB };

test('room: with merging, without, and safe against unmerging everything', () => {
  const usable = 20 * GIB - marginBytes(64 * GIB);
  const room = roomFor(host, [guest, guest]);
  expect(room).toMatchObject({ basis: 2, guestBytes: 4 * GIB, guestSavedBytes: GIB, usableBytes: usable });
  expect(room?.withKsm).toBe(Math.floor(usable / (3 * GIB)));
  expect(room?.withoutKsm).toBe(Math.floor((usable - 8 * GIB) / (4 * GIB)));
  // After so many more, all unmerged at once still fits; one more, and it would not.
  const safe = room?.safe ?? 0;
  expect(8 * GIB + safe * 4 * GIB).toBeLessThanOrEqual(usable);
  expect(8 * GIB + (safe + 1) * 4 * GIB).toBeGreaterThan(usable);
});

test('room: a host that needs KSM for what it has now', () => {
  const room = roomFor({ ...host, savedBytes: 30 * GIB }, [guest]);
  expect(room?.withoutKsm).toBeLessThan(0);
  expect(room?.safe).toBe(0);
  expect(room?.withKsm).toBeGreaterThan(0);
});

test('room: not told where it is not known', () => {
  expect(roomFor(host, [])).toBeNull();
  expect(roomFor(host, [{ mergeableBytes: 0, savedBytes: 0 }])).toBeNull();
  expect(roomFor({ ...host, memAvailableBytes: null }, [guest])).toBeNull();
});

test('overcommit: promised, offered, and what is in use were nothing merged', () => {
  expect(overcommitOf(host, [guest, { mergeableBytes: 6 * GIB, promisedBytes: null }])).toEqual({
    physicalBytes: 64 * GIB,
    promisedBytes: 8 * GIB,
    promisedGuests: 1,
    guests: 2,
    promisedRatio: 8 / 64,
    mergeableBytes: 10 * GIB,
    residentBytes: 40 * GIB,
    mergeableRatio: 0.25,
    usedBytes: 44 * GIB,
    usedWithoutBytes: 52 * GIB,
    withoutRatio: 52 / 64,
  });
  expect(overcommitOf({ ...host, memAvailableBytes: null }, [])).toMatchObject({
    promisedBytes: null,
    mergeableBytes: null,
    usedWithoutBytes: null,
    withoutRatio: null,
  });
});

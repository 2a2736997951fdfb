import { existsSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { KernelReader } from '../../src/agent/kernel/kernel-reader.js';
import type { ProbeSnapshot } from '../../src/agent/model/probe.js';
import type { ProcessRaw } from '../../src/agent/model/raw.js';
import { readKsm, until, writeKnobs } from '../helpers/knobs.js';
import { useProbes } from '../helpers/probe-session.js';
import { QemuGuest, qemuHost } from '../helpers/qemu-guest.js';

// What a hypervisor has: QEMU with guests that run a stock kernel, which nobody prepared for any of this.

const session = useProbes();

const FAST = { smart_scan: 0, pages_to_scan: 20_000, sleep_millisecs: 10, run: 1 };
const NAMES = ['qemu-a', 'qemu-b', 'qemu-c'] as const;
const IMAGE = 4099;

let guests: readonly QemuGuest[] = [];
let missing: string | undefined;

beforeAll(async () => {
  const host = await qemuHost();
  if ('why' in host) {
    missing = host.why;
    process.stderr.write(`SKIPPED guests of QEMU: ${missing}\n`);
  } else guests = await QemuGuest.start(host, NAMES, IMAGE);
}, 600_000); // a first time downloads packages
beforeEach(({ skip }) => {
  if (missing !== undefined) skip(missing);
});
afterAll(async () => {
  const pids = guests.map(({ pid }) => pid);
  for (const guest of guests) await guest[Symbol.asyncDispose]();
  expect(pids.filter((pid) => existsSync(`/proc/${pid}`))).toEqual([]);
});

it('guests of QEMU merge, keep what they hold, break by writing, and each is reported', async () => {
  const [a, b, c] = guests as [QemuGuest, QemuGuest, QemuGuest];
  const sums = await Promise.all(guests.map((guest) => guest.sum()));
  expect(new Set(sums).size).toBe(1);
  writeKnobs(FAST);
  await until(
    'the images are merged',
    () => guests.every(({ pid }) => (rowOf(pid)?.ksm_merging_pages ?? 0) >= IMAGE),
    60_000,
  );
  // They have more in common than that, and ksmd takes the pages in its own order: all is merged once it has been round.
  const scans = readKsm('full_scans');
  await until('ksmd has been round', () => readKsm('full_scans') >= scans + 4);
  expect(readKsm('pages_sharing')).toBeGreaterThanOrEqual(2 * IMAGE);
  writeKnobs({ run: 0 });
  expect(await Promise.all(guests.map((guest) => guest.sum()))).toEqual(sums);
  expect(guests.map(({ pid }) => rowOf(pid)?.comm)).toEqual(NAMES);

  const before = await still();
  await a.write(0, 211);
  await b.write(1000, 307);
  await b.touch(2000, 401);
  const after = await still();

  const broken = guests.map(({ pid }) => breaksBy(after, pid) - breaksBy(before, pid));
  process.stderr.write(`breaks of three guests that wrote 211, 708 and 0 merged pages: ${broken.join(', ')}\n`);
  // Their kernels write a little by themselves: seen 1 to 4 merged pages each.
  [211, 307 + 401, 0].forEach((told, index) => {
    expect(broken[index]).toBeGreaterThanOrEqual(told);
    expect(broken[index]).toBeLessThan(told + 100);
  });
  const sum = broken.reduce((total, one) => total + one, 0);
  expect(change(before, after, 'attributed')).toBe(sum);
  expect(change(before, after, 'cow_ksm')).toBe(sum);
  expect(await a.sum()).not.toBe(sums[0]);
  expect(await c.sum()).toBe(sums[0]);

  writeKnobs({ run: 1 });
  await until('what was written as it had been is merged again', () => {
    return mergesBy(session.hub.snapshot(), b.pid) >= mergesBy(after, b.pid) + 401;
  });
  expect(rowOf(c.pid)?.ksm_merging_pages).toBeGreaterThanOrEqual(IMAGE - 211 - 307);
});

/** A frame during all of which no guest ran. */
async function still(): Promise<ProbeSnapshot> {
  for (const guest of guests) guest.pause();
  try {
    return await session.fresh();
  } finally {
    for (const guest of guests) guest.resume();
  }
}

function rowOf(pid: number): ProcessRaw | undefined {
  return new KernelReader().readSample({ monoMs: performance.now() }).processes.find((row) => row.pid === pid);
}

function breaksBy({ processes }: ProbeSnapshot, pid: number): number {
  return processes.find((row) => row.pid === pid)?.cowBreaks ?? 0;
}

function mergesBy({ processes }: ProbeSnapshot, pid: number): number {
  return processes.find((row) => row.pid === pid)?.merges ?? 0;
}

function change(before: ProbeSnapshot, after: ProbeSnapshot, what: 'attributed' | 'cow_ksm'): number {
  return (after.cow?.[what] ?? NaN) - (before.cow?.[what] ?? NaN);
}

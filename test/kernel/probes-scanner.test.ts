import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { ProbeEvent, ScannerTotals } from '../../src/agent/model/probe.js';
import { Guest } from '../helpers/guest.js';
import { readKsm, until, writeKnobs } from '../helpers/knobs.js';
import { useProbes } from '../helpers/probe-session.js';

const session = useProbes();
const FAST = { smart_scan: 0, pages_to_scan: 5000, sleep_millisecs: 10, run: 1 };

describe('the scanner program', () => {
  it('sees every full scan that the kernel counts, and tells the CPU of each', async () => {
    await using guest = await Guest.start();
    await guest.map(0, 1499, 'random');
    const scans: ProbeEvent[] = [];
    const stop = session.hub.onEvent((event) => event.kind === 'full-scan' && scans.push(event));
    writeKnobs({ run: 0 });
    const [before, kernelBefore] = [scannerOf(await session.fresh()), readKsm('full_scans')];

    writeKnobs(FAST);
    await sleep(2_500);
    writeKnobs({ run: 0 });

    const [after, kernelAfter] = [scannerOf(await session.fresh()), readKsm('full_scans')];
    stop();
    expect(kernelAfter - kernelBefore).toBeGreaterThan(3);
    expect(after.fullScans - before.fullScans).toBe(kernelAfter - kernelBefore);
    // Each has a line or is counted as one without.
    const unlisted = (after.unlistedScans ?? 0) - (before.unlistedScans ?? 0);
    expect(scans.length + unlisted).toBe(kernelAfter - kernelBefore);
    expect(after.lastScan).toMatchObject({ rmapItems: 1499, mergesNew: 0, mergesInto: 0 });
    expect(after.lastScan?.durationUs).toBeGreaterThan(0);
    expect(after.lastScan?.cpuUs).toBeLessThanOrEqual((after.lastScan?.durationUs ?? 0) + 10_000);
  });

  it('counts merges per process and by kind', async () => {
    const before = scannerOf(await session.fresh());
    await using a = await Guest.start('merge-a');
    await using b = await Guest.start('merge-b');
    await a.map(0, 1097, 'unique', 1);
    await b.map(0, 1097, 'unique', 1);
    await a.map(1, 401, 'random');
    writeKnobs(FAST);
    await until('the pages to merge', () => a.mergingPages() === 1097 && b.mergingPages() === 1097);
    const sharing = readKsm('pages_sharing');
    const shared = readKsm('pages_shared');
    writeKnobs({ run: 0 });

    const after = await session.fresh();
    const rowOf = (pid: number): unknown => after.processes.find((row) => row.pid === pid);
    expect(rowOf(a.pid)).toMatchObject({ comm: 'merge-a', merges: 1097, zeroMerges: 0, cowBreaks: 0 });
    expect(rowOf(b.pid)).toMatchObject({ comm: 'merge-b', merges: 1097 });
    const totals = scannerOf(after);
    expect(totals.mergesNew - before.mergesNew).toBe(shared);
    expect(totals.mergesInto - before.mergesInto).toBe(sharing);
    expect([shared, sharing]).toEqual([1097, 1097]);
  });

  it('counts zero-page merges per process', async () => {
    const before = scannerOf(await session.fresh());
    await using guest = await Guest.start();
    const zeroBefore = readKsm('ksm_zero_pages');
    await guest.map(0, 311, 'zero');
    writeKnobs({ ...FAST, use_zero_pages: 1 });
    await until('zero pages', () => readKsm('ksm_zero_pages') === zeroBefore + 311);
    writeKnobs({ run: 0, use_zero_pages: 0 });

    const after = await session.fresh();
    expect(scannerOf(after).mergesZero - before.mergesZero).toBe(311);
    expect(after.processes.find(({ pid }) => pid === guest.pid)).toMatchObject({ merges: 0, zeroMerges: 311 });
  });

  it('announces processes that enter and leave KSM', async () => {
    const events: ProbeEvent[] = [];
    const stop = session.hub.onEvent((event) => events.push(event));
    const before = scannerOf(await session.fresh());
    let pid: number;
    {
      await using guest = await Guest.start('come-and-go');
      pid = guest.pid;
      await guest.map(0, 7, 'random');
    }
    const after = scannerOf(await session.fresh());
    stop();
    expect(after.entered - before.entered).toBe(1);
    expect(after.exited - before.exited).toBe(1);
    expect(events).toContainEqual({ kind: 'entered', pid, comm: 'come-and-go' });
    expect(events).toContainEqual({ kind: 'exited', pid, comm: 'come-and-go' });
  });

  it('runs with every probe, and tells how long the start took', async () => {
    const { states, unparsedLines } = await session.fresh();
    expect(states.filter(({ state }) => state === 'running').map(({ name }) => name)).toEqual(
      expect.arrayContaining(['scanner', 'cow']),
    );
    for (const { startupMs, state } of states) if (state === 'running') expect(startupMs).toBeGreaterThan(100);
    expect(unparsedLines).toBe(0);
  });
});

function scannerOf({ scanner }: { scanner?: ScannerTotals }): ScannerTotals {
  if (scanner === undefined) throw new Error('the scanner program has brought no frame');
  return scanner;
}

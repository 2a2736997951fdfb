import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

import { describe, expect, it } from 'vitest';

import { readHostFacts } from '../../src/agent/kernel/host-facts.js';
import { KernelReader } from '../../src/agent/kernel/kernel-reader.js';
import { Guest } from '../helpers/guest.js';
import { useKernel } from '../helpers/kernel-session.js';
import { readKsm, readVmstat, until, writeKnobs } from '../helpers/knobs.js';

useKernel();

describe('the readers on this kernel', () => {
  it('agree with the shell on what the host is', () => {
    const facts = readHostFacts();
    const shell = (command: string): string => execFileSync('/bin/sh', ['-c', command], { encoding: 'utf8' }).trim();
    expect(facts).toMatchObject({
      kernelRelease: shell('uname -r'),
      machine: shell('uname -m'),
      hostname: shell('uname -n'),
      cpus: Number(shell('getconf _NPROCESSORS_ONLN || nproc')),
      pageSize: Number(shell('getconf PAGESIZE')),
      ksmPresent: true,
      root: true,
    });
  });

  it('read every source, and every file of KSM that is there', () => {
    const sample = new KernelReader().readSample({ monoMs: performance.now() });
    expect(sample.sources.filter(({ state }) => state === 'failed')).toEqual([]);
    const known = Object.keys(sample.ksm ?? {});
    // A distribution's own files (RHEL has one) are not ours to know.
    expect(readHostFacts().ksmFeatures.filter((file) => !known.includes(file) && !file.startsWith('redhat_'))).toEqual(
      [],
    );
  });

  it('see what two guests share, per process and in all, and ksmd at work', async () => {
    await using a = await Guest.start('reader-a');
    await using b = await Guest.start('reader-b');
    await a.map(0, 1009, 'unique', 7);
    await b.map(0, 1009, 'unique', 7);
    await b.map(1, 211, 'random');
    const reader = new KernelReader();
    const first = reader.readSample({ monoMs: performance.now() });
    expect(first.processes.map(({ pid }) => pid)).toEqual([a.pid, b.pid].sort((x, y) => x - y));

    writeKnobs({ smart_scan: 0, use_zero_pages: 0, pages_to_scan: 2000, sleep_millisecs: 10, run: 1 });
    // Exactly: what guests of an earlier test left in the counters goes when ksmd comes by again.
    await until('1009 pages are shared', () => readKsm('pages_shared') === 1009 && readKsm('pages_sharing') === 1009);
    await until('211 pages are unshared', () => readKsm('pages_unshared') === 211);
    writeKnobs({ run: 0 });
    const second = reader.readSample({ monoMs: performance.now() });

    expect(second.ksm).toMatchObject({ run: 0, pages_shared: 1009, pages_sharing: 1009, pages_unshared: 211 });
    const rows = new Map(second.processes.map((process) => [process.pid, process]));
    expect(rows.get(a.pid)).toMatchObject({ comm: 'reader-a', ksm_merging_pages: 1009, ksm_rmap_items: 1009 });
    expect(rows.get(b.pid)).toMatchObject({ comm: 'reader-b', ksm_merging_pages: 1009, ksm_rmap_items: 1220 });
    for (const row of second.processes) {
      const status = readFileSync(`/proc/${row.pid}/status`, 'utf8');
      const rssAnonKb = Number(/^RssAnon:\s+(\d+) kB$/m.exec(status)?.[1]);
      expect((row.rssAnonPages ?? 0) * 4).toBe(rssAnonKb);
    }
    expect(second.ksmd?.cpuNs).toBeGreaterThan(first.ksmd?.cpuNs ?? Infinity);
    expect(second.ksm?.pages_scanned).toBeGreaterThan(first.ksm?.pages_scanned ?? 0);
  });

  it('see COW breaks at once', async () => {
    await using guest = await Guest.start('reader-cow');
    await guest.map(0, 503, 'same');
    writeKnobs({ smart_scan: 0, pages_to_scan: 2000, sleep_millisecs: 10, run: 1 });
    const merged = (): string => readFileSync(`/proc/${guest.pid}/ksm_merging_pages`, 'utf8').trim();
    await until('all is merged', () => merged() === '503');
    writeKnobs({ run: 0 });
    const reader = new KernelReader();
    const before = reader.readSample({ monoMs: 0 }).vmstat?.cow_ksm ?? NaN;
    await guest.write(0, 0, 101);
    expect(reader.readSample({ monoMs: 1000 }).vmstat?.cow_ksm).toBe(before + 101);
    expect(readVmstat('cow_ksm')).toBe(before + 101);
  });

  it('forget a guest that ended', async () => {
    const reader = new KernelReader();
    {
      await using guest = await Guest.start('reader-gone');
      await guest.map(0, 13, 'random');
      expect(reader.readSample({ monoMs: 0 }).processes.map(({ pid }) => pid)).toContain(guest.pid);
    }
    await sleep(50);
    const sample = reader.readSample({ monoMs: 1000 });
    expect(sample.processes).toEqual([]);
    expect(sample.sources.filter(({ state }) => state === 'failed')).toEqual([]);
  });
});

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { AgentProcess, type StatusJson } from '../helpers/agent-process.js';
import { Guest } from '../helpers/guest.js';
import { MIDNIGHT, TestStore } from '../helpers/history.js';
import { useKernel } from '../helpers/kernel-session.js';
import { readKsm, until, writeKnobs } from '../helpers/knobs.js';

useKernel();

const PAGE = 4096;

/** A small disk of its own. */
class SmallDisk implements Disposable {
  readonly dir = mkdtempSync(join(tmpdir(), 'ksmpilot-disk-'));

  constructor(kib: number) {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${kib}k,mode=0700`, 'tmpfs', this.dir]);
  }

  get file(): string {
    return join(this.dir, 'history.db');
  }

  /** Takes all but so many KiB. */
  fill(leftKib = 0): void {
    const { bavail, bsize } = statfsSync(this.dir);
    writeFileSync(join(this.dir, 'ballast'), Buffer.alloc(Math.max(0, bavail * bsize - leftKib * 1024), 1));
  }

  free(): void {
    rmSync(join(this.dir, 'ballast'), { force: true });
  }

  [Symbol.dispose](): void {
    execFileSync('umount', ['-l', this.dir]);
    rmSync(this.dir, { recursive: true, force: true });
  }
}

describe('a full disk', () => {
  it('stops the history alone, is said once, and what waited is written when there is room', () => {
    using disk = new SmallDisk(4096);
    const test = new TestStore(disk.file);
    const codes: string[] = [];
    const guests = { g: { saved_bytes: 4096, mergeable_bytes: 8192 } };
    const samples = (count: number): void => {
      for (let index = 0; index < count; index += 1) {
        test.store.event({ kind: 'mode', mode: 'observe', seq: index, timeMs: test.timeMs, text: 'x'.repeat(200) });
        test.sample({ saved_bytes: (test.timeMs + 1000) / 1000 }, { guests });
        const code = test.store.problems.map((one) => one.code).join();
        if (code !== (codes.at(-1) ?? '')) codes.push(code);
      }
    };
    samples(100);
    expect(codes).toEqual([]);
    disk.fill();
    // Half an hour; the log of a file takes some more before its disk is full.
    samples(1800);
    expect(codes).toEqual(['HISTORY_DISK_FULL']);
    expect(test.history({ fromMs: MIDNIGHT }).problem).toMatch(/no room on the disk/);
    disk.free();
    samples(300);
    expect(codes).toEqual(['HISTORY_DISK_FULL', '']);
    const { timesMs, columns } = test.history({ fields: ['saved_bytes'] });
    expect(timesMs).toEqual(Array.from({ length: 2200 }, (_, index) => MIDNIGHT + (index + 1) * 1000));
    expect(columns[0]?.mean).toEqual(timesMs.map((time) => time / 1000));
    expect(test.means('saved_bytes', { guest: 'g' }).size).toBe(37);
    test.store.close();
    const again = new TestStore(disk.file, test);
    again.sample({ saved_bytes: 1 });
    expect(again.store.problems).toEqual([]);
    expect(again.history({ toMs: test.timeMs + 1 }).timesMs).toEqual(timesMs);
    again.store.close();
  });

  it('is waited for from the start, too', () => {
    using disk = new SmallDisk(2048);
    disk.fill();
    const test = new TestStore(disk.file);
    for (let index = 0; index < 100; index += 1) test.sample({ saved_bytes: index });
    expect(test.store.problems).toMatchObject([{ code: 'HISTORY_DISK_FULL' }]);
    expect(() => test.history()).toThrow(/no room/);
    disk.free();
    for (let index = 0; index < 130; index += 1) test.sample({ saved_bytes: index });
    expect(test.store.problems).toEqual([]);
    expect(test.history().timesMs.length).toBeGreaterThan(60);
    test.store.close();
  });

  it('that keeps filling up and emptying never makes it lose what it had', () => {
    using disk = new SmallDisk(3072);
    const test = new TestStore(disk.file);
    for (let round = 0; round < 30; round += 1) {
      for (let index = 0; index < 60; index += 1) test.sample({ saved_bytes: test.timeMs });
      if (round % 3 === 0) disk.fill(round * 4);
      if (round % 3 === 2) disk.free();
    }
    disk.free();
    for (let index = 0; index < 30; index += 1) test.sample({ saved_bytes: test.timeMs });
    expect(test.store.problems).toEqual([]);
    expect(test.history().timesMs).toEqual(Array.from({ length: 1830 }, (_, index) => MIDNIGHT + (index + 1) * 1000));
    test.store.close();
  });
});

interface HistoryJson {
  readonly resolution_ms: number;
  readonly problem: string | null;
  readonly time_ms: readonly number[];
  readonly fields: Readonly<Record<string, { readonly mean: readonly (number | null)[] }>>;
}

describe('the history of a real agent', () => {
  it('is what its samples said, host and guest, and goes on after kill -9', async () => {
    writeKnobs({ run: 1, pages_to_scan: 5000, sleep_millisecs: 20, smart_scan: 0 });
    await until('what was merged before is forgotten', () => readKsm('pages_sharing') === 0);
    await using agent = await new AgentProcess().start('--no-probes', '--no-http');
    await using a = await Guest.start('past-a');
    await using b = await Guest.start('past-b');
    await a.map(0, 1009, 'unique', 7);
    await b.map(0, 1009, 'unique', 7);
    await until('all is merged', () => readKsm('pages_sharing') === 1009);
    await sleep(3000);
    const past = await agent.json<HistoryJson>('history', 'saved_bytes', '--since', '10m', '--points', '5000');
    expect(past).toMatchObject({ resolution_ms: 1000, problem: null });
    const saved = past.fields['saved_bytes']?.mean ?? [];
    expect(saved[0]).toBe(0);
    expect(saved.at(-1)).toBe(1009 * PAGE);
    const gaps = past.time_ms.slice(1).map((time, index) => time - (past.time_ms[index] ?? 0));
    expect(Math.min(...gaps)).toBeGreaterThan(0);

    writeKnobs({ pages_to_scan: 4000 });
    await sleep(12_000);
    const names = (
      await agent.json<readonly { name: string; identity: string; saved_bytes: number | null }[]>('guests')
    )
      .filter((guest) => (guest.saved_bytes ?? 0) > 0)
      .map(({ identity }) => identity);
    expect(names.length).toBeGreaterThan(0);
    const events = await agent.json<{ events: { kind: string; text: string }[] }>('history', '--events');
    expect(events.events.map(({ text }) => text)).toContain('pages_to_scan 5000 -> 4000 by somebody else');

    const before = (await agent.json<StatusJson>('status')).saved_bytes;
    const newest = past.time_ms.at(-1) ?? 0;
    await agent.end('SIGKILL');
    await agent.start('--no-probes', '--no-http');
    await sleep(2500);
    const after = await agent.json<HistoryJson>('history', 'saved_bytes', '--since', '10m', '--points', '5000');
    expect(after.problem).toBeNull();
    expect(after.time_ms).toEqual(expect.arrayContaining(past.time_ms.filter((time) => time <= newest)));
    expect(after.fields['saved_bytes']?.mean.at(-1)).toBe(before);
    for (const name of names) {
      const guest = await agent.json<HistoryJson>('history', 'saved_bytes', '--guest', name, '--since', '10m');
      const figures = guest.fields['saved_bytes']?.mean.filter((value) => value !== null) ?? [];
      expect(Math.max(...figures)).toBeGreaterThan(0);
    }
  });
});

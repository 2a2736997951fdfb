import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { CowTotals, ProbeSnapshot } from '../../src/agent/model/probe.js';
import { Guest } from '../helpers/guest.js';
import { readKsm, until, writeKnobs } from '../helpers/knobs.js';
import { useProbes } from '../helpers/probe-session.js';

// Prime counts everywhere, all different: a sum that is right by accident is unlikely, and a lost or doubled part shows.

const session = useProbes();
const FAST = { smart_scan: 0, pages_to_scan: 5000, sleep_millisecs: 10, run: 1 };

describe('COW breaks', () => {
  it('are attributed to the process and the way it wrote, with nothing left over', async () => {
    await using a = await Guest.start('guest-a');
    await using b = await Guest.start('guest-b');
    await mergeAlike([a, b], 2003);
    const before = await session.fresh();

    await a.write(0, 0, 211);
    await a.read(0, 211, 101);
    const child = await a.forkWrite(0, 400, 151);
    await b.write(0, 0, 307);
    await b.writeByThreads(0, 500, 499, 4);

    const after = await session.fresh();
    expect(breaksBy(after, a.pid)).toBe(211 + 101);
    expect(breaksBy(after, child)).toBe(151);
    expect(breaksBy(after, b.pid)).toBe(307 + 499);
    expect(after.processes.find(({ pid }) => pid === child)?.comm).toBe('guest-a');
    expect(delta(before, after)).toMatchObject({
      attributed: 211 + 101 + 151 + 307 + 499,
      byUser: 211 + 151 + 307 + 499,
      byKernel: 101,
      byGuest: 0,
      zero: 0,
      cow_ksm: 211 + 101 + 151 + 307 + 499,
    });
    expect(after.lostEvents).toBe(0);
  });

  it('that no page fault shows are the unattributed rest, exactly', async () => {
    await using a = await Guest.start();
    await using b = await Guest.start();
    const [address] = await mergeAlike([a, b], 1009);
    const before = await session.fresh();

    await a.direct(0, 0, 97);
    await a.vmWrite(0, 97, 89);
    await b.vmWriteTo(a.pid, address + 300n * 4096n, 83);
    await a.populate(0, 500, 79);
    await a.write(0, 600, 73);
    await a.unmerge(0);

    const after = await session.fresh();
    const { attributed, cow_ksm } = delta(before, after);
    expect(attributed).toBe(73);
    expect(cow_ksm).toBe(1009);
    expect(breaksBy(after, a.pid)).toBe(73);
    expect(breaksBy(after, b.pid)).toBe(0);
  });

  it('are not what a fork child does to huge pages', async () => {
    await using guest = await Guest.start();
    await guest.map(0, 2 * 512, 'huge', 1);
    const before = await session.fresh();

    await guest.forkWrite(0, 0, 2 * 512);

    const after = await session.fresh();
    expect(delta(before, after)).toMatchObject({ attributed: 0, zero: 0, cow_ksm: 0 });
  });

  it('of zero pages are counted apart, where cow_ksm says nothing', async () => {
    writeKnobs({ ...FAST, use_zero_pages: 1 });
    await using guest = await Guest.start();
    const zeroBefore = readKsm('ksm_zero_pages');
    await guest.map(0, 503, 'zero');
    await until('zero pages', () => readKsm('ksm_zero_pages') === zeroBefore + 503);
    writeKnobs({ run: 0, use_zero_pages: 0 });
    const before = await session.fresh();

    await guest.write(0, 0, 109);
    await guest.read(0, 200, 61);

    const after = await session.fresh();
    expect(delta(before, after)).toMatchObject({ attributed: 0, zero: 109 + 61, cow_ksm: 0 });
    expect(after.processes.find(({ pid }) => pid === guest.pid)).toMatchObject({
      zeroMerges: 503,
      zeroBreaks: 109 + 61,
      cowBreaks: 0,
    });
  });

  it('by the guest of a virtual machine are attributed, and those of its process not twice', async ({ skip }) => {
    if (!existsSync('/dev/kvm')) skip('no /dev/kvm here');
    await using vm = await Guest.start('test-vm');
    await using peer = await Guest.start();
    await mergeAlike([vm, peer], 1013, (guest) => (guest === vm ? vm.openKvm(0) : Promise.resolve()));
    const before = await session.fresh();

    await vm.kvmWrite(0, 0, 503);
    await vm.write(0, 600, 37);
    await vm.read(0, 700, 31);
    await vm.direct(0, 800, 29); // seen too, because KVM hears of every break in its process

    const after = await session.fresh();
    const all = 503 + 37 + 31 + 29;
    expect(breaksBy(after, vm.pid)).toBe(all);
    expect(delta(before, after)).toMatchObject({ attributed: all, cow_ksm: all, byUser: 37 });
    expect(after.states.find(({ name }) => name === 'kvm')).toMatchObject({ state: 'running' });
  });

  it('by threads that collide on a page are counted at least once each', async () => {
    await using a = await Guest.start();
    await using b = await Guest.start();
    await mergeAlike([a, b], 2011);
    const before = await session.fresh();

    await a.race(0, 0, 2011, 2);

    const { attributed, cow_ksm } = delta(before, await session.fresh());
    // Both threads may fault before either has broken the page; the second finds it done. See docs/probes.md.
    process.stderr.write(`2 threads on each of 2011 pages at once: attributed ${attributed}, cow_ksm ${cow_ksm}\n`);
    expect(cow_ksm).toBeGreaterThanOrEqual(2011);
    expect(attributed).toBeGreaterThanOrEqual(2011);
    expect(attributed).toBeLessThanOrEqual(2 * 2011);
  });
});

describe('merge lifetimes', () => {
  it('are measured for every break while one page in one is timed', async () => {
    await using a = await Guest.start();
    await using b = await Guest.start();
    await mergeAlike([a, b], 701);
    const before = await session.fresh();

    await a.write(0, 0, 131);
    await b.read(0, 300, 137);
    await new Promise((resolve) => setTimeout(resolve, 2_100));
    await b.write(0, 500, 139);

    const after = await session.fresh();
    expect(after.cow?.lifetimeSampledOneIn).toBe(1);
    expect(timed(after) - timed(before)).toBe(131 + 137 + 139);
    const late = lifetimesFrom(after, 2_048) - lifetimesFrom(before, 2_048);
    expect(late).toBeGreaterThanOrEqual(139);
  });
});

describe('bpftrace killed from outside', () => {
  it('is started again, and the totals go on', async () => {
    await using a = await Guest.start();
    await using b = await Guest.start();
    await mergeAlike([a, b], 907);
    await a.write(0, 0, 113);
    const before = await session.fresh();
    expect(breaksBy(before, a.pid)).toBe(113);

    process.kill(bpftracePid(), 'SIGKILL');
    await until('the probes to notice', () => stateOf(session, 'cow') === 'backoff');
    const detail = session.hub.snapshot().states.find(({ name }) => name === 'cow')?.detail;
    expect(detail).toContain('SIGKILL');
    await a.write(0, 200, 17); // nobody looks
    await until('the probes to run again', () => stateOf(session, 'cow') === 'running');
    await a.write(0, 300, 127);

    const after = await session.fresh();
    expect(breaksBy(after, a.pid)).toBe(113 + 127);
    expect(delta(before, after)).toMatchObject({ attributed: 127, cow_ksm: 127 + 17 });
    expect(after.states.every(({ restarts, state }) => state !== 'running' || restarts === 1)).toBe(true);
  });
});

/** Makes `pages` pages alike in all guests, waits until ksmd has merged them, and stops it. Returns their addresses. */
async function mergeAlike(
  guests: readonly Guest[],
  pages: number,
  prepare: (guest: Guest) => Promise<void> = () => Promise.resolve(),
): Promise<[bigint, ...bigint[]]> {
  const addresses: bigint[] = [];
  for (const guest of guests) {
    addresses.push(await guest.map(0, pages, 'unique', pages));
    await prepare(guest);
  }
  writeKnobs(FAST);
  await until(`${pages} pages to merge`, () => guests.every((guest) => guest.mergingPages() === pages));
  writeKnobs({ run: 0 });
  return addresses as [bigint, ...bigint[]];
}

function breaksBy({ processes }: ProbeSnapshot, pid: number): number {
  return processes.find((row) => row.pid === pid)?.cowBreaks ?? 0;
}

type Growth = Required<Pick<CowTotals, 'attributed' | 'byUser' | 'byKernel' | 'byGuest' | 'zero' | 'cow_ksm'>>;

function delta(before: ProbeSnapshot, after: ProbeSnapshot): Growth {
  const change = (of: (totals: CowTotals) => number): number => of(totalsOf(after)) - of(totalsOf(before));
  return {
    attributed: change(({ attributed }) => attributed),
    byUser: change(({ byUser }) => byUser),
    byKernel: change(({ byKernel }) => byKernel),
    byGuest: change(({ byGuest }) => byGuest),
    zero: change(({ zero }) => zero),
    cow_ksm: change(({ cow_ksm = NaN }) => cow_ksm),
  };
}

function totalsOf({ cow }: ProbeSnapshot): CowTotals {
  if (cow === undefined) throw new Error('the COW program has brought no frame');
  return cow;
}

function timed(snapshot: ProbeSnapshot): number {
  return lifetimesFrom(snapshot, 0);
}

function lifetimesFrom(snapshot: ProbeSnapshot, lowerMs: number): number {
  return totalsOf(snapshot)
    .mergeLifetime.filter((bucket) => bucket.lowerMs >= lowerMs)
    .reduce((sum, { count }) => sum + count, 0);
}

function stateOf({ hub }: typeof session, name: string): string | undefined {
  return hub.snapshot().states.find((probe) => probe.name === name)?.state;
}

/** The bpftrace that this very process started. */
function bpftracePid(): number {
  return Number(execFileSync('pgrep', ['-P', String(process.pid), '-x', 'bpftrace'], { encoding: 'utf8' }).trim());
}

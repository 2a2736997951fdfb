/** What is done to the guest's memory while the probes watch. */

import { existsSync } from 'node:fs';
import type { CowTier, ProbeSnapshot, ScannerTotals } from '../../../src/agent/model/probe.js';
import { Guest } from '../../helpers/guest.js';
import { readKsm, until, writeKnobs } from '../../helpers/knobs.js';

import { BREAKS, MACHINE, MUTED, PAGES, ZERO } from '../counts.js';
import { type Probes, breaksBy, growth, totalsOf } from './probes.js';
import type { MutedReport, RoundReport, ScannerGrowth } from './report.js';

const KSM = '/sys/kernel/mm/ksm';
const FAST = {
  ...(existsSync(`${KSM}/smart_scan`) && { smart_scan: 0 }), // since Linux 6.7
  ...{ pages_to_scan: 5000, sleep_millisecs: 10, run: 1 },
};
const MERGE_TIMEOUT_MS = 90_000;

/** User writes, kernel copies, other processes, pinned pages, unmerge, and then everything at once by `run=2`. */
export async function breakInEveryWay(probes: Probes): Promise<Pick<RoundReport, 'breaks' | 'stop' | 'scanner'>> {
  const start = await probes.fresh();
  const scansAtStart = readKsm('full_scans');
  let merged: ProbeSnapshot;
  let result: Pick<RoundReport, 'breaks' | 'stop'>;
  let kernel: RoundReport['scanner']['kernel'];
  let mergesOfFirst: number;
  {
    await using first = await Guest.start('first');
    await using second = await Guest.start('second');
    await first.map(0, PAGES, 'unique', 1);
    const address = await first.map(1, BREAKS.remote, 'unique', 2);
    await second.map(0, PAGES, 'unique', 1);
    await second.map(1, BREAKS.remote, 'unique', 2);
    await merge([first, second], PAGES + BREAKS.remote);
    kernel = {
      fullScans: readKsm('full_scans') - scansAtStart,
      shared: readKsm('pages_shared'),
      sharing: readKsm('pages_sharing'),
    };
    merged = await probes.fresh();
    mergesOfFirst = merged.processes.find(({ pid }) => pid === first.pid)?.merges ?? 0;

    let page = 0;
    const next = (count: number): [area: number, from: number, count: number] => {
      page += count;
      return [0, page - count, count];
    };
    await first.write(...next(BREAKS.user));
    await first.read(...next(BREAKS.read));
    await first.direct(...next(BREAKS.direct));
    await first.vmWrite(...next(BREAKS.self));
    await first.populate(...next(BREAKS.populated));
    const child = await first.forkWrite(0, page, BREAKS.forked);
    await second.vmWriteTo(first.pid, address, BREAKS.remote);
    await second.writeByThreads(0, 0, BREAKS.threads, 4);
    // None of KSM's; but in Linux 6.12 tail pages of huge pages keep counters where KSM marks its own.
    await first.map(2, 1024, 'huge', 4);
    await first.forkWrite(2, 0, 1024);
    await first.unmerge(0);
    const broken = await probes.fresh();

    writeKnobs({ run: 2 });
    writeKnobs({ run: 0 });
    const stopped = await probes.fresh();
    result = {
      breaks: {
        growth: growth(merged, broken),
        first: breaksBy(broken, first.pid),
        child: breaksBy(broken, child),
        second: breaksBy(broken, second.pid),
        lifetimes: lifetimes(broken) - lifetimes(merged),
        serviceTimes: serviceTimes(broken) - serviceTimes(merged),
      },
      stop: growth(broken, stopped),
    };
  }
  const end = await probes.fresh();
  return {
    ...result,
    scanner: {
      ...{ ...scannerGrowth(start, merged), exited: scannerGrowth(start, end).exited },
      kernel,
      mergesOfFirst,
    },
  };
}

/** undefined: the kernel does not tell zero pages that KSM placed from others (before Linux 6.6). */
export async function breakZeroPages(probes: Probes): Promise<RoundReport['zeroPages']> {
  if (!existsSync(`${KSM}/ksm_zero_pages`)) return undefined;
  await using guest = await Guest.start('zeros');
  const placed = readKsm('ksm_zero_pages');
  writeKnobs({ ...FAST, use_zero_pages: 1 });
  await guest.map(0, ZERO.pages, 'zero');
  await until('zero pages', () => readKsm('ksm_zero_pages') === placed + ZERO.pages, MERGE_TIMEOUT_MS);
  writeKnobs({ run: 0, use_zero_pages: 0 });
  const before = await probes.fresh();
  await guest.write(0, 0, ZERO.user);
  await guest.read(0, ZERO.user, ZERO.read);
  const after = await probes.fresh();
  const row = after.processes.find(({ pid }) => pid === guest.pid);
  return { growth: growth(before, after), merges: row?.zeroMerges ?? 0, charged: row?.zeroBreaks ?? 0 };
}

/** undefined: no /dev/kvm. */
export async function breakInMachine(probes: Probes): Promise<RoundReport['machine']> {
  if (!existsSync('/dev/kvm')) return undefined;
  await using machine = await Guest.start('machine');
  await using peer = await Guest.start('peer');
  await machine.map(0, MACHINE.pages, 'unique', 3);
  await machine.openKvm(0);
  await peer.map(0, MACHINE.pages, 'unique', 3);
  await merge([machine, peer], MACHINE.pages);
  const before = await probes.fresh();
  await machine.kvmWrite(0, 0, MACHINE.guest);
  await machine.write(0, MACHINE.guest, MACHINE.user);
  await machine.read(0, MACHINE.guest + MACHINE.user, MACHINE.read);
  const after = await probes.fresh();
  return { growth: growth(before, after), charged: breaksBy(after, machine.pid) };
}

/**
 * fentry and kprobes hook functions by the kernel's function tracer. Where that is switched off they attach all the same
 * and never fire: breaks that `cow_ksm` counts and they do not must lead to the tier that needs no function tracer.
 */
export async function breakUnseen(probes: Probes): Promise<MutedReport> {
  await using first = await Guest.start('first');
  await using second = await Guest.start('second');
  for (const guest of [first, second]) await guest.map(0, MUTED.pages, 'unique', 4);
  await merge([first, second], MUTED.pages);
  let page = 0;
  for (let step = 0; step < MUTED.steps && !serves(probes, 'tracepoint'); step += 1) {
    await first.write(0, page, MUTED.wasted);
    page += MUTED.wasted;
    // Another tier takes over only after bpftrace has begun again.
    await until('another tier', () => serves(probes, 'tracepoint'), 20_000).catch(() => undefined);
  }
  const before = await probes.fresh();
  await first.write(0, page, MUTED.counted);
  const after = await probes.fresh();
  const detail = after.states.find(({ name }) => name === 'cow')?.detail ?? '';
  return { cowTier: after.cow?.tier, detail, growth: growth(before, after) };
}

/** Does this tier of the COW programs run, and tell its counts? */
function serves(probes: Probes, tier: CowTier): boolean {
  const { cow, states } = probes.snapshot();
  return cow?.tier === tier && states.some(({ name, state }) => name === 'cow' && state === 'running');
}

/** Lets ksmd merge until each process shares so many pages, and stops it. */
async function merge(guests: readonly Guest[], pages: number): Promise<void> {
  writeKnobs(FAST);
  const isMerged = (): boolean => guests.every((guest) => guest.mergingPages() === pages);
  await until(`${pages} pages to merge in each process`, isMerged, MERGE_TIMEOUT_MS);
  writeKnobs({ run: 0 });
}

function lifetimes(snapshot: ProbeSnapshot): number {
  return totalsOf(snapshot).mergeLifetime.reduce((sum, { count }) => sum + count, 0);
}

function serviceTimes(snapshot: ProbeSnapshot): number {
  return totalsOf(snapshot).serviceTime?.buckets.reduce((sum, { count }) => sum + count, 0) ?? 0;
}

function scannerGrowth(before: ProbeSnapshot, after: ProbeSnapshot): ScannerGrowth {
  const change = (of: (totals: ScannerTotals) => number): number => of(scannerOf(after)) - of(scannerOf(before));
  return {
    fullScans: change(({ fullScans }) => fullScans),
    mergesNew: change(({ mergesNew }) => mergesNew),
    mergesInto: change(({ mergesInto }) => mergesInto),
    entered: change(({ entered }) => entered),
    exited: change(({ exited }) => exited),
  };
}

function scannerOf({ scanner }: ProbeSnapshot): ScannerTotals {
  if (scanner === undefined) throw new Error('no scanner program runs');
  return scanner;
}

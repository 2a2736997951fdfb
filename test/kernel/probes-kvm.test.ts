import { existsSync } from 'node:fs';
import { beforeEach, describe, expect, it } from 'vitest';
import type { ProbeSnapshot } from '../../src/agent/model/probe.js';
import { Guest } from '../helpers/guest.js';
import { readKsm, until, writeKnobs } from '../helpers/knobs.js';
import { mergeAlike } from '../helpers/merge-alike.js';
import { useProbes } from '../helpers/probe-session.js';

// Writes of virtual machines, which are no page faults of the host. The machines are a page of code under /dev/kvm; where
// that KVM emulates their writes (no EPT or NPT), they are the kernel's copies: what is said of the sum holds there too.

const session = useProbes();

beforeEach(({ skip }) => {
  if (existsSync('/dev/kvm')) return;
  process.stderr.write('SKIPPED tests of virtual machines: no /dev/kvm here\n');
  skip('no /dev/kvm here');
});

describe('breaks by virtual machines', () => {
  it('are charged to their process, whichever of their CPUs wrote', async () => {
    await using vm = await Guest.start('four-cpus');
    await using peer = await Guest.start();
    await mergeAlike([vm, peer], 1511, (guest) => (guest === vm ? vm.openKvm(0, 4) : Promise.resolve()));
    const before = await session.fresh();

    await vm.kvmWrite(0, 0, 499);
    await vm.kvmWrite(0, 0, 499); // the pages are its own by now
    await vm.kvmWrite(0, 700, 307);
    await peer.write(0, 0, 101);

    const after = await session.fresh();
    expect(breaks(before, after, vm.pid)).toBe(499 + 307);
    expect(breaks(before, after, peer.pid)).toBe(101);
    expect(change(before, after)).toEqual({ attributed: 907, byMachines: 806, byUser: 101, zero: 0, cow_ksm: 907 });
  });

  it('are told apart when several machines run at once', async () => {
    await using a = await Guest.start('vm-a');
    await using b = await Guest.start('vm-b');
    await using c = await Guest.start('vm-c');
    await mergeAlike([a, b, c], 1009, (guest) => guest.openKvm(0, 2));
    const before = await session.fresh();

    await Promise.all([a.kvmWrite(0, 0, 401), b.kvmWrite(0, 100, 503), c.kvmWrite(0, 200, 607)]);

    const after = await session.fresh();
    expect([a, b, c].map(({ pid }) => breaks(before, after, pid))).toEqual([401, 503, 607]);
    const all = 401 + 503 + 607;
    expect(change(before, after)).toEqual({ attributed: all, byMachines: all, byUser: 0, zero: 0, cow_ksm: all });
    expect(after.processes.find(({ pid }) => pid === b.pid)?.comm).toBe('vm-b');
  });

  it('of zero pages are counted apart, where cow_ksm says nothing', async () => {
    await using vm = await Guest.start('zero-vm');
    const zeros = readKsm('ksm_zero_pages');
    await vm.map(0, 503, 'zero');
    await vm.openKvm(0);
    writeKnobs({ smart_scan: 0, pages_to_scan: 5000, sleep_millisecs: 10, use_zero_pages: 1, run: 1 });
    await until('zero pages', () => readKsm('ksm_zero_pages') === zeros + 503);
    writeKnobs({ run: 0, use_zero_pages: 0 });
    const before = await session.fresh();

    await vm.kvmWrite(0, 0, 109);
    await vm.write(0, 200, 61);

    const after = await session.fresh();
    expect(change(before, after)).toEqual({ attributed: 0, byMachines: 0, byUser: 0, zero: 109 + 61, cow_ksm: 0 });
    expect(zeroBreaks(after, vm.pid) - zeroBreaks(before, vm.pid)).toBe(109 + 61);
  });

  it('and by everybody else in their process are counted once each', async () => {
    await using vm = await Guest.start('mixed-vm');
    await using peer = await Guest.start();
    const [address] = await mergeAlike([vm, peer], 1013, (guest) => guest.openKvm(0));
    const before = await session.fresh();

    await vm.kvmWrite(0, 0, 211);
    await vm.write(0, 300, 37);
    await vm.read(0, 400, 31);
    await vm.direct(0, 500, 29);
    await peer.vmWriteTo(vm.pid, address + 600n * 4096n, 23);
    await vm.populate(0, 700, 19);

    const after = await session.fresh();
    // process_vm_writev runs in the writer, whose own mm has no such machine: nobody is charged.
    expect(breaks(before, after, vm.pid)).toBe(211 + 37 + 31 + 29 + 19);
    expect(change(before, after)).toMatchObject({ attributed: 327, byUser: 37, cow_ksm: 327 + 23 });
  });
});

describe('what is no break, and how it is counted', () => {
  it('a page given back alone, as by a balloon, is taken for one; larger pieces are not', async () => {
    await using vm = await Guest.start('balloon-vm');
    await using peer = await Guest.start();
    await mergeAlike([vm, peer], 1019, (guest) => (guest === vm ? vm.openKvm(0) : Promise.resolve()));
    const before = await session.fresh();

    for (const page of [2, 3, 5, 7, 11]) await vm.dontNeed(0, page, 1);
    await vm.dontNeed(0, 100, 2);
    await vm.dontNeed(0, 200, 512);

    const after = await session.fresh();
    expect(change(before, after)).toMatchObject({ attributed: 5, cow_ksm: 0 });
    expect(breaks(before, after, vm.pid)).toBe(5);
  });
});

function breaks(before: ProbeSnapshot, after: ProbeSnapshot, pid: number): number {
  const of = ({ processes }: ProbeSnapshot): number => processes.find((row) => row.pid === pid)?.cowBreaks ?? 0;
  return of(after) - of(before);
}

function zeroBreaks({ processes }: ProbeSnapshot, pid: number): number {
  return processes.find((row) => row.pid === pid)?.zeroBreaks ?? 0;
}

/** byMachines: EPT or NPT violations, and the copies of a KVM that emulates. */
function change({ cow: a }: ProbeSnapshot, { cow: b }: ProbeSnapshot): Record<string, number> {
  if (a === undefined || b === undefined) throw new Error('the COW program has brought no frame');
  return {
    attributed: b.attributed - a.attributed,
    byMachines: b.byGuest + b.byKernel - a.byGuest - a.byKernel,
    byUser: b.byUser - a.byUser,
    zero: b.zero - a.zero,
    cow_ksm: (b.cow_ksm ?? NaN) - (a.cow_ksm ?? NaN),
  };
}

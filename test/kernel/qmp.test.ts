import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { chooseGuest, listGuests } from '../../src/agent/guest-control/find-guest.js';
import { MergeRecords } from '../../src/agent/guest-control/merge-record.js';
import { MergeSwitch } from '../../src/agent/guest-control/merge-switch.js';
import { readMemoryHost } from '../../src/agent/estimate/host-memory.js';
import { openFrames } from '../../src/agent/memory-map/frames.js';
import { readMemoryMap } from '../../src/agent/memory-map/memory-map.js';
import { openProcessMemory } from '../../src/agent/memory-map/process-memory.js';
import { useKernel } from '../helpers/kernel-session.js';
import { readKsm, readVmstat, until, writeKnobs } from '../helpers/knobs.js';
import { controlOfQemu, PausedQemus, PAUSED_MIB, PAUSED_PAGES, qemuProgram } from '../helpers/paused-qemu.js';

useKernel();

const SIZE = PAUSED_MIB * 2 ** 20;

let program = '';
let missing: string | undefined;
beforeAll(async () => {
  const found = await qemuProgram();
  if ('path' in found) program = found.path;
  else {
    missing = found.why;
    process.stderr.write(`SKIPPED control of QEMU: ${missing}\n`);
  }
}, 600_000); // a first time downloads packages
beforeEach(({ skip }) => {
  if (missing !== undefined) skip(missing);
});

function leverOf(pid: number, greetingMs?: number): MergeSwitch {
  const dir = mkdtempSync(join(tmpdir(), 'ksmpilot-qmp-state-'));
  onTestFinished(() => {
    rmSync(dir, { recursive: true, force: true });
  });
  const { facts, control } = controlOfQemu(pid);
  if (control.type !== 'qmp') throw new Error(control.why);
  const { pageSize } = readMemoryHost();
  const qmp = greetingMs === undefined ? {} : { qmp: { greetingMs } };
  return new MergeSwitch({ root: '/', pageSize, records: new MergeRecords(dir), ...qmp }, facts, control);
}

async function ksmPagesOf(pid: number): Promise<number> {
  const { pageSize } = readMemoryHost();
  const frames = openFrames();
  const memory = openProcessMemory(pid, { pageSize, content: false });
  try {
    return (await readMemoryMap(memory, frames)).total.ksm;
  } finally {
    memory.close();
    frames.close();
  }
}

async function merged(...pids: readonly number[]): Promise<void> {
  writeKnobs({ smart_scan: 0, use_zero_pages: 0, pages_to_scan: 20_000, sleep_millisecs: 10, run: 1 });
  const counts: number[] = [];
  const deadline = performance.now() + 30_000;
  do {
    counts.splice(0);
    for (const pid of pids) counts.push(await ksmPagesOf(pid));
    if (performance.now() > deadline) throw new Error(`merged only ${counts.join(', ')}`);
  } while (counts.some((count) => count < PAUSED_PAGES));
  writeKnobs({ run: 0 });
}

describe('a running QEMU', () => {
  it('gives its pages back when merging is switched off, and offers them again', async () => {
    await using qemus = new PausedQemus(program);
    const a = await qemus.start('qmp-a');
    const b = await qemus.start('qmp-b');
    await merged(a, b);
    const lever = leverOf(a);
    const others = await ksmPagesOf(b);

    const planned = await lever.plan('off');
    expect(planned.changes.map(({ backend, to }) => [backend.sizeBytes, backend.merge, to])).toEqual([
      [SIZE, true, false],
    ]);
    expect(planned.risk?.fits).toBe(true);
    expect(planned.risk?.neededBytes).toBeGreaterThanOrEqual(PAUSED_PAGES * 4096);
    expect(await ksmPagesOf(a)).toBeGreaterThanOrEqual(PAUSED_PAGES); // a plan changes nothing

    const brokenBefore = readVmstat('cow_ksm');
    const { plan, after } = await lever.carryOut('off');
    const broken = readVmstat('cow_ksm') - brokenBefore;
    process.stderr.write(
      `merge off: mergeable ${plan.standing.mergeableBytes >> 10} kB -> ${after.mergeableBytes >> 10} kB, ${broken} pages copied\n`,
    );
    expect(plan.standing.mergeableBytes - after.mergeableBytes).toBe(SIZE);
    expect(broken).toBeGreaterThanOrEqual(PAUSED_PAGES);
    // What is left is QEMU's own: translation buffers and the like.
    expect(await ksmPagesOf(a)).toBeLessThan(PAUSED_PAGES / 4);
    expect(await ksmPagesOf(b)).toBe(others);
    expect((await lever.plan('off')).changes).toEqual([]);

    const back = await lever.carryOut('restore');
    expect(back.after.mergeableBytes).toBe(plan.standing.mergeableBytes);
    expect((await lever.plan('restore')).changes).toEqual([]);
    await merged(a, b);
  });

  it('is switched backend by backend; shared memory is told apart', async () => {
    await using qemus = new PausedQemus(program);
    const pid = await qemus.start(
      'qmp-shared',
      ...['-machine', 'memory-backend=main', '-object', `memory-backend-memfd,id=main,size=${PAUSED_MIB}M,share=on`],
      ...['-object', 'memory-backend-ram,id=more,size=16M'],
    );
    const lever = leverOf(pid);
    const { plan, after } = await lever.carryOut('off');
    expect(plan.backends.map(({ path, share }) => [path, share])).toEqual(
      expect.arrayContaining([
        ['/objects/main', true],
        ['/objects/more', false],
      ]) as unknown,
    );
    expect(plan.standing.mergeableBytes - after.mergeableBytes).toBe(16 * 2 ** 20);
    expect((await lever.carryOut('restore')).plan.changes.map(({ to }) => to)).toEqual([true, true]);
  });

  it('serves one client at a time, and that is said', async () => {
    await using qemus = new PausedQemus(program);
    const pid = await qemus.start('qmp-taken');
    const other = connect({ path: qemus.socket('qmp-taken') });
    await new Promise((resolve) => other.once('data', resolve));
    await expect(leverOf(pid, 500).plan('off')).rejects.toMatchObject({ code: 'QMP_TAKEN' });
    other.destroy();
    expect((await leverOf(pid).plan('off')).changes.length).toBe(1);
  });

  it('that took the socket path of another is not mistaken for it', async () => {
    await using qemus = new PausedQemus(program);
    const pid = await qemus.start('qmp-first');
    const path = qemus.socket('qmp-first');
    rmSync(path);
    await qemus.start('qmp-second', '-qmp', `unix:${path},server=on,wait=off`);
    await until('the second has the path', () => leverOf(pid) instanceof MergeSwitch);
    await expect(leverOf(pid).plan('off')).rejects.toMatchObject({
      code: 'QMP_FAILED',
      message: `at the guest's monitor answers a guest "qmp-second", not "qmp-first"`,
    });
  });

  it('is found by name and pid', async ({ skip }) => {
    if (!program.startsWith('/usr/'))
      skip('QEMU is not installed: out of a package, it runs under the name of its loader');
    await using qemus = new PausedQemus(program);
    const pid = await qemus.start('qmp-found');
    const guests = listGuests();
    expect(chooseGuest(guests, 'qmp-found')).toMatchObject({ kind: 'qemu', pids: [pid] });
    expect(chooseGuest(guests, String(pid)).identity).toBe('qemu/qmp-found');
    expect(readKsm('run')).toBe(0);
  });
});

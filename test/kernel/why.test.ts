import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { glanceAtProcess } from '../../src/agent/kernel/process-facts.js';
import type { GuestIdentity } from '../../src/agent/model/guest.js';
import type { Evidence } from '../../src/agent/why/evidence.js';
import { gather } from '../../src/agent/why/gather.js';
import { reasonsFor, standsInTheWay } from '../../src/agent/why/judge.js';
import type { Reason, ReasonCode } from '../../src/agent/why/reason.js';
import { registerWhy } from '../../src/cli/why.js';
import { compile } from '../helpers/c-program.js';
import { runCli } from '../helpers/cli.js';
import { FullScans } from '../helpers/full-scans.js';
import { Guest } from '../helpers/guest.js';
import { useKernel } from '../helpers/kernel-session.js';
import { readKsm, until, writeKnobs } from '../helpers/knobs.js';
import { PausedQemus, PAUSED_MIB, PAUSED_PAGES, qemuProgram } from '../helpers/paused-qemu.js';
import { ToldProcess } from '../helpers/told-process.js';

useKernel();

const PAGE = 4096;
const PAGES = 4096;
const SIZE = PAGES * PAGE;

/** test/kernel/why.c with one area of each kind that is named. */
class Kinds implements AsyncDisposable {
  readonly #told: ToldProcess;
  private constructor(told: ToldProcess) {
    this.#told = told;
  }
  get pid(): number {
    return this.#told.pid;
  }
  static async start(...kinds: readonly string[]): Promise<Kinds> {
    const program = compile(fileURLToPath(new URL('why.c', import.meta.url)));
    if (!('path' in program)) throw new Error(program.why);
    const started = new Kinds(await ToldProcess.start(program.path));
    try {
      for (const kind of kinds) await started.#told.ask(`${kind} ${PAGES}`);
    } catch (error) {
      await started[Symbol.asyncDispose]();
      throw error;
    }
    return started;
  }
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#told.end();
  }
}

/** As the command finds it; a QEMU that its own loader started is not recognised by its program, so the kind is given. */
function guestOf(pid: number, kind: GuestIdentity['kind'] = 'process'): GuestIdentity {
  const startTicks = glanceAtProcess('/', pid)?.startTicks ?? 0;
  return { kind, name: 'test', id: 'test', identity: 'test', key: 'test', pids: [pid], startTicks, doubts: [] };
}

async function evidenceOf(pid: number, watchSeconds = 0.3, kind?: GuestIdentity['kind']): Promise<Evidence> {
  return gather(guestOf(pid, kind), { watchSeconds });
}

async function whyOf(pid: number, watchSeconds?: number, kind?: GuestIdentity['kind']): Promise<readonly Reason[]> {
  return reasonsFor(await evidenceOf(pid, watchSeconds, kind));
}

function find(reasons: readonly Reason[], code: ReasonCode): Reason {
  const found = reasons.find((reason) => reason.code === code);
  if (found === undefined) throw new Error(`no ${code} among ${reasons.map((one) => one.code).join(', ')}`);
  return found;
}

describe('memory that KSM cannot take', () => {
  beforeEach(() => writeKnobs({ run: 0 }));

  it('was not offered', async () => {
    await using process_ = await Kinds.start('plain');
    const reason = find(await whyOf(process_.pid), 'not_offered');
    expect(reason.bytes).toBeGreaterThanOrEqual(SIZE);
    expect(reason.bytes).toBeLessThan(SIZE + 2 ** 20);
  });

  it('is mapped shared', async () => {
    await using process_ = await Kinds.start('shared', 'offered');
    const reasons = await whyOf(process_.pid);
    expect(find(reasons, 'shared').bytes).toBe(SIZE);
    expect(reasons.map(({ code }) => code)).not.toContain('not_offered');
  });

  it('comes from the pool of huge pages', async ({ skip }) => {
    const pool = '/proc/sys/vm/nr_hugepages';
    const before = Number(readFileSync(pool, 'utf8'));
    onTestFinished(() => writeFileSync(pool, String(before)));
    writeFileSync(pool, String(before + SIZE / 2 ** 21));
    if (Number(readFileSync(pool, 'utf8')) < before + SIZE / 2 ** 21)
      skip('the kernel gives no pool of huge pages now');
    await using process_ = await Kinds.start('hugetlb');
    expect(find(await whyOf(process_.pid), 'hugetlb').bytes).toBe(SIZE);
  });

  it('is pinned, and does not merge though its equals do', async ({ skip }) => {
    // Mappings grow downwards and ksmd walks upwards: it comes to the pinned ones last.
    await using one = await startPinned(skip, 'pinned', 'offered');
    await using other = await Kinds.start('offered');
    await using ksmd = await FullScans.start({ smart_scan: 0 });
    await ksmd.step(3);
    const evidence = await evidenceOf(one.pid);
    expect([evidence.memory.offered, evidence.tally.merged]).toEqual([2 * PAGES, PAGES]);
    expect((await evidenceOf(other.pid)).tally.merged).toBe(PAGES);
    const reason = find(reasonsFor(evidence), 'pinned');
    expect(reason.bytes).toBe(SIZE);
    expect(reason.evidence).toContainEqual({ what: 'pinned', value: SIZE, unit: 'bytes', source: 'status, VmPin' });
  });

  it('is pinned, and keeps its equals apart where ksmd comes to it first', async ({ skip }) => {
    await using one = await startPinned(skip, 'offered', 'pinned');
    await using other = await Kinds.start('offered');
    await using ksmd = await FullScans.start({ smart_scan: 0 });
    await ksmd.step(10);
    expect(await Promise.all([one, other].map(async ({ pid }) => (await evidenceOf(pid)).tally.merged))).toEqual([
      0, 0,
    ]);
    await one[Symbol.asyncDispose]();
    await using third = await Kinds.start('offered');
    await ksmd.step(3);
    expect((await evidenceOf(third.pid)).tally.merged).toBe(PAGES);
  });
});

describe('memory that is offered', () => {
  it('waits while KSM is stopped', async () => {
    writeKnobs({ run: 0 });
    await using guest = await Guest.start('why-stopped');
    await guest.map(0, PAGES, 'unique', 3);
    const reasons = await whyOf(guest.pid);
    expect(find(reasons, 'ksm_stopped').bytes).toBe(SIZE);
    const unvisited = find(reasons, 'not_visited');
    expect(unvisited.bytes).toBe(SIZE);
    expect(unvisited.sentence).toContain('never will while KSM is stopped');
  });

  it('is visited at the time that was told', async () => {
    await using guest = await Guest.start('why-late');
    await guest.map(0, PAGES, 'random');
    writeKnobs({ smart_scan: 0, pages_to_scan: 20, sleep_millisecs: 20, run: 1 });
    const reason = find(await whyOf(guest.pid, 1), 'not_visited');
    const told = Number(reason.evidence.find(({ unit }) => unit === 's')?.value);
    const started = performance.now();
    expect(told).toBeGreaterThan(2);
    const stat = (): string => readFileSync(`/proc/${guest.pid}/ksm_stat`, 'utf8');
    const visited = (): boolean => Number(/ksm_rmap_items (\d+)/.exec(stat())?.[1]) >= PAGES;
    await until('all is visited', visited, told * 3000);
    expect((performance.now() - started) / 1000).toBeLessThan(told * 1.5 + 1);
    writeKnobs({ run: 0 });
    expect((await whyOf(guest.pid)).map(({ code }) => code)).not.toContain('not_visited');
  });

  it('changes too fast', async () => {
    writeKnobs({ run: 0 });
    await using process_ = await Kinds.start('churn', 'offered');
    const { look, memory } = await evidenceOf(process_.pid);
    expect(memory.offered).toBe(2 * PAGES);
    const reason = find(await whyOf(process_.pid), 'volatile');
    // 1,024 draws of which half changes: five standard deviations are 8 %.
    expect((reason.bytes ?? 0) / SIZE).toBeGreaterThan(0.84);
    expect((reason.bytes ?? 0) / SIZE).toBeLessThan(1.16);
    expect(look?.drawn).toBeGreaterThan(1000);
    await using still = await Kinds.start('offered');
    expect((await evidenceOf(still.pid)).look).toMatchObject({ changed: 0, merged: 0, zero: 0 });
  });

  it('is skipped by smart_scan once it has aged', async () => {
    await using ksmd = await FullScans.start({ smart_scan: 1, use_zero_pages: 1 });
    await using guest = await Guest.start('why-aged');
    await guest.map(0, PAGES, 'random');
    await ksmd.step(1);
    expect((await whyOf(guest.pid, 0)).map(({ code }) => code)).not.toContain('not_visited');
    await ksmd.step(12);
    const reason = find(await whyOf(guest.pid, 0), 'smart_scan');
    expect([reason.bytes, reason.bound]).toEqual([SIZE, 'at most']);
  });

  it('is in huge pages, and merges for all that', async ({ skip }) => {
    await using ksmd = await FullScans.start({ smart_scan: 0, use_zero_pages: 1 });
    await using one = await Guest.start('why-huge-1');
    await using two = await Guest.start('why-huge-2');
    await one.map(0, PAGES, 'huge', 5);
    await two.map(0, PAGES, 'huge', 5);
    const before = await evidenceOf(one.pid);
    if (before.memory.offeredHuge === 0) skip('no transparent huge pages are to be had here');
    expect(find(reasonsFor(before), 'huge_pages').effect).toBe('note');
    await ksmd.step(3);
    const after = await evidenceOf(one.pid);
    expect(after.tally.merged).toBe(PAGES);
    expect(after.memory.offeredHuge).toBe(0);
    expect(standsInTheWay(reasonsFor(after))).toBe(false);
  });

  it('is zeros while use_zero_pages is off, and not once it is on', async () => {
    await using ksmd = await FullScans.start({ smart_scan: 0, use_zero_pages: 0 });
    await using guest = await Guest.start('why-zero');
    await guest.map(0, PAGES, 'zero');
    const reasons = await whyOf(guest.pid);
    expect(find(reasons, 'use_zero_pages_off').bytes).toBe(PAGES * (16 + 64));
    writeKnobs({ use_zero_pages: 1 });
    expect((await whyOf(guest.pid)).map(({ code }) => code)).not.toContain('use_zero_pages_off');
    await ksmd.step(2);
  });

  it('has more copies than max_page_sharing', async () => {
    await using ksmd = await FullScans.start({ smart_scan: 0, use_zero_pages: 1 });
    await using guest = await Guest.start('why-same');
    await guest.map(0, PAGES, 'same', 9);
    await ksmd.step(3);
    const most = readKsm('max_page_sharing');
    expect(find(await whyOf(guest.pid), 'max_page_sharing').bytes).toBe((Math.ceil(PAGES / most) - 1) * PAGE);
  });

  it('is merged, and nothing stands in the way', async () => {
    await using ksmd = await FullScans.start({ smart_scan: 0, use_zero_pages: 1 });
    await using one = await Guest.start('why-merged-1');
    await using two = await Guest.start('why-merged-2');
    await one.map(0, PAGES, 'unique', 7);
    await two.map(0, PAGES, 'unique', 7);
    await ksmd.step(3);
    const evidence = await evidenceOf(one.pid);
    expect(reasonsFor(evidence).filter(({ effect }) => effect !== 'note')).toEqual([]);
    expect(evidence.look).toMatchObject({ changed: 0, merged: evidence.look?.drawn });
    const { code, out } = await runCli(registerWhy, ['why', 'why-merged-1', '--watch', '0']);
    expect([code, out]).toEqual([
      0,
      expect.stringContaining('Nothing stands in the way: all 16 MiB offered are merged.'),
    ]);
  });
});

function statusBytes(pid: number, field: string): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) * 1024;
}

describe('QEMU', () => {
  it.each([
    ['merge_option_off', ['-machine', 'mem-merge=off'], '-machine mem-merge=off'],
    [
      'merge_option_off',
      ['-machine', 'memory-backend=r', '-object', `memory-backend-ram,id=r,size=${PAUSED_MIB}M,merge=off`],
      '-object memory-backend-ram,id=r,merge=off',
    ],
    [
      'shared',
      ['-machine', 'memory-backend=r', '-object', `memory-backend-memfd,id=r,size=${PAUSED_MIB}M,share=on`],
      '-object memory-backend-memfd,id=r,share=on',
    ],
  ] as const)(
    '%s: %j',
    { timeout: 600_000 }, // a first time downloads packages
    async (code, options, quoted) => {
      const found = await qemuProgram();
      if ('why' in found) throw new Error(found.why);
      await using qemus = new PausedQemus(found.path);
      const pid = await qemus.start('why-vm', ...options);
      const kind = code === 'shared' ? 'RssShmem' : 'RssAnon';
      await until('its memory is filled', () => statusBytes(pid, kind) >= PAUSED_PAGES * PAGE);
      const reason = find(await whyOf(pid, 0, 'qemu'), code);
      expect(reason.bytes).toBeGreaterThanOrEqual(PAUSED_PAGES * PAGE);
      expect(reason.evidence).toContainEqual({ what: 'option', value: quoted, source: 'cmdline' });
    },
  );
});

it('a guest that has ended is told as that', async () => {
  const process_ = await Kinds.start('plain');
  const guest = guestOf(process_.pid);
  await process_[Symbol.asyncDispose]();
  await expect(gather(guest, { watchSeconds: 0 })).rejects.toMatchObject({ code: 'PROCESS_ABSENT' });
});

/** As Kinds.start, for what io_uring pins: where the kernel refuses that, the test is skipped and says why. */
async function startPinned(skip: (note: string) => never, ...kinds: readonly string[]): Promise<Kinds> {
  try {
    return await Kinds.start(...kinds);
  } catch (error) {
    return skip(`io_uring cannot be had here: ${String(error)}`);
  }
}

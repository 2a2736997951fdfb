import { expect, it } from 'vitest';
import { estimate } from '../../src/agent/estimate/estimate.js';
import { readMemoryHost, readPlacedZeroPages } from '../../src/agent/estimate/host-memory.js';
import { randomFrom } from '../../src/agent/estimate/random.js';
import { openFrames } from '../../src/agent/memory-map/frames.js';
import { readMemoryMap, type MemoryMap } from '../../src/agent/memory-map/memory-map.js';
import { openProcessMemory } from '../../src/agent/memory-map/process-memory.js';
import { Contents } from '../helpers/contents.js';
import { FullScans } from '../helpers/full-scans.js';
import { Guest } from '../helpers/guest.js';
import { useKernel } from '../helpers/kernel-session.js';
import { readKsm } from '../helpers/knobs.js';

useKernel();

async function mapOf(pid: number): Promise<MemoryMap> {
  const { pageSize } = readMemoryHost();
  const frames = openFrames();
  const memory = openProcessMemory(pid, { pageSize, content: false });
  try {
    return await readMemoryMap(memory, frames);
  } finally {
    memory.close();
    frames.close();
  }
}

it('counts KSM pages, zeros and private pages as the kernel does', async () => {
  await using ksmd = await FullScans.start({ use_zero_pages: 1, smart_scan: 0 });
  await using one = await Guest.start('map-one');
  await using two = await Guest.start('map-two');
  await one.map(0, 3001, 'unique', 7);
  await two.map(0, 3001, 'unique', 7);
  await one.map(1, 1009, 'zero');
  await one.map(2, 503, 'random');
  await ksmd.step(3);
  await one.write(0, 0, 211); // private again

  const { total, areas, picture } = await mapOf(one.pid);
  expect(total.ksm).toBe(3001 - 211);
  expect(total.zero).toBe(1009);
  expect(readPlacedZeroPages(one.pid)).toBe(1009);
  await ksmd.step(); // the kernel's own counter is brought up to date by ksmd's next visit
  expect(one.mergingPages()).toBe(total.ksm);
  const offered = areas.filter(({ area }) => area.offered);
  // The kernel may have joined neighbouring areas.
  const sum = (kind: keyof typeof total): number => offered.reduce((all, { pages }) => all + pages[kind], 0);
  expect({ ksm: sum('ksm'), zero: sum('zero'), private: sum('private'), absent: sum('absent') }).toEqual({
    ksm: 3001 - 211,
    zero: 1009,
    private: 503 + 211,
    absent: 0,
  });
  expect(picture.lines.some(({ cells }) => cells.includes('K'))).toBe(true);
});

it('tells huge, untouched and ordinary pages apart', async ({ skip }) => {
  await using process_ = await Contents.start('huge', 'unique:1024', 'untouched:1024', 'zero:512');
  const { areas } = await mapOf(process_.pid);
  const first = Number(process_.address / 4096n);
  const area = areas.find((one) => one.area.firstPage <= first && first < one.area.firstPage + one.area.pages);
  if (area?.pages.huge === 0) skip('no transparent huge pages are to be had here');
  expect(area?.pages.huge).toBe(1024 + 512);
  expect(area?.pages.absent).toBe((area?.area.pages ?? 0) - 1536);
});

it('estimates what is saved already as the kernel counts it, and what the rest would add', async () => {
  await using ksmd = await FullScans.start({ use_zero_pages: 0, smart_scan: 0 });
  await using one = await Guest.start('already-one');
  await using two = await Guest.start('already-two');
  await one.map(0, 2003, 'unique', 11);
  await two.map(0, 2003, 'unique', 11);
  await ksmd.step(3);
  await using apart = await Contents.start('group:101:3:5'); // not offered
  const { pageSize } = readMemoryHost();
  const frames = openFrames();
  try {
    const { totals } = await estimate({
      pids: [one.pid, two.pid, apart.pid],
      open: (pid) => openProcessMemory(pid, { pageSize }),
      frames,
      placedZeroPages: readPlacedZeroPages,
      rules: { maxPageSharing: 256, useZeroPages: false },
      pageSize,
      rate: 1,
      random: randomFrom(Uint32Array.of(1, 2, 3, 4)),
      breathe: () => undefined,
    });
    expect(readKsm('pages_sharing')).toBe(2003);
    expect(totals.already.value).toBe(2003);
    expect(totals.offered.value).toBe(2003);
    // The processes' own few pages may be equal, too.
    expect(totals.all.value).toBeGreaterThanOrEqual(2003 + 202);
    expect(totals.all.value).toBeLessThanOrEqual(2003 + 202 + 3 * 64);
  } finally {
    frames.close();
  }
});

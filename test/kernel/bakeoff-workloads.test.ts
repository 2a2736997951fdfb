import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Script } from '../../bench/bakeoff/types.js';
import { aged } from '../../bench/bakeoff/workloads/aged.js';
import { churn } from '../../bench/bakeoff/workloads/churn.js';
import { logins } from '../../bench/bakeoff/workloads/logins.js';
import { storm } from '../../bench/bakeoff/workloads/storm.js';
import { FullScans } from '../helpers/full-scans.js';
import { useKernel } from '../helpers/kernel-session.js';
import { readKsm, writeKnobs } from '../helpers/knobs.js';

useKernel();

// What ended guests of others left in KSM goes when ksmd comes by.
beforeEach(async () => {
  await using ksmd = await FullScans.start();
  await ksmd.step(2);
  writeKnobs({ run: 0 });
});

const SEED = 11;
const PAGES_PER_MIB = 256;
const SMART_SCAN = existsSync('/sys/kernel/mm/ksm/smart_scan') ? ['smart_scan' as const] : [];
const smartScan = (value: number): Record<string, number> =>
  Object.fromEntries(SMART_SCAN.map((name) => [name, value]));
const savedMib = (): number => readKsm('pages_sharing') / PAGES_PER_MIB;

/** Fixed, and about as fast as ksmd gets. */
const FAST = { pages_to_scan: 20_000, sleep_millisecs: 5, ...smartScan(0), run: 1 };

function stage(seconds: number, signal = new AbortController().signal): Parameters<typeof storm.prepare>[0] {
  return { seed: SEED, seconds, signal };
}

/** Processes that ksmtuned takes for virtual machines. */
function guests(): number[] {
  try {
    return execFileSync('pgrep', ['-f', '^qemu-system.*-enable-kvm'], { encoding: 'utf8' })
      .trim()
      .split('\n')
      .map(Number);
  } catch {
    return [];
  }
}

/** Plays a script under a fast scanner. @param onSample told by how many MiB the saving exceeds what is reachable */
async function play(script: Script, onSample: (sec: number, excessMib: number) => void): Promise<void> {
  const zero = performance.now();
  const elapsed = (): number => (performance.now() - zero) / 1000;
  const timer = setInterval(() => onSample(elapsed(), savedMib() - script.reachableMib(elapsed())), 50);
  try {
    writeKnobs(FAST);
    await script.play(elapsed);
  } finally {
    clearInterval(timer);
    writeKnobs({ run: 0 });
  }
}

describe('storm', () => {
  it('comes to what its plan says can be saved, to the page, and never above it', async () => {
    const script = await storm.prepare(stage(9));
    try {
      expect([readKsm('pages_sharing'), readKsm('run')]).toEqual([0, 0]);
      let worst = -Infinity;
      await play(script, (_, excess) => (worst = Math.max(worst, excess)));
      expect(worst).toBeLessThan(0.02 * script.reachableMib(9));
      expect(guests()).toHaveLength(4);
      await using ksmd = await FullScans.start(smartScan(0)); // on a busy machine ksmd may not have finished
      await ksmd.step(2);
      expect(savedMib()).toBe(script.reachableMib(9));
      expect(script.guestRate()).toBeGreaterThan(0);
    } finally {
      await script.end();
    }
    expect(guests()).toEqual([]);
  });
});

describe('churn', () => {
  it('is saved up to 5 % of what its plan says, at 2,000 pages a second', async () => {
    const script = await churn.prepare(stage(6));
    try {
      const reachable = script.reachableMib(0);
      expect(savedMib()).toBeGreaterThan(0);
      expect(savedMib()).toBeLessThan(reachable);
      const samples: { sec: number; excess: number; scans: number }[] = [];
      await play(script, (sec, excess) => samples.push({ sec, excess, scans: readKsm('full_scans') }));
      expect(Math.max(...samples.map(({ excess }) => excess))).toBeGreaterThan(-0.05 * reachable);
      // The kernel counts a page that was written to until ksmd comes by: at most what broke in two full scans.
      const scanSec = 6 / Math.max(1, (samples.at(-1)?.scans ?? 0) - (samples[0]?.scans ?? 0));
      const unnoticed = (2 * scanSec * 2000) / PAGES_PER_MIB;
      expect(Math.max(...samples.map(({ excess }) => excess))).toBeLessThan(0.02 * reachable + unnoticed);
    } finally {
      await script.end();
    }
  });
});

describe('aged', () => {
  it('does not merge under smart_scan, and merges to the page without', async ({ skip }) => {
    if (SMART_SCAN.length === 0) skip('this kernel has no smart_scan (6.7)');
    const script = await aged.prepare(stage(20));
    try {
      expect([readKsm('run'), readKsm('smart_scan')]).toEqual([0, 1]);
      await using ksmd = await FullScans.start({ smart_scan: 1 });
      await ksmd.step(27);
      expect(readKsm('pages_sharing')).toBe(0);
      writeKnobs({ smart_scan: 0 });
      await ksmd.step(2);
      expect(savedMib()).toBe(script.reachableMib(0));
    } finally {
      await script.end();
    }
  });
});

describe('a guest', () => {
  it('is called like a virtual machine, costs less than 2 MB, and ends when the run is interrupted', async () => {
    const run = new AbortController();
    const script = await logins.prepare(stage(20, run.signal));
    try {
      const zero = performance.now();
      const playing = script.play(() => (performance.now() - zero) / 1000);
      const interrupted = expect(playing).rejects.toMatchObject({ name: 'AbortError' });
      await sleep(1500);
      const [pid] = guests();
      const status = readFileSync(`/proc/${pid ?? 0}/status`, 'utf8');
      expect(status).toMatch(/^Name:\tqemu-system-x86$/m);
      const mergeableKb = 1020 * 4;
      expect(Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1])).toBeLessThan(mergeableKb + 2000);
      run.abort();
      await interrupted;
    } finally {
      await script.end();
      await script.end();
    }
    expect(guests()).toEqual([]);
  });
});

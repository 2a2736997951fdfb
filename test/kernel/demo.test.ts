import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DemoGuests } from '../../src/agent/demo/guests.js';
import { demoPlan } from '../../src/agent/demo/plan.js';
import { silentLog } from '../../src/agent/log.js';
import { packageRoot } from '../../src/agent/paths.js';
import { enterKernel } from '../helpers/kernel-lock.js';
import { readKsm, readVmstat, saveKnobs, until, writeKnobs } from '../helpers/knobs.js';

const PAGE = 4096;

/** Pages that churn breaks and merges again all the time: at most so many are missing from the saving at any moment. */
const CHURNING = demoPlan(PAGE).reduce((sum, guest) => sum + (guest.breaksPerSec > 0 ? guest.imagePages : 0), 0);

let obstacle: string | undefined;
let leave: () => void = () => undefined;
let knobs: ReturnType<typeof saveKnobs> | undefined;

beforeAll(async () => {
  ({ obstacle, leave } = await enterKernel());
  if (obstacle !== undefined) return;
  knobs = saveKnobs();
  // Enough for a full scan of all guests in about a second, on any machine.
  writeKnobs({ pages_to_scan: 5000, sleep_millisecs: 20, use_zero_pages: 0, run: 1 });
  await until('what earlier tests merged is forgotten', () => readKsm('pages_sharing') === 0);
});

afterAll(async () => {
  await knobs?.restore();
  leave();
});

beforeEach((context) => {
  if (obstacle !== undefined) context.skip(obstacle);
});

const comm = (pid: number): string => readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
const alive = (pid: number): boolean => existsSync(`/proc/${pid}`);

describe('demonstration guests', () => {
  it('share to the page what they promise, break merges as planned, and leave nothing behind', async () => {
    const guests = new DemoGuests({ log: silentLog, maxPageSharing: readKsm('max_page_sharing') });
    const promised = guests.shareableBytes() / PAGE;
    const pids: number[] = [];
    try {
      await guests.start();
      const running = guests.describe().filter((guest) => guest.pid !== null);
      expect(running.map((guest) => comm(guest.pid ?? 0))).toEqual(running.map((guest) => guest.name));
      expect(guests.describe().find((guest) => guest.name === 'demo-late')?.pid).toBeNull();

      await until('95 % of what can be shared is shared', () => readKsm('pages_sharing') >= 0.95 * promised, 90_000);
      pids.push(...guests.describe().map((guest) => guest.pid ?? 0));
      expect(pids.every(alive)).toBe(true);
      expect(comm(pids.at(-1) ?? 0)).toBe('demo-late');

      await until('all is merged but what churns', () => readKsm('pages_sharing') >= promised - CHURNING, 30_000);
      const breaks = readVmstat('cow_ksm');
      await until('churn breaks merges', () => readVmstat('cow_ksm') >= breaks + 13, 10_000);
      let most = 0;
      for (let look = 0; look < 40; look++) {
        most = Math.max(most, readKsm('pages_sharing'));
        await sleep(50);
      }
      expect(most).toBeLessThanOrEqual(promised);
      expect(most).toBeGreaterThan(promised - 50); // a page that was just written to waits for the next full scan
    } finally {
      await guests.stop();
    }
    expect(pids.filter(alive)).toEqual([]);
    expect(guests.describe().every((guest) => guest.pid === null)).toBe(true);
    await until('the kernel has forgotten their pages', () => readKsm('pages_sharing') === 0);
  });

  it('end with a parent that was killed with SIGKILL', async () => {
    const module = pathToFileURL(join(packageRoot, 'dist/src/agent/demo/guests.js')).href;
    const program = `
      const { DemoGuests } = await import(${JSON.stringify(module)});
      const log = { debug() {}, info() {}, warn() {}, error() {} };
      const guests = new DemoGuests({ log });
      await guests.start();
      console.log(JSON.stringify(guests.describe().map(({ pid }) => pid).filter((pid) => pid !== null)));
      setInterval(() => {}, 1000);`;
    const parent = spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      const line = await new Promise<string>((resolve, reject) => {
        createInterface({ input: parent.stdout }).once('line', resolve);
        parent.once('close', () => reject(new Error('the parent ended before its guests ran')));
      });
      const pids = JSON.parse(line) as number[];
      expect(pids).toHaveLength(4);
      expect(pids.every(alive)).toBe(true);
      parent.kill('SIGKILL');
      await until('no guest is left', () => !pids.some(alive), 5000);
    } finally {
      parent.kill('SIGKILL');
    }
  });

  it('say what is wrong when they cannot start, and leave none behind', async () => {
    const guests = new DemoGuests({ log: silentLog, pageSize: 16_384 }); // this machine has another page size
    await expect(guests.start()).rejects.toMatchObject({
      code: 'DEMO_REFUSED',
      message: expect.stringContaining('page size is 4096, not 16384') as string,
    });
    expect(guests.describe().every((guest) => guest.pid === null)).toBe(true);
  });
});

import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { otherAgents } from '../../bench/bakeoff/foreign.js';
import { remains } from '../../bench/bakeoff/ksm-state.js';
import type { Row } from '../../bench/bakeoff/types.js';
import { KsmdReader } from '../../src/agent/kernel/ksmd.js';
import { packageRoot } from '../../src/agent/paths.js';
import { Guest } from '../helpers/guest.js';
import { useKernel } from '../helpers/kernel-session.js';
import { readKsm, until } from '../helpers/knobs.js';

useKernel();

const KNOBS = ['run', 'pages_to_scan', 'sleep_millisecs'] as const;
/** In `zero` a guest has 33 MiB of zeros after 1.2 s, and the next one as much after 3.2 s. */
const SECONDS = 4;
/** Two samplings of ten a second, not at the same moments, on a machine that may be busy. */
const TOLERANCE = 0.1;

let folder: string;
let file: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'bakeoff-test-'));
  file = join(folder, 'rows.json');
});
afterAll(() => rmSync(folder, { recursive: true }));

interface Run {
  readonly ended: Promise<number | null>;
  readonly output: () => string;
  readonly interrupt: () => void;
}

/** The real command; this test holds the machine's lock for it. */
function bakeoff(...args: string[]): Run {
  const child = spawn(process.execPath, [join(packageRoot, 'bench', 'bakeoff.mjs'), ...args], {
    env: { ...process.env, KSMPILOT_KERNEL_LOCKED: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  return {
    ended: new Promise((resolve) => child.once('close', (code) => resolve(code))),
    output: () => output,
    interrupt: () => void child.kill('SIGINT'),
  };
}

function readRows(): Row[] {
  return JSON.parse(readFileSync(file, 'utf8')) as Row[];
}

function ksmdSec(): number {
  return (new KsmdReader().read(performance.now())?.cpuNs ?? NaN) / 1e9;
}

describe('the bake-off', () => {
  it('measures what the kernel did, and leaves the kernel as it was', async () => {
    const knobs = KNOBS.map((name) => readKsm(name));
    const cpuBefore = ksmdSec();
    const run = bakeoff(
      ...['--workload', 'zero', '--policy', 'off,fixed:5000/10', '--repeats', '1'],
      ...['--seconds', String(SECONDS), '--json', file],
    );
    let mostSharing = 0;
    const timer = setInterval(() => {
      // Said when the pages of that measurement are unmerged again.
      if (run.output().includes('a COW break costs')) mostSharing = Math.max(mostSharing, readKsm('pages_sharing'));
    }, 50);
    const code = await run.ended;
    clearInterval(timer);
    expect(code, run.output()).toBe(0);
    expect(run.output()).toContain('[2/2]');
    expect(KNOBS.map((name) => readKsm(name))).toEqual(knobs);
    expect(remains()).toBeUndefined();
    expect(otherAgents()).toEqual([]);

    const rows = readRows();
    const [off, fixed] = ['off', 'fixed:5000/10'].map((policy) => rows.find((row) => row.policy === policy));
    if (off === undefined || fixed === undefined) throw new Error(`rows of ${rows.map((row) => row.policy).join()}`);
    expect(off).toMatchObject({ saved_gib_s: 0, full_scans: 0, price: null, repeat: 1, window_s: SECONDS });
    expect(off.ksmd_cpu_s).toBeLessThan(0.01);

    const savedMib = Math.max(...fixed.trace.map((tick) => tick.savedMib));
    expect(savedMib).toBeGreaterThan(30);
    expect(savedMib).toBeGreaterThan((mostSharing / 256) * (1 - TOLERANCE));
    expect(savedMib).toBeLessThan((mostSharing / 256) * (1 + TOLERANCE));
    const traced = fixed.trace.reduce((sum, tick, at) => {
      const before = fixed.trace[at - 1] ?? tick;
      return sum + ((tick.savedMib + before.savedMib) / 2 / 1024) * (tick.sec - before.sec);
    }, 0);
    expect(fixed.saved_gib_s).toBeCloseTo(traced, 3);
    expect(fixed.saved_gib_s).toBeLessThanOrEqual(fixed.reachable_gib_s);
    expect(fixed.full_scans).toBeGreaterThan(1);
    expect(fixed.ksmd_cpu_s).toBeGreaterThan(0.1);
    expect(fixed.ksmd_cpu_s).toBeLessThan(ksmdSec() - cpuBefore);
    expect(fixed.agent_cpu_s).toBeGreaterThan(0);
    expect(fixed.cow_break_cost_s).toBeGreaterThan(1e-8);
    expect(fixed.cow_break_cost_s).toBeLessThan(1e-4);
    const breaks = fixed.cow_breaks * fixed.cow_break_cost_s;
    expect(fixed.net_8).toBeCloseTo(fixed.saved_gib_s / 8 - fixed.ksmd_cpu_s - breaks, 5);
  });

  it('keeps the rows that it has, and when it is interrupted puts everything back', async () => {
    const knobs = KNOBS.map((name) => readKsm(name));
    const kept = readRows();
    const run = bakeoff(
      ...['--workload', 'zero', '--policy', 'fixed:5000/10', '--repeats', '2'],
      ...['--seconds', String(SECONDS), '--resume', file],
    );
    // The second repeat is in its window.
    await until('a merged page of the cell', () => {
      return run.output().includes('a COW break costs') && readKsm('run') === 1 && readKsm('pages_sharing') > 0;
    });
    run.interrupt();
    expect(await run.ended, run.output()).toBe(130);
    expect(run.output()).toMatch(/1 cells to run, 1 kept/);
    expect(run.output()).toContain(`2 rows are in ${file}`);
    expect(readRows()).toEqual(kept);
    expect(KNOBS.map((name) => readKsm(name))).toEqual(knobs);
    expect(remains()).toBeUndefined();
    expect(otherAgents()).toEqual([]);
  });

  it("refuses to run while somebody else's memory is mergeable, and touches nothing", async () => {
    await using guest = await Guest.start('somebody-else');
    await guest.map(0, 7, 'same');
    const other = join(folder, 'other.json');
    const run = bakeoff('--quick', '--json', other);
    expect(await run.ended).toBe(1);
    expect(run.output()).toContain(
      `somebody else's memory is mergeable on this host: somebody-else (pid ${guest.pid})`,
    );
    expect(run.output()).toContain('Hint: ');
    expect(existsSync(other)).toBe(false);
  });
});

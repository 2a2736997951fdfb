import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { policyNamed } from '../../bench/bakeoff/policies/all.js';
import { KsmtunedDaemon } from '../../bench/bakeoff/policies/ksmtuned-daemon.js';
import { ksmtunedScript } from '../../bench/bakeoff/policies/ksmtuned-package.js';
import type { ObserverAgent, RunningPolicy } from '../../bench/bakeoff/types.js';
import { KsmdReader } from '../../src/agent/kernel/ksmd.js';
import { readMeminfo } from '../../src/agent/kernel/meminfo.js';
import { findRivals } from '../../src/agent/kernel/rivals.js';
import { AgentProcess, type StatusJson } from '../helpers/agent-process.js';
import { Guest } from '../helpers/guest.js';
import { useKernel } from '../helpers/kernel-session.js';
import { readKsm, saveKnobs, until, writeKnobs } from '../helpers/knobs.js';

// Each policy of the bake-off sets the knobs that it claims to set, on the real kernel, and nothing of it lives on.

useKernel();

const FOUND = { run: 0, pages_to_scan: 113, sleep_millisecs: 29 };
const knobs = (): Record<string, number> => ({
  run: readKsm('run'),
  pages_to_scan: readKsm('pages_to_scan'),
  sleep_millisecs: readKsm('sleep_millisecs'),
});
const advisorMode = (): string => readFileSync('/sys/kernel/mm/ksm/advisor_mode', 'utf8').trim();

const nobody: ObserverAgent = { pid: 0, ask: () => Promise.reject(new Error('not a policy that talks to the agent')) };

let saved: ReturnType<typeof saveKnobs>;
beforeEach(() => {
  saved = saveKnobs();
  writeKnobs(FOUND);
});
afterEach(async () => {
  await saved.restore();
  expect(findRivals()).toEqual([]);
});

/** Starts a policy, lets `look` look, and ends it. Where the host cannot have it, says so and skips. */
async function play(
  name: string,
  skip: (why: string) => never,
  look: () => Promise<void> | void,
  agent = nobody,
): Promise<void> {
  const policy = policyNamed(name);
  if (policy === undefined) throw new Error(`no policy ${name}`);
  const why = await policy.obstacle();
  if (why !== undefined) {
    process.stderr.write(`SKIPPED ${name}: ${why}\n`);
    skip(why);
  }
  const price = name === 'ksmpilot' ? 8 : null;
  const running: RunningPolicy = await policy.start({ price, agent, signal: new AbortController().signal });
  try {
    await look();
  } finally {
    await running.stop();
  }
}

/** A process that ksmtuned takes for a virtual machine. It has no mergeable memory. */
function standIn(): AsyncDisposable {
  const child = spawn('/bin/sh', ['-c', 'read line', 'qemu', '-enable-kvm'], {
    argv0: 'qemu-system-x86_64',
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  const ended = new Promise((resolve) => child.once('close', resolve).once('error', resolve));
  return {
    async [Symbol.asyncDispose]() {
      child.stdin.destroy();
      await ended;
    },
  };
}

describe('settings that stay', () => {
  it.each([
    ['off', { ...FOUND, run: 0 }],
    ['default', { run: 1, pages_to_scan: 100, sleep_millisecs: 20 }],
    ['fixed:777/35', { run: 1, pages_to_scan: 777, sleep_millisecs: 35 }],
  ])('%s', async (name, expected) => {
    if (name === 'off') writeKnobs({ run: 1 });
    await play(name, neverSkipped, async () => {
      expect(knobs()).toEqual(expected);
      await sleep(300);
      expect(knobs()).toEqual(expected);
    });
  });
});

describe('the kernel’s advisor', () => {
  it.each([
    ['advisor', 200],
    ['advisor:20', 20],
  ])('%s runs with its target', async (name, targetSec) => {
    await play(name, neverSkipped, () => {
      expect(advisorMode()).toBe('none [scan-time]');
      expect(readKsm('advisor_target_scan_time')).toBe(targetSec);
      expect(knobs()).toMatchObject({ run: 1, pages_to_scan: 500, sleep_millisecs: 20 });
    });
  });
});

describe('ksmtuned', () => {
  /** As the script computes it: milliseconds for 16 GiB, 10 at least. */
  const sleepOf = (msOf16Gib: number): number =>
    Math.max(10, Math.floor((msOf16Gib * 16 * 1024 * 1024) / (readMeminfo()?.MemTotal ?? NaN)));

  it('forced: starts KSM at once, and scans more with each guest that starts or ends', async ({ skip }) => {
    await using _first = standIn();
    await play('ksmtuned-forced', skip, async () => {
      await until('first look', () => readKsm('run') === 1);
      expect(knobs()).toEqual({ run: 1, pages_to_scan: 300, sleep_millisecs: sleepOf(10) });
      {
        await using _second = standIn();
        await until('look after a start', () => readKsm('pages_to_scan') === 600);
      }
      await until('look after an end', () => readKsm('pages_to_scan') === 900);
    });
  });

  it('with the settings of Proxmox VE: sleeps longer, and is not told of guests', async ({ skip }) => {
    await play('proxmox', skip, async () => {
      await until('first look', () => readKsm('run') === 1);
      await using _guest = standIn();
      await sleep(1500);
      expect(knobs()).toEqual({ run: 1, pages_to_scan: 300, sleep_millisecs: sleepOf(100) });
    });
  });

  it('under its own conditions: sees the guests, and does as it says', async ({ skip }) => {
    const script = await ksmtunedScript();
    if ('why' in script) {
      process.stderr.write(`SKIPPED ksmtuned: ${script.why}\n`);
      skip(script.why);
      return;
    }
    writeKnobs({ run: 1 });
    const folder = mkdtempSync(join(tmpdir(), 'ksmpilot-ksmtuned-'));
    const log = join(folder, 'log');
    const said = (): string => readFileSync(log, 'utf8');
    await using _guest = standIn();
    const daemon = await KsmtunedDaemon.start(script.path, { DEBUG: '1', LOGFILE: log });
    try {
      daemon.retune();
      await until('a decision', () => /(stop|start) ksm/.test(said()));
      expect(Number(/committed (\d+)/.exec(said())?.[1])).toBeGreaterThan(100); // kB: the resident memory of a shell
      const stops = said().includes('stop ksm');
      await until('its knobs', () => readKsm('run') === (stops ? 0 : 1));
    } finally {
      await daemon.stop();
      rmSync(folder, { recursive: true });
    }
  });
});

describe('rules of others', () => {
  it('ovirt: 300 pages more than it found', async () => {
    await play('ovirt', neverSkipped, () => expect(knobs()).toMatchObject({ run: 1, pages_to_scan: 413 }));
  });

  it('kubevirt: 100 pages, and 300 more at the second look', async () => {
    await play('kubevirt', neverSkipped, () => expect(knobs()).toMatchObject({ run: 1, pages_to_scan: 400 }));
  });

  it('kata: full speed once a guest starts, not before', async () => {
    await using _old = standIn();
    await play('kata', neverSkipped, async () => {
      await sleep(400);
      expect(knobs()).toEqual(FOUND);
      await using _young = standIn();
      await until('the kick', () => readKsm('run') === 1);
      const tenth = (readMeminfo()?.AnonPages ?? NaN) / 4 / 10;
      expect(knobs()['sleep_millisecs']).toBe(1);
      expect(readKsm('pages_to_scan') / tenth).toBeGreaterThan(0.7);
      expect(readKsm('pages_to_scan') / tenth).toBeLessThan(1.3);
    });
  });
});

describe('with memory to scan', () => {
  it('cap: ksmd takes half a core, or what others leave of it', async ({ skip }) => {
    const { pid = NaN } = new KsmdReader().read(performance.now()) ?? {};
    /** Seconds: CPU time, time waiting for a CPU, now. */
    const times = (): readonly [number, number, number] => {
      const [cpuNs = NaN, waitNs = NaN] = readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ').map(Number);
      return [cpuNs / 1e9, waitNs / 1e9, performance.now() / 1e3];
    };
    writeKnobs({ smart_scan: 0 }); // else ksmd soon passes over all of it, in no time
    await using guest = await Guest.start('capped');
    await guest.map(0, 60_013, 'random');
    await play('cap', skip, async () => {
      await sleep(1000);
      const [cpu0, wait0, sec0] = times();
      await sleep(3000);
      const [cpu1, wait1, sec1] = times();
      const [took, waited] = [(cpu1 - cpu0) / (sec1 - sec0), (wait1 - wait0) / (sec1 - sec0)];
      const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
      process.stderr.write(`cap: ksmd took ${percent(took)} of a core, and waited for one ${percent(waited)}\n`);
      expect(took).toBeLessThan(0.56);
      // ksmd's priority is low (nice 5): on a busy machine it wants the half core and does not get it.
      expect(took + waited).toBeGreaterThan(0.4);
    });
  });

  it('ksmpilot: the observing agent tunes from a first look on, within a second, and hands the knobs back', async () => {
    await using agent = await new AgentProcess().start('--price', '8', '--no-http');
    const observer: ObserverAgent = {
      pid: agent.pid,
      async ask(...args) {
        const { code, stdout, stderr } = await agent.ask(...args);
        if (code !== 0) throw new Error(stderr);
        return stdout;
      },
    };
    const pair = [await Guest.start('twin-a'), await Guest.start('twin-b')] as const;
    await using _a = pair[0];
    await using _b = pair[1];
    for (const guest of pair) await guest.map(0, 20_011, 'unique', 7);
    await sleep(2000); // seen while observing: no longer news to the agent, but to its tuner
    expect(knobs()).toEqual(FOUND);
    const look = async (): Promise<void> => {
      await until('it tunes', () => readKsm('run') === 1, 2500);
      const { mode, decision } = await agent.json<StatusJson>('status');
      expect(mode).toBe('auto');
      process.stderr.write(`ksmpilot: ${decision?.phase ?? ''}: ${decision?.reason ?? ''}\n`);
      expect(decision?.phase).toBe('burst');
      await until('all is merged', () => readKsm('pages_sharing') === 20_011, 10_000);
    };
    await play('ksmpilot', neverSkipped, look, observer);
    expect(knobs()).toEqual(FOUND);
  });
});

/** For policies that every kernel of these tests has. */
function neverSkipped(why: string): never {
  throw new Error(why);
}

import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AgentProcess, ksmpilot, type StatusJson } from '../helpers/agent-process.js';
import { FullScans } from '../helpers/full-scans.js';
import { Guest } from '../helpers/guest.js';
import { useKernel } from '../helpers/kernel-session.js';
import { readKsm, until, writeKnobs } from '../helpers/knobs.js';
import { bearer, call, connect } from '../helpers/rpc.js';

// What auto mode does with `run` and `smart_scan`, the whole program on the real kernel; docs/tuner.md says why.

useKernel();

const BEFORE = { run: 0, pages_to_scan: 113, sleep_millisecs: 29, smart_scan: 1 };
const AUTO = ['--mode', 'auto', '--no-probes'];
const SKIPPED_WITHOUT = 'this kernel has no smart_scan (6.7)';

const knobs = (): Record<string, number> =>
  Object.fromEntries(Object.keys(BEFORE).map((name) => [name, readKsm(name)]));

beforeEach(async ({ skip }) => {
  if (!existsSync('/sys/kernel/mm/ksm/smart_scan')) {
    process.stderr.write(`SKIPPED: ${SKIPPED_WITHOUT}\n`);
    skip(SKIPPED_WITHOUT);
  }
  // Guests of an earlier test are gone, but only ksmd at work forgets their pages.
  writeKnobs({ run: 1, pages_to_scan: 5000, sleep_millisecs: 10 });
  await until('what was merged before is forgotten', () => readKsm('pages_sharing') === 0);
  writeKnobs(BEFORE);
});

const guests: Guest[] = [];

async function start(comm: string, pages: number, content: 'unique' | 'random', seed = 0): Promise<Guest> {
  const guest = await Guest.start(comm);
  guests.push(guest);
  await guest.map(0, pages, content, seed);
  return guest;
}

afterEach(async () => {
  for (const guest of guests.splice(0)) await guest[Symbol.asyncDispose]();
});

async function explain(agent: AgentProcess): Promise<string> {
  return (await agent.ask('tune', 'explain', '--last', '100')).stdout;
}

describe('smart_scan', () => {
  /** Memory that ksmd knows, so that a new agent has to look whether anything in it waits unseen: it holds smart_scan. */
  async function known(): Promise<void> {
    await start('known', 19_997, 'random');
    const before = readKsm('full_scans');
    writeKnobs({ run: 1, pages_to_scan: 5000, sleep_millisecs: 10 });
    await until('it is known', () => readKsm('full_scans') > before + 3);
    writeKnobs(BEFORE);
  }
  const held = (): Promise<void> => until('smart_scan is held at 0', () => readKsm('smart_scan') === 0, 10_000);

  it('is held at 0 for two full scans, so that pages that aged apart merge, and is 1 again', async () => {
    const PAGES = 4999;
    {
      await using ksmd = await FullScans.start({ smart_scan: 1 });
      await start('aged-old', PAGES, 'unique', 1);
      await ksmd.step(13);
      await start('aged-young', PAGES, 'unique', 1);
      await ksmd.step(20);
    }
    expect(readKsm('pages_sharing')).toBe(0);
    writeKnobs(BEFORE);
    await using agent = await new AgentProcess().start(...AUTO);
    await until('all is merged', () => readKsm('pages_sharing') === PAGES, 10_000);
    await until('smart_scan is 1 again', () => readKsm('smart_scan') === 1, 5_000);
    const told = await explain(agent);
    expect(told).toContain('smart_scan 1 -> 0');
    expect(told).toContain('smart_scan is 0 for that long, so that pages it passes over meet their like');
    expect(told).toContain('smart_scan 0 -> 1');
    expect(agent.stderr).not.toContain('moved by somebody else');
    expect((await agent.json<StatusJson>('status')).baseline).toMatchObject(BEFORE);
  });

  it('is put back when the agent ends meanwhile: by SIGTERM at once, after kill -9 by the next start', async () => {
    await known();
    await using agent = await new AgentProcess().start(...AUTO);
    await held();
    expect(await agent.end('SIGTERM')).toBe(0);
    expect(knobs()).toEqual(BEFORE);

    await agent.start(...AUTO);
    await held();
    await agent.end('SIGKILL');
    expect(readKsm('smart_scan')).toBe(0);
    await agent.start('--no-probes');
    expect(agent.stderr).toMatch(/restored smart_scan/);
    expect(knobs()).toEqual(BEFORE);
  });

  it('is given back at once when the setting goes off meanwhile', async () => {
    await known();
    await using agent = await new AgentProcess().start(...AUTO);
    await held();
    const client = connect(`127.0.0.1:${agent.grpcPort}`);
    const change = { tuner: { smart_scan: false } };
    await call((done) => client.updateSettings(change, bearer(agent.token), done)).finally(() => client.close());
    expect(readKsm('smart_scan')).toBe(1);
    await sleep(3000);
    expect(readKsm('smart_scan')).toBe(1);
    expect((await agent.json<StatusJson>('status')).decision?.phase).not.toBe('hands-off');
    expect((await agent.ask('tune')).stdout).toContain('hold smart_scan at 0: no');
    expect(await agent.end('SIGTERM')).toBe(0);
    expect(knobs()).toEqual(BEFORE);
  });
});

describe('run', () => {
  it('goes to 0 where nothing is to be gained, nobody calls that a fault, and guests that start are merged', async () => {
    const PAGES = 4999;
    await start('idle', 2003, 'random');
    await using agent = await new AgentProcess().start(...AUTO);
    expect((await agent.ask('status')).stdout).not.toContain('KSM_STOPPED');
    await until('ksmd scans', () => readKsm('run') === 1, 10_000);
    await until('run is 0', () => readKsm('run') === 0, 20_000);
    await sleep(4000);
    expect(knobs()).toMatchObject({ run: 0, smart_scan: 1 });
    expect(await explain(agent)).toMatch(/run goes to 0[\s\S]*wrote: .*run 1 -> 0/);
    const status = (await agent.ask('status')).stdout;
    expect(status).toMatch(/Tuner: .*run goes to 0/);
    const doctor = await ksmpilot('doctor');
    for (const text of [status, doctor.stdout]) expect(text).not.toMatch(/KSM_STOPPED|stopped|stand still/);

    for (const comm of ['late-a', 'late-b']) await start(comm, PAGES, 'unique', 3);
    await until('the pair is merged', () => readKsm('pages_sharing') === PAGES, 10_000);
    expect(agent.stderr).not.toContain('moved by somebody else');
    expect(await agent.end('SIGTERM')).toBe(0);
    expect(knobs()).toEqual(BEFORE);
  });

  it('stays 1 with --no-may-stop, and smart_scan 1 with --no-smart-scan', async () => {
    await start('idle', 2003, 'random');
    await using agent = await new AgentProcess().start(...AUTO, '--no-may-stop', '--no-smart-scan');
    await until('ksmd scans', () => readKsm('run') === 1, 10_000);
    const seen = new Set<string>();
    const deadline = performance.now() + 9000;
    while (performance.now() < deadline) {
      seen.add(`run ${readKsm('run')}, smart_scan ${readKsm('smart_scan')}`);
      await sleep(20);
    }
    expect([...seen]).toEqual(['run 1, smart_scan 1']);
    const { decision } = await agent.json<StatusJson>('status');
    expect(decision).toMatchObject({
      phase: 'stop',
      reason: expect.stringContaining('the settings keep run at 1') as string,
    });
    const { settings } = await agent.json<{ settings: Record<string, unknown> }>('tune');
    expect(settings).toMatchObject({ may_start: true, may_stop: false, smart_scan: false });
  });
});

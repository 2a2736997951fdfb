import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { AgentProcess, type StatusJson } from '../helpers/agent-process.js';
import { Guest } from '../helpers/guest.js';
import { useKernel } from '../helpers/kernel-session.js';
import { until, writeKnobs } from '../helpers/knobs.js';

// `ksmpilot suspects`, the whole program on the real kernel: a prober is told of, and without every break it says why not.

useKernel();

const RIGHT = 20;

interface SuspectsJson {
  readonly state: string;
  readonly detail: string;
  readonly one_in: number | null;
  readonly suspects: readonly {
    readonly name: string;
    readonly suspicious: boolean;
    readonly returning_pages: number;
  }[];
}

async function watching(agent: AgentProcess, isMeant: (told: SuspectsJson) => boolean): Promise<SuspectsJson> {
  const deadline = performance.now() + 60_000;
  for (;;) {
    const told = await agent.json<SuspectsJson>('suspects');
    if (isMeant(told)) return told;
    if (performance.now() > deadline) throw new Error(`not as meant within a minute: ${JSON.stringify(told)}`);
    await sleep(500);
  }
}

it('tells of a prober, once in the log, with its evidence', { timeout: 150_000 }, async () => {
  writeKnobs({ run: 1, pages_to_scan: 5000, sleep_millisecs: 10, smart_scan: 0, use_zero_pages: 0 });
  await using victim = await Guest.start('victim');
  await using prober = await Guest.start('prober');
  await victim.map(0, RIGHT, 'unique', 41);
  await using agent = await new AgentProcess().start('--exact');
  expect(await watching(agent, ({ state }) => state === 'on')).toMatchObject({ one_in: 1, suspects: [] });

  await prober.map(0, 2 * RIGHT, 'unique', 41);
  for (let round = 0; round < 5; round += 1) {
    await until('the guesses are merged', () => prober.mergingPages() === RIGHT);
    await prober.write(0, 0, 2 * RIGHT);
    await sleep(1_500); // a frame of the probes
    await prober.fill(0, 0, 2 * RIGHT, 41);
  }

  const { suspects } = await watching(agent, (told) => told.suspects.some(({ suspicious }) => suspicious));
  expect(suspects).toMatchObject([{ suspicious: true, returning_pages: RIGHT }]);
  const text = (await agent.ask('suspects')).stdout;
  expect(text).toMatch(/^Side-channel watch: on, every page is looked at\.\nFound with 95 %: 4 right guesses/);
  expect(text).toMatch(/suspicious since .*\n {2}20 pages were written and merged again with the same content/);
  expect(agent.stderr.match(/is suspicious of reading others by write timing/g)).toHaveLength(1);
  const guests = await agent.json<readonly { readonly pids: readonly number[] }[]>('guests');
  expect(guests.find(({ pids }) => pids.includes(prober.pid))).toMatchObject({ suspicion: 1 });
  expect(guests.find(({ pids }) => pids.includes(victim.pid))).toMatchObject({ suspicion: 0 });
});

it('says why it is off where breaks are counted in windows', { timeout: 90_000 }, async ({ skip }) => {
  await using agent = await new AgentProcess().start();
  const told = await watching(agent, ({ state }) => state !== 'starting');
  const { probes } = await agent.json<StatusJson>('status');
  const cow = probes.find(({ name }) => name === 'cow');
  if (told.state === 'on') skip(`this host sees every break without being asked to: ${cow?.detail ?? ''}`);
  expect(told).toMatchObject({ state: 'off', one_in: null });
  expect(told.detail).toMatch(/^off: (on this kernel COW breaks are counted in windows|COW breaks are not traced)/);
});

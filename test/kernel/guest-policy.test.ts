import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readMemoryHost } from '../../src/agent/estimate/host-memory.js';
import { readStanding } from '../../src/agent/guest-control/standing.js';
import { AgentProcess, ksmpilot } from '../helpers/agent-process.js';
import { useKernel } from '../helpers/kernel-session.js';
import { PausedQemus, PAUSED_MIB, qemuProgram } from '../helpers/paused-qemu.js';

// The policy for guests, the whole program on the real kernel, with real QEMUs.

useKernel();

const SIZE = PAUSED_MIB * 2 ** 20;

let program = '';
let missing: string | undefined;
beforeAll(async () => {
  const found = await qemuProgram();
  if (!('path' in found)) missing = found.why;
  else if (!found.path.startsWith('/usr/'))
    missing = 'QEMU is not installed: out of a package, it runs under the name of its loader';
  else program = found.path;
  if (missing !== undefined) process.stderr.write(`SKIPPED the policy for guests: ${missing}\n`);
}, 600_000);
beforeEach(({ skip }) => {
  if (missing !== undefined) skip(missing);
});

/** What `guest policy --json` promises to scripts. */
interface PolicyJson {
  readonly active: boolean;
  readonly mode: string;
  readonly merging_group: string | null;
  readonly guests: readonly {
    readonly name: string;
    readonly wish: string;
    readonly rule: string | null;
    readonly reason: string | null;
    readonly standing: string;
  }[];
}

/** Is its memory offered? A few MiB of QEMU's own always are, and not the same number all the time. */
function isOffered(pid: number): boolean {
  const { mergeableBytes } = readStanding(pid, readMemoryHost().pageSize);
  if (mergeableBytes >= SIZE) return true;
  expect(mergeableBytes).toBeLessThan(SIZE / 8);
  return false;
}

/** Files in which the policy keeps what guests were set to. */
const records = (): readonly string[] =>
  existsSync('/run/ksmpilot') ? readdirSync('/run/ksmpilot').filter((name) => name.startsWith('guest-policy.')) : [];

async function startAgent(agent: AgentProcess, mode: string, settings: object): Promise<void> {
  const config = join(agent.stateDir, 'config.yaml');
  writeFileSync(config, JSON.stringify({ guests: settings })); // JSON is YAML
  await agent.start('--no-probes', '--mode', mode, '--config', config);
}

async function standings(agent: AgentProcess): Promise<Readonly<Record<string, string>>> {
  const { guests } = await agent.json<PolicyJson>('guest', 'policy');
  return Object.fromEntries(guests.map(({ name, standing }) => [name, standing]));
}

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 30_000;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`waited 30 s for: ${what}`);
    await sleep(250);
  }
}

describe('guests that must never merge', () => {
  it('are switched off in auto mode, and put back at its end', async () => {
    await using qemus = new PausedQemus(program);
    const never = await qemus.start('policy-never');
    const other = await qemus.start('policy-other');
    expect([never, other].map(isOffered)).toEqual([true, true]);
    await using agent = new AgentProcess();

    // Observe mode tells and does nothing.
    await startAgent(agent, 'observe', { neverMerge: ['*-never'] });
    await until('it is seen', async () => (await standings(agent))['policy-never'] === 'switch');
    const { stdout } = await agent.ask('guest', 'policy');
    expect(stdout).toMatch(/policy-never .*to be switched off .*never-merge .*"\*-never" of guests.neverMerge/);
    await sleep(6000); // longer than from turn to turn
    expect(isOffered(never)).toBe(true);
    expect(await agent.end('SIGTERM')).toBe(0);

    await startAgent(agent, 'auto', { neverMerge: ['*-never'] });
    await until('it is switched off', async () => (await standings(agent))['policy-never'] === 'held');
    expect([never, other].map(isOffered)).toEqual([false, true]);
    expect((await standings(agent))['policy-other']).toBe('fits');
    expect(records()).toHaveLength(1);
    expect(await agent.end('SIGTERM')).toBe(0);
    expect(agent.stderr).toContain('merging of policy-never switched');
    expect(isOffered(never)).toBe(true);
    expect(records()).toEqual([]);
  });

  it('are put back by the next agent where one was killed, and an operator has the last word', async () => {
    await using qemus = new PausedQemus(program);
    const pid = await qemus.start('policy-killed');
    await using agent = new AgentProcess();
    await startAgent(agent, 'auto', { neverMerge: ['name:policy-killed'] });
    await until('it is switched off', async () => (await standings(agent))['policy-killed'] === 'held');
    await agent.end('SIGKILL');
    expect(isOffered(pid)).toBe(false);

    await startAgent(agent, 'auto', {});
    await until('it is put back', () => Promise.resolve(isOffered(pid)));
    expect(records()).toEqual([]);
    expect(await agent.end('SIGTERM')).toBe(0);

    await startAgent(agent, 'auto', { neverMerge: ['policy-killed'] });
    await until('it is off again', async () => (await standings(agent))['policy-killed'] === 'held');
    const { code, stderr } = await ksmpilot('guest', 'policy-killed', 'merge', 'on', '--yes');
    expect(stderr).toBe('');
    expect(code).toBe(0);
    await until('it is left to the operator', async () => (await standings(agent))['policy-killed'] === 'operator');
    await sleep(6000);
    expect(isOffered(pid)).toBe(true);
    expect(await agent.end('SIGTERM')).toBe(0);
    expect(isOffered(pid)).toBe(true);
  });
});

describe('groups', () => {
  it('merge one at a time on a host', async () => {
    await using qemus = new PausedQemus(program);
    const small = await qemus.start('acme-1');
    const large = [await qemus.start('umbrella-1'), await qemus.start('umbrella-2')];
    await using agent = new AgentProcess();
    const groups = [
      { name: 'acme', match: ['acme-*'] },
      { name: 'umbrella', match: ['umbrella-*'] },
    ];
    await startAgent(agent, 'auto', { groups });
    await until('one is switched off', async () => Object.values(await standings(agent)).includes('held'));
    const { merging_group: merging } = await agent.json<PolicyJson>('guest', 'policy');
    expect(merging).toBe('umbrella');
    expect([small, ...large].map(isOffered)).toEqual([false, true, true]);
    expect(await agent.end('SIGTERM')).toBe(0);
    expect(isOffered(small)).toBe(true);
  });
});

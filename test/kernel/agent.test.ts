import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/agent/paths.js';
import { AgentProcess, ksmpilot, type PsRow, type StatusJson } from '../helpers/agent-process.js';
import { Guest } from '../helpers/guest.js';
import { useKernel } from '../helpers/kernel-session.js';
import { readKsm, readVmstat, until, writeKnobs } from '../helpers/knobs.js';

// The whole program against the real kernel, as an operator runs it.

useKernel();

const PAGE = 4096;
const BEFORE = { pages_to_scan: 113, sleep_millisecs: 29 };
const knobs = (): Record<string, number> => ({
  run: readKsm('run'),
  pages_to_scan: readKsm('pages_to_scan'),
  sleep_millisecs: readKsm('sleep_millisecs'),
});

async function probesRun(agent: AgentProcess): Promise<void> {
  const deadline = performance.now() + 60_000;
  for (;;) {
    const { probes } = await agent.json<StatusJson>('status');
    if (probes.filter(({ name }) => name !== 'kvm').every(({ state }) => state === 'running')) return;
    if (performance.now() > deadline) throw new Error(`probes do not run: ${JSON.stringify(probes)}`);
    await sleep(300);
  }
}

/** Two guests with `pages` equal pages: `pages` saved when all is merged. */
async function twins(pages: number): Promise<[Guest, Guest]> {
  const pair: [Guest, Guest] = [await Guest.start('twin-a'), await Guest.start('twin-b')];
  for (const guest of pair) await guest.map(0, pages, 'unique', 7);
  return pair;
}

describe('run, observing', () => {
  it('tells the saving, the merges and the COW breaks of real guests, and writes no knob', async () => {
    writeKnobs({ run: 1, pages_to_scan: 5000, sleep_millisecs: 20, smart_scan: 0 });
    await until('what was merged before is forgotten', () => readKsm('pages_sharing') === 0);
    const cowAtStart = readVmstat('cow_ksm');
    await using agent = await new AgentProcess().start('--exact');
    await probesRun(agent);
    const [a, b] = await twins(1009);
    await using _a = a;
    await using _b = b;
    await until('all is merged', () => readKsm('pages_sharing') === 1009);
    await a.write(0, 0, 101);
    await b.read(0, 101, 53);
    writeKnobs({ run: 0 });
    await sleep(3000);

    const status = await agent.json<StatusJson>('status');
    expect(status).toMatchObject({ mode: 'observe', baseline: null, lost_events_total: 0 });
    expect(status.saved_bytes).toBe(readKsm('pages_sharing') * PAGE);
    expect(status.profit_bytes).toBe(readKsm('general_profit'));
    expect(status.cow_breaks_total).toBe(readVmstat('cow_ksm') - cowAtStart);
    expect(status.cow_breaks_attributed_total).toBe(101 + 53);
    expect(status.cow_breaks_unattributed_total).toBe(0);
    const rows = await agent.json<PsRow[]>('ps');
    const row = (pid: number): PsRow | undefined => rows.find((candidate) => candidate.pid === pid);
    expect(row(a.pid)).toMatchObject({ comm: 'twin-a', cow_breaks_total: 101, ended: false });
    expect(row(b.pid)).toMatchObject({ comm: 'twin-b', cow_breaks_total: 53, ended: false });
    // Of each pair of pages, the first that ksmd tries becomes the KSM page, the other is mapped to it: two merges.
    expect((row(a.pid)?.merges_total ?? 0) + (row(b.pid)?.merges_total ?? 0)).toBeGreaterThanOrEqual(2 * 1009);

    await a[Symbol.asyncDispose]();
    await sleep(2500);
    const later = await agent.json<PsRow[]>('ps');
    expect(later.find(({ pid }) => pid === a.pid)).toMatchObject({ ended: true, cow_breaks_total: 101 });
    expect(knobs()).toMatchObject({ pages_to_scan: 5000, sleep_millisecs: 20 });
  });

  it('goes on when bpftrace is killed, says so, and starts it again with the totals kept', async () => {
    writeKnobs({ run: 1, pages_to_scan: 5000, sleep_millisecs: 20, smart_scan: 0 });
    await using agent = await new AgentProcess().start('--exact');
    await probesRun(agent);
    const [a, b] = await twins(211);
    await using _a = a;
    await using _b = b;
    await until('all is merged', () => readKsm('pages_sharing') >= 211);
    await a.write(0, 0, 37);
    await sleep(2500);
    execFileSync('pkill', ['-KILL', '-P', String(agent.pid), '-x', 'bpftrace']);
    await sleep(500);
    const down = await agent.json<StatusJson>('status');
    expect(down.probes.find(({ name }) => name === 'cow')?.state).not.toBe('running');
    expect(down.cow_breaks_attributed_total).toBe(37);
    await probesRun(agent);
    await a.write(0, 37, 41);
    await sleep(2500);
    expect((await agent.json<StatusJson>('status')).cow_breaks_attributed_total).toBe(37 + 41);
  });

  it('says why nothing merges while KSM is stopped', async () => {
    writeKnobs({ run: 0 });
    await using agent = await new AgentProcess().start('--no-probes');
    expect(agent.stderr).toContain('so nothing will merge');
    expect((await agent.ask('status')).stdout).toContain('KSM is stopped (run is 0), so nothing will merge');
    expect((await agent.json<StatusJson>('status')).merges_total).toBeNull();
  });
});

describe('run, tuning', () => {
  async function tuning(agent: AgentProcess): Promise<void> {
    writeKnobs({ run: 0, ...BEFORE });
    await agent.start('--mode', 'auto', '--no-probes');
    await until('the tuner has moved the knobs', () => readKsm('run') === 1 && readKsm('pages_to_scan') !== 113);
    expect((await agent.json<StatusJson>('status')).baseline).toMatchObject({ run: 0, ...BEFORE });
  }

  it.each(['SIGINT', 'SIGTERM'] as const)('puts every knob back on %s', async (signal) => {
    const [a, b] = await twins(5003);
    await using _a = a;
    await using _b = b;
    await using agent = new AgentProcess();
    await tuning(agent);
    expect(await agent.end(signal)).toBe(0);
    expect(knobs()).toEqual({ run: 0, ...BEFORE });
  });

  it('puts them back when nobody reads its log any more', async () => {
    const [a, b] = await twins(5003);
    await using _a = a;
    await using _b = b;
    await using agent = new AgentProcess();
    await tuning(agent);
    agent.closeLog();
    expect((await agent.ask('tune', 'pause')).code).toBe(0);
    expect((await agent.ask('tune', 'resume')).code).toBe(0);
    expect(await agent.end('SIGTERM')).toBe(0);
    expect(knobs()).toEqual({ run: 0, ...BEFORE });
  });

  it('puts them back after kill -9: by `restore`, and at the next start', async () => {
    const [a, b] = await twins(5003);
    await using _a = a;
    await using _b = b;
    await using agent = new AgentProcess();
    await tuning(agent);
    await agent.end('SIGKILL');
    expect(readKsm('run')).toBe(1);
    const restored = await agent.ask('restore');
    expect(restored).toMatchObject({ code: 0, stdout: expect.stringContaining('run: 1 -> 0') as string });
    expect(knobs()).toEqual({ run: 0, ...BEFORE });

    await tuning(agent);
    await agent.end('SIGKILL');
    await agent.start('--no-probes');
    expect(agent.stderr).toContain('an earlier agent ended without restoring the knobs');
    expect(knobs()).toEqual({ run: 0, ...BEFORE });
  });

  it('yields to whoever moves a knob, names the change, and takes over again when told', async () => {
    const [a, b] = await twins(5003);
    await using _a = a;
    await using _b = b;
    await using agent = new AgentProcess();
    await tuning(agent);
    writeKnobs({ sleep_millisecs: 777 });
    await sleep(2500);
    const status = await agent.json<StatusJson>('status');
    expect(status.decision).toMatchObject({
      phase: 'hands-off',
      reason: expect.stringContaining('sleep_millisecs') as string,
    });
    expect(agent.stderr).toContain('sleep_millisecs was moved by somebody else');
    expect((await agent.ask('tune', 'auto')).code).toBe(0);
    await sleep(2500);
    expect((await agent.json<StatusJson>('status')).decision?.phase).not.toBe('hands-off');
    await agent.end('SIGTERM');
    expect(knobs()).toMatchObject({ run: 0, pages_to_scan: 113 });
  });

  it("keeps its hands off while the kernel's advisor is on, and changes nothing", async () => {
    writeKnobs({ run: 1, advisor_mode: 'scan-time' });
    const [a, b] = await twins(997);
    await using _a = a;
    await using _b = b;
    await using agent = await new AgentProcess().start('--mode', 'auto', '--no-probes');
    await sleep(3000);
    expect((await agent.json<StatusJson>('status')).decision).toMatchObject({
      phase: 'hands-off',
      reason: expect.stringContaining('advisor') as string,
    });
    expect(readFileSync('/sys/kernel/mm/ksm/advisor_mode', 'utf8')).toContain('[scan-time]');
    await agent.end('SIGTERM');
    writeKnobs({ advisor_mode: 'none', run: 0 });
  });

  it('lets one agent of the host tune at a time, whatever their state folders', async () => {
    const [a, b] = await twins(5003);
    await using _a = a;
    await using _b = b;
    await using agent = new AgentProcess();
    await tuning(agent);
    await using second = new AgentProcess();
    await expect(second.start('--mode', 'auto', '--no-probes')).rejects.toThrow(/AGENT_RUNNING.*pid/);
    await second.start('--no-probes');
    expect(await second.ask('tune', 'auto')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('AGENT_RUNNING') as string,
    });
    // run may be 0 by now: the first agent rests between two rounds.
    expect(readKsm('pages_to_scan')).not.toBe(BEFORE.pages_to_scan);
    expect(await second.end('SIGTERM')).toBe(0);
    expect(readKsm('pages_to_scan')).not.toBe(BEFORE.pages_to_scan);
    expect(await agent.end('SIGTERM')).toBe(0);
    expect(knobs()).toEqual({ run: 0, ...BEFORE });
  });

  it('leaves auto by `tune observe` and puts the knobs back then', async () => {
    const [a, b] = await twins(5003);
    await using _a = a;
    await using _b = b;
    await using agent = new AgentProcess();
    await tuning(agent);
    expect((await agent.ask('tune', 'observe')).code).toBe(0);
    expect(knobs()).toEqual({ run: 0, ...BEFORE });
    expect((await agent.json<StatusJson>('status')).baseline).toBeNull();
  });
});

describe('run, refusing', () => {
  it('names what is wrong, with the cure, and leaves every knob alone', async () => {
    writeKnobs({ run: 0, ...BEFORE });
    await using agent = await new AgentProcess().start('--no-probes');
    const again = ['run', '--no-probes', '--grpc', '127.0.0.1:0', '--no-http', '--state-dir'];
    expect(await ksmpilot(...again, agent.stateDir)).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/AGENT_RUNNING.*pid \d+[\s\S]*Hint: /) as string,
    });
    const taken = `127.0.0.1:${agent.grpcPort}`;
    const other = `${agent.stateDir}/other`;
    for (const flags of [
      ['--grpc', taken],
      ['--grpc', '127.0.0.1:0', '--http', taken],
    ]) {
      expect(await ksmpilot('run', '--mode', 'auto', '--no-probes', '--state-dir', other, ...flags)).toMatchObject({
        code: 1,
        stderr: expect.stringMatching(/PORT_IN_USE[\s\S]*Hint: /) as string,
      });
    }
    expect(await ksmpilot('run', '--price', '0', '--state-dir', other)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('tuner.gibPerCore') as string,
    });
    expect(await ksmpilot('run', '--no-such-flag')).toMatchObject({ code: 2 });
    expect(await ksmpilot('status', '--state-dir', other)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('AGENT_UNREACHABLE') as string,
    });
    expect(knobs()).toEqual({ run: 0, ...BEFORE });
  });

  it('survives garbage on its ports', async () => {
    await using agent = await new AgentProcess().start('--no-probes');
    const ports = [agent.grpcPort, Number(new URL(agent.url).port)];
    for (const port of ports) {
      await new Promise<void>((resolve) => {
        const socket = connect(port, '127.0.0.1', () => {
          socket.write(Buffer.from(Array.from({ length: 5000 }, (_, index) => (index * 7919) % 256)));
          setTimeout(() => socket.destroy(), 300);
        });
        socket.on('error', () => undefined).on('close', () => resolve());
      });
    }
    expect((await agent.ask('status')).code).toBe(0);
    expect((await fetch(agent.url)).status).toBe(200);
  });

  it('watches without bpftrace, and every view says what is missing', async () => {
    await using agent = await new AgentProcess().start('--bpftrace', '/no/such/bpftrace');
    await sleep(1500);
    const status = await agent.json<StatusJson>('status');
    expect(status.probes.every(({ state }) => state === 'unavailable')).toBe(true);
    expect(status.merges_total).toBeNull();
    expect((await agent.ask('status')).stdout).toContain('BPFTRACE_MISSING');
    expect((await agent.ask('ps')).stderr).toMatch(/bpftrace/i);
  });
});

describe('a host without KSM', () => {
  /** In a mount namespace of its own, where /sys/kernel/mm is empty. */
  const hidden = (...args: string[]): { code: number | null; out: string; err: string } => {
    const script = 'mount -t tmpfs none /sys/kernel/mm && exec "$@"';
    const command = [process.execPath, join(packageRoot, 'bin/ksmpilot'), ...args];
    const { status, stdout, stderr } = spawnSync('unshare', ['-m', 'sh', '-c', script, 'sh', ...command], {
      encoding: 'utf8',
      timeout: 60_000,
    });
    return { code: status, out: stdout, err: stderr };
  };

  it('is told so by doctor and run, with the cure', () => {
    const doctor = hidden('doctor', '--json');
    expect(doctor.code).toBe(1);
    expect(JSON.parse(doctor.out)).toMatchObject({
      ok: false,
      ksm: { present: false, features: [] },
      problems: expect.arrayContaining([expect.objectContaining({ code: 'KSM_ABSENT' })]) as unknown,
    });
    expect(hidden('run', '--no-http', '--state-dir', '/tmp/ksmpilot-no-ksm')).toMatchObject({
      code: 1,
      err: expect.stringMatching(/KSM_ABSENT[\s\S]*CONFIG_KSM/) as string,
    });
  });
});

describe('run --demo', () => {
  it('reaches 95 % of what the guests can share, and leaves nothing behind', async () => {
    writeKnobs({ run: 0, ...BEFORE, smart_scan: 1 });
    await using agent = await new AgentProcess().start('--demo', '--mode', 'auto');
    const shareable = Number(/they can share (\d+) MiB/.exec(agent.stderr)?.[1]) * 2 ** 20;
    expect(shareable).toBeGreaterThan(100 * 2 ** 20);
    await until('95 % is shared', () => readKsm('pages_sharing') * PAGE >= 0.95 * shareable, 120_000);
    const rows = await agent.json<PsRow[]>('ps');
    expect(rows.map(({ comm }) => comm)).toContain('demo-late');
    expect(await agent.end('SIGINT')).toBe(0);
    expect(knobs()).toEqual({ run: 0, ...BEFORE });
    expect(rows.filter(({ pid, ended }) => !ended && isAlive(pid))).toEqual([]);
  });

  it("refuses where somebody else's memory is mergeable", async () => {
    const [a, b] = await twins(11);
    await using _a = a;
    await using _b = b;
    const refused = await ksmpilot('run', '--demo', '--state-dir', '/tmp/ksmpilot-refused', '--no-http');
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringMatching(/DEMO_REFUSED[\s\S]*--yes/) as string });
  });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

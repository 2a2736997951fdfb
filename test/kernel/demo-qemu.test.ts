import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { VM_IMAGE_PAGES } from '../../src/agent/demo/vm-plan.js';
import { AgentProcess, ksmpilot, type PsRow, type StatusJson } from '../helpers/agent-process.js';
import { useKernel } from '../helpers/kernel-session.js';
import { readKsm, until, writeKnobs } from '../helpers/knobs.js';
import { qemuTools } from '../helpers/qemu-tools.js';

// `run --demo --qemu N`, the whole program with real machines.

useKernel();

afterEach(() => {
  vi.unstubAllEnvs();
});

describe('run --qemu', () => {
  it('merges the machines, shows each by its name, and none outlives the agent, not even kill -9', async ({ skip }) => {
    const tools = await qemuTools();
    if ('why' in tools) {
      process.stderr.write(`SKIPPED guests of QEMU: ${tools.why}\n`);
      skip(tools.why);
      return;
    }
    vi.stubEnv('PATH', tools.path);
    writeKnobs({ run: 0, pages_to_scan: 113, sleep_millisecs: 29 });
    await using agent = await new AgentProcess().start('--qemu', '2', '--qemu-kernel', tools.kernel, '--no-probes');
    const promised = Number(/they can share (\d+) MiB/.exec(agent.stderr)?.[1]) * 256;
    expect(promised).toBe(VM_IMAGE_PAGES);
    await until('95 % is shared', () => readKsm('pages_sharing') >= 0.95 * promised, 60_000);
    expect((await agent.json<StatusJson>('status')).mode).toBe('auto');
    const machines = (await agent.json<PsRow[]>('ps')).filter(({ comm }) => comm.startsWith('demo-vm-'));
    expect(machines.map(({ comm }) => comm).sort()).toEqual(['demo-vm-1', 'demo-vm-2']);
    for (const { pid } of machines) expect(readFileSync(`/proc/${pid}/cmdline`, 'utf8')).toContain('mem-merge=on');

    await agent.end('SIGKILL');
    await until('no machine is left', () => !machines.some(({ pid }) => existsSync(`/proc/${pid}`)), 5_000);
    expect((await agent.ask('restore')).code).toBe(0);
    expect(readKsm('run')).toBe(0);
  }, 600_000); // a first time downloads packages

  it('stops at once while its machines still boot, and leaves none behind', async ({ skip }) => {
    const tools = await qemuTools();
    if ('why' in tools) {
      process.stderr.write(`SKIPPED guests of QEMU: ${tools.why}\n`);
      skip(tools.why);
      return;
    }
    vi.stubEnv('PATH', tools.path);
    await using agent = new AgentProcess();
    const outcome = agent.start('--qemu', '2', '--qemu-kernel', tools.kernel, '--no-probes').then(
      () => 'ready',
      (error: unknown) => String(error),
    );
    // Their root file system is a file that the agent holds open.
    const machines = (): string[] =>
      readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && cmdline(pid).includes(`/proc/${agent.pid}/fd/`));
    await until('both machines boot', () => machines().length === 2);
    const began = performance.now();
    expect(await agent.end('SIGTERM')).toBe(0);
    expect(performance.now() - began).toBeLessThan(2_000);
    expect(await outcome).toContain('the agent ended with 0');
    expect(machines()).toEqual([]);
  }, 600_000);

  it('says what is missing, with the cure, where there is no QEMU', async () => {
    vi.stubEnv('PATH', '/no/such/folder');
    expect(await ksmpilot('run', '--qemu', '2', '--no-http', '--state-dir', '/tmp/ksmpilot-no-qemu')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/DEMO_REFUSED.*qemu-system-x86_64[\s\S]*Hint: .*apt install/) as string,
    });
  });

  it.each(['1', '17', 'many'])('takes no %s machines', async (count) => {
    expect(await ksmpilot('run', '--qemu', count, '--no-http', '--state-dir', '/tmp/ksmpilot-no-qemu')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('from 2 to 16') as string,
    });
  });
});

function cmdline(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return ''; // it ended
  }
}

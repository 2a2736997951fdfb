import { existsSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import type { GuestIdentity } from '../../../src/agent/model/guest.js';
import { registerGuest } from '../../../src/cli/guest.js';
import { memoryIo, runCli, type MemoryIo } from '../../helpers/cli.js';
import { FakeMachine } from '../../helpers/fake-machine.js';
import { ram } from '../../helpers/fake-qmp.js';
import { put, temporaryFolder } from '../../helpers/kernel-tree.js';

let stateDir: string;
beforeEach(() => {
  stateDir = join(temporaryFolder(), 'state');
});

function guest(
  machine: { readonly root: string; readonly guest: GuestIdentity },
  args: readonly string[],
  options: { readonly io?: MemoryIo; readonly isRoot?: boolean } = {},
): ReturnType<typeof runCli> {
  const { io = memoryIo(), isRoot = true } = options;
  const host = { root: machine.root, isRoot, stateDir, guests: () => [machine.guest] };
  return runCli((program, on) => registerGuest(program, on, host), ['guest', ...args], io);
}

const audit = (): { result: string; what: string; before: object; after: object }[] =>
  existsSync(join(stateDir, 'audit.log'))
    ? readFileSync(join(stateDir, 'audit.log'), 'utf8')
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as { result: string; what: string; before: object; after: object })
    : [];

test('a dry run tells and changes nothing', async () => {
  const machine = await FakeMachine.start({ 'pc.ram': ram(true) });
  const { code, out, err } = await guest(machine, ['web', 'merge', 'off', '--dry-run']);
  expect([code, err]).toEqual([0, '']);
  expect(out).toContain('memory     /objects/pc.ram, 256.0 MiB, merge on -> off\n');
  expect(out).toContain('merged     1.0 MiB in KSM pages, 40.0 KiB zero pages\n');
  expect(out).toContain('available  32.0 GiB, of which 3.2 GiB must be left\n');
  expect(machine.qmp.commands).not.toContain('qom-set');
  expect(audit()).toEqual([]);
});

test('--yes does it without a question, once, and it can be put back', async () => {
  const machine = await FakeMachine.start({ 'pc.ram': ram(true) });
  const done = await guest(machine, ['web', 'merge', 'off', '--yes']);
  expect([done.code, done.err]).toEqual([0, '']);
  expect(done.out).toContain('Done: mergeable 258.0 MiB -> 2.0 MiB.\n');
  expect((await guest(machine, ['4242', 'merge', 'off', '--yes'])).out).toContain('Nothing to change.\n');
  const restored = await guest(machine, ['qemu/web', 'merge', 'restore', '--yes', '--json']);
  expect(JSON.parse(restored.out)).toMatchObject({
    identity: 'qemu/web',
    state: 'restore',
    method: 'qmp',
    changed: true,
    before: { mergeable_bytes: 2097152 },
    after: { mergeable_bytes: 270532608 },
    backends: [{ path: '/objects/pc.ram', merge: false, merge_to: true }],
  });
  expect(audit()).toMatchObject([
    {
      what: 'guest merge off',
      pid: 4242,
      before: { '/objects/pc.ram': true },
      after: { '/objects/pc.ram': false },
      result: 'done',
    },
    { what: 'guest merge restore', result: 'done' },
  ]);
});

test('asks at a terminal, and takes yes only for yes', async () => {
  const machine = await FakeMachine.start({ 'pc.ram': ram(true) });
  for (const [answer, code] of [
    ['\n', 1],
    ['no\n', 1],
    ['yes please\n', 1],
    ['y\n', 0],
  ] as const) {
    const io = memoryIo();
    io.stdin.isTTY = true;
    const running = guest(machine, ['web', 'merge', 'off'], { io });
    while (!io.stderr.text.includes('[y/N]')) await new Promise((resolve) => setTimeout(resolve, 5));
    io.stdin.emit('data', answer);
    expect((await running).code, answer).toBe(code);
    expect(machine.objects['pc.ram']?.['merge'], answer).toBe(code === 1);
  }
});

test('the end of the input is no answer', async () => {
  const machine = await FakeMachine.start({ 'pc.ram': ram(true) });
  const io = memoryIo();
  io.stdin.isTTY = true;
  const running = guest(machine, ['web', 'merge', 'off'], { io });
  while (!io.stderr.text.includes('[y/N]')) await new Promise((resolve) => setTimeout(resolve, 5));
  io.stdin.emit('end');
  expect((await running).err).toContain('ksmpilot: NOT_CONFIRMED: not confirmed');
});

test('without a terminal and --yes nothing is done', async () => {
  const machine = await FakeMachine.start({ 'pc.ram': ram(true) });
  const { code, err } = await guest(machine, ['web', 'merge', 'off']);
  expect(code).toBe(1);
  expect(err).toMatch(/^ksmpilot: NOT_CONFIRMED: /);
  expect(machine.objects['pc.ram']?.['merge']).toBe(true);
});

test('a host without the memory is told with the figures, in a dry run too', async () => {
  const machine = await FakeMachine.start({ 'pc.ram': ram(true) }, { mergingPages: 2 ** 20, availableBytes: 2 ** 30 });
  for (const flag of ['--dry-run', '--yes']) {
    const { code, err, out } = await guest(machine, ['web', 'merge', 'off', flag, '--json']);
    expect(code).toBe(1);
    expect(err).toContain('ksmpilot: MEMORY_SHORT: unmerging takes up to 4096.0 MiB; 1024.0 MiB are available');
    if (flag === '--dry-run') expect(JSON.parse(out)).toMatchObject({ changed: false, risk: { fits: false } });
  }
  expect(machine.qmp.commands).not.toContain('qom-set');
});

test('a try that fails is in the audit log', async () => {
  const machine = await FakeMachine.start({ 'pc.ram': ram(true) }, { deaf: true });
  const { code, err } = await guest(machine, ['web', 'merge', 'off', '--yes']);
  expect(code).toBe(1);
  expect(err).toMatch(/^ksmpilot: MERGE_NOT_FOLLOWED: /);
  expect(audit()).toMatchObject([{ after: {}, result: expect.stringMatching(/^MERGE_NOT_FOLLOWED: /) as string }]);
});

test('for what is not steered it prints what to set, and fails', async () => {
  const machine = await FakeMachine.start({ 'pc.ram': ram(true) });
  const service: GuestIdentity = { ...machine.guest, kind: 'service', name: 'redis.service', id: 'redis.service' };
  put(machine.root, 'proc/4242/cmdline', 'redis\0');
  const host = { root: copyWithExe(machine.root), guest: service };
  const text = await guest(host, ['redis.service', 'merge', 'on', '--yes']);
  expect(text.code).toBe(1);
  expect(text.out).toContain('  MemoryKSM=yes\n');
  expect(text.err).toContain('ksmpilot: GUEST_NOT_STEERED: ');
  const json = await guest(host, ['redis.service', 'merge', 'on', '--json']);
  expect(JSON.parse(json.out)).toMatchObject({ method: 'advice', changed: false });
});

test('needs root, a guest, and words it knows', async () => {
  const machine = await FakeMachine.start({ 'pc.ram': ram(true) });
  expect((await guest(machine, ['web', 'merge', 'off'], { isRoot: false })).err).toMatch(/NOT_ROOT/);
  expect((await guest(machine, ['none', 'merge', 'off'])).err).toMatch(/GUEST_ABSENT/);
  for (const args of [['web'], ['web', 'merge'], ['web', 'merge', 'maybe'], ['web', 'memory', 'off']]) {
    expect((await guest(machine, args)).code, args.join(' ')).toBe(2);
  }
});

/** The process runs another program. */
function copyWithExe(root: string): string {
  rmSync(join(root, 'proc/4242/exe'));
  symlinkSync('/usr/bin/redis-server', join(root, 'proc/4242/exe'));
  return root;
}

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { GuestDesk } from '../../../src/agent/guest-desk.js';
import { doJob } from '../../../src/agent/jobs/do-job.js';
import type { DoJob } from '../../../src/agent/jobs/job.js';
import type { Log } from '../../../src/agent/log.js';
import type { GuestTable } from '../../../src/agent/model/guest.js';
import { ensureStateDir } from '../../../src/agent/state-dir.js';
import { testGuest, testGuests } from '../../helpers/agent-port.js';
import { FakeMachine, type FakeMachineOptions } from '../../helpers/fake-machine.js';
import { ram } from '../../helpers/fake-qmp.js';
import { temporaryFolder } from '../../helpers/kernel-tree.js';

const NEVER = new AbortController().signal;
const BY = { via: 'grpc', who: 'token', name: 'ops', from: '10.0.0.1:4' } as const;

let stateDir: string;
beforeEach(() => {
  stateDir = ensureStateDir(join(temporaryFolder(), 'state'));
});

const nothing = (): void => undefined;
const SILENT: Log = { debug: nothing, info: nothing, warn: nothing, error: nothing };

const here: DoJob = (kind, question) => doJob(kind, question);

async function deskOf(options: FakeMachineOptions = {}): Promise<{ machine: FakeMachine; desk: GuestDesk }> {
  const machine = await FakeMachine.start({ 'pc.ram': ram(true) }, options);
  return { machine, desk: deskFor(testGuests([testGuest(machine.guest)]), machine.root) };
}

function deskFor(table: GuestTable | undefined, root = '/', isRoot = true, run = here): GuestDesk {
  return new GuestDesk({ table: () => table, doJob: run, isRoot, stateDir, log: SILENT, root });
}

const audit = (): readonly Record<string, unknown>[] =>
  existsSync(join(stateDir, 'audit.log'))
    ? readFileSync(join(stateDir, 'audit.log'), 'utf8')
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, unknown>)
    : [];

describe("a guest's merging", () => {
  it('is looked at in a dry run, and left as it is', async () => {
    const { machine, desk } = await deskOf();
    const answer = await desk.merge({ guest: 'web', goal: 'off', dryRun: true, by: BY }, NEVER);
    expect(answer).toMatchObject({
      key: machine.guest.key,
      changed: false,
      feasible: true,
      steps: [
        'QEMU is told over QMP to switch merge of /objects/pc.ram (256 MiB) from on to off.',
        'Up to 1 MiB are copied; the guest stands still meanwhile.',
      ],
      neededBytes: 266 * 4096,
      mergeableBeforeBytes: 258 * 2 ** 20,
      mergeableAfterBytes: undefined,
    });
    expect(answer.usableBytes).toBeGreaterThan(2 ** 30);
    expect(machine.qmp.commands).not.toContain('qom-set');
    expect(audit()).toEqual([]);
  });

  it('is looked at in a dry run however many only look', async () => {
    const guests = Array.from({ length: 30 }, (_, at) =>
      testGuest({ kind: 'qemu', name: `g${at}`, pids: [at + 2], savedBytes: 0, mergeableBytes: 0 }),
    );
    const hanging: DoJob = (kind) =>
      kind === 'merge' ? Promise.reject(new Error('planned')) : new Promise(() => undefined);
    const desk = deskFor(testGuests(guests), '/', true, hanging);
    const refused: unknown[] = [];
    for (const { name } of guests) desk.map(name, NEVER).catch((error: unknown) => refused.push(error));
    const plan = desk.merge({ guest: 'g1', goal: 'off', dryRun: true, by: BY }, NEVER);
    await expect(plan).rejects.toThrow('planned');
    expect(refused).toHaveLength(12);
    expect(refused[0]).toMatchObject({ code: 'WORK_EXHAUSTED' });
  });

  it('is switched, audited with the caller, and put back', async () => {
    const { desk } = await deskOf();
    const off = await desk.merge({ guest: 'qemu/web', goal: 'off', dryRun: false, by: BY }, NEVER);
    expect(off).toMatchObject({ changed: true, feasible: false, mergeableAfterBytes: 2 * 2 ** 20 });
    const back = await desk.merge({ guest: 'web', goal: 'restore', dryRun: false, by: BY }, NEVER);
    expect(back).toMatchObject({ changed: true, mergeableAfterBytes: 258 * 2 ** 20 });
    expect(audit()).toMatchObject([
      {
        what: 'guest merge off',
        guest: 'qemu/web',
        pid: 4242,
        before: { '/objects/pc.ram': true },
        after: { '/objects/pc.ram': false },
        result: 'done',
        actor: BY,
      },
      { what: 'guest merge restore', result: 'done' },
    ]);
  });

  it('that the host cannot hold unmerged stays on: a dry run says so, the real one fails and is audited', async () => {
    const { machine, desk } = await deskOf({ availableBytes: 2 ** 20 });
    const dry = await desk.merge({ guest: 'web', goal: 'off', dryRun: true, by: BY }, NEVER);
    expect(dry).toMatchObject({ usableBytes: 0 });
    expect(dry.steps.at(-1)).toMatch(/^It would be refused: unmerging takes up to/);
    await expect(desk.merge({ guest: 'web', goal: 'off', dryRun: false, by: BY }, NEVER)).rejects.toMatchObject({
      code: 'MEMORY_SHORT',
    });
    expect(machine.qmp.commands).not.toContain('qom-set');
    expect(audit()).toMatchObject([
      { what: 'guest merge off', result: expect.stringMatching(/^MEMORY_SHORT/) as unknown },
    ]);
  });

  it('is changed one guest at a time', async () => {
    const order: string[] = [];
    const told: DoJob = async (kind, question, signal) => {
      const what = 'goal' in question ? question.goal : kind;
      order.push(`begin ${what}`);
      const answer = await here(kind, question, signal);
      order.push(`end ${what}`);
      return answer;
    };
    const { machine } = await deskOf();
    const desk = deskFor(testGuests([testGuest(machine.guest)]), machine.root, true, told);
    await Promise.all(
      (['off', 'on'] as const).map((goal) => desk.merge({ guest: 'web', goal, dryRun: false, by: BY }, NEVER)),
    );
    expect(order).toEqual(['begin off', 'end off', 'begin on', 'end on']);
  });
});

describe('a guest', () => {
  const table = testGuests([
    testGuest({ kind: 'qemu', name: 'web', pids: [7] }),
    testGuest({ kind: 'libvirt', name: 'twin', pids: [8] }),
    testGuest({ kind: 'qemu', name: 'twin', pids: [9] }),
    testGuest({ kind: 'service', name: 'self', pids: [process.pid] }),
  ]);

  it.each([
    ['nobody', 'GUEST_ABSENT', 'no guest of this host is called "nobody"'],
    ['twin', 'GUEST_AMBIGUOUS', '2 guests are meant'],
    ['qemu/old#5.6', 'GUEST_ABSENT', 'the guest "qemu/old#5.6" has ended'],
    ['qemu/web#5.6', 'GUEST_ABSENT', 'that run of web has ended'],
    ['self', 'GUEST_ABSENT', 'that is this very program'],
  ])('%s: %s', async (text, code, message) => {
    const answer = deskFor(table).map(text, NEVER);
    await expect(answer).rejects.toMatchObject({ code, message: expect.stringContaining(message) as unknown });
  });

  it('that runs again under another key is named', async () => {
    await expect(deskFor(table).why('qemu/web#5.6', NEVER)).rejects.toMatchObject({
      hint: 'It runs again, as qemu/web#7.7.',
    });
  });

  it('is not looked at without root', async () => {
    await expect(deskFor(table, '/', false).map('web', NEVER)).rejects.toMatchObject({ code: 'NOT_ROOT' });
  });

  it('is none before the first sample', async () => {
    await expect(deskFor(undefined).map('web', NEVER)).rejects.toMatchObject({ code: 'GUEST_ABSENT' });
  });
});

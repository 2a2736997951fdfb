import { describe, expect, it } from 'vitest';
import { controlOf } from '../../../../src/agent/guest-control/control.js';
import { MergeRecords } from '../../../../src/agent/guest-control/merge-record.js';
import { MergeSwitch } from '../../../../src/agent/guest-control/merge-switch.js';
import { readProcessFacts } from '../../../../src/agent/kernel/process-facts.js';
import { FakeMachine } from '../../../helpers/fake-machine.js';
import { ram } from '../../../helpers/fake-qmp.js';
import { temporaryFolder } from '../../../helpers/kernel-tree.js';

const MIB = 2 ** 20;

function leverOf(machine: FakeMachine, dir: string = temporaryFolder()): MergeSwitch {
  const { guest, root } = machine;
  const reading = readProcessFacts(root, guest.pids[0] ?? 0, guest.startTicks);
  if (reading.state !== 'read') throw new Error(reading.state);
  const control = controlOf(guest, reading.facts, false);
  if (control.type !== 'qmp') throw new Error(control.why);
  const qmp = { greetingMs: 300, answerMs: 300 };
  return new MergeSwitch({ root, pageSize: 4096, records: new MergeRecords(dir), qmp }, reading.facts, control);
}

describe('a switch', () => {
  it('tells first, then does it, and puts back what was', async () => {
    const machine = await FakeMachine.start({
      'pc.ram': ram(true),
      dimm: ram(false),
      rng: { type: 'child<rng-random>' },
    });
    const lever = leverOf(machine);
    const plan = await lever.plan('off');
    expect(plan.changes.map(({ backend, to }) => [backend.path, to])).toEqual([['/objects/pc.ram', false]]);
    expect(plan.standing).toEqual({
      mergeableBytes: 258 * MIB,
      anonymousBytes: 16 * 1024,
      mergingBytes: MIB,
      zeroBytes: 40 * 1024,
    });
    expect(plan.risk).toMatchObject({ neededBytes: MIB + 40 * 1024, fits: true });
    expect(machine.qmp.commands).not.toContain('qom-set');

    const { after } = await lever.carryOut('off');
    expect(after.mergeableBytes).toBe(2 * MIB);
    await lever.carryOut('on');
    expect([machine.objects['pc.ram']?.['merge'], machine.objects['dimm']?.['merge']]).toEqual([true, true]);
    await lever.carryOut('off');
    const restored = await lever.carryOut('restore');
    expect([machine.objects['pc.ram']?.['merge'], machine.objects['dimm']?.['merge']]).toEqual([true, false]);
    expect(restored.after.mergeableBytes).toBe(258 * MIB);
    expect((await lever.plan('restore')).changes).toEqual([]);
  });

  it('changes nothing without the memory', async () => {
    const machine = await FakeMachine.start(
      { 'pc.ram': ram(true) },
      { mergingPages: 2 ** 20, availableBytes: 7 * 2 ** 30 },
    );
    const lever = leverOf(machine);
    await expect(lever.carryOut('off')).rejects.toMatchObject({
      code: 'MEMORY_SHORT',
      message: expect.stringMatching(
        /^unmerging takes up to 4096\.0 MiB; 7168\.0 MiB are available, of which 3276\.8 MiB must be left$/,
      ) as string,
    });
    expect(machine.objects['pc.ram']?.['merge']).toBe(true);
    expect(machine.qmp.commands).not.toContain('qom-set');
  });

  it("changes nothing beyond the control group's limit", async () => {
    const machine = await FakeMachine.start({ 'pc.ram': ram(true) });
    machine.limit(MIB);
    await expect(leverOf(machine).carryOut('off')).rejects.toMatchObject({
      code: 'MEMORY_SHORT',
      message: expect.stringContaining('the control group /vm.scope has room for 1.0 MiB') as string,
    });
    machine.limit(2 * MIB);
    await expect(leverOf(machine).carryOut('off')).resolves.toMatchObject({ after: { mergeableBytes: 2 * MIB } });
  });

  it('needs no memory to be switched on', async () => {
    const machine = await FakeMachine.start({ 'pc.ram': ram(false) }, { mergingPages: 2 ** 20, availableBytes: 0 });
    const { plan } = await leverOf(machine).carryOut('on');
    expect(plan.risk).toBeUndefined();
  });

  it('says that the kernel did not follow, and can still put back', async () => {
    const dir = temporaryFolder();
    const machine = await FakeMachine.start({ 'pc.ram': ram(true) }, { deaf: true });
    await expect(leverOf(machine, dir).carryOut('off')).rejects.toMatchObject({
      code: 'MERGE_NOT_FOLLOWED',
      message: expect.stringContaining('258 MiB of its memory are mergeable now, and were 258 MiB before') as string,
    });
    expect((await leverOf(machine, dir).plan('restore')).changes.map(({ to }) => to)).toEqual([true]);
  });

  it('takes shared memory for what it is', async () => {
    const machine = await FakeMachine.start({ 'pc.ram': ram(true, { share: true }) });
    const { plan, after } = await leverOf(machine).carryOut('off');
    expect([plan.standing.mergeableBytes, after.mergeableBytes]).toEqual([2 * MIB, 2 * MIB]);
  });

  it('does nothing to another guest, or another run of it', async () => {
    const other = await FakeMachine.start({ 'pc.ram': ram(true) }, { name: 'db' });
    await expect(leverOf(other).carryOut('off')).rejects.toMatchObject({ code: 'QMP_FAILED' });
    const again = await FakeMachine.start({ 'pc.ram': ram(true) });
    const lever = leverOf(again);
    again.restart();
    await expect(lever.carryOut('off')).rejects.toMatchObject({ code: 'PROCESS_ABSENT' });
    expect([...other.qmp.commands, ...again.qmp.commands]).not.toContain('qom-set');
  });

  it('tells that there is nothing to switch', async () => {
    await expect(leverOf(await FakeMachine.start({})).plan('off')).rejects.toMatchObject({ code: 'QMP_REFUSED' });
  });

  it('stops at the first refusal, and keeps what it was', async () => {
    const dir = temporaryFolder();
    let sets = 0;
    const machine = await FakeMachine.start(
      { a: ram(true), b: ram(true) },
      {
        answer: (command, id) =>
          command === 'qom-set' && ++sets === 2
            ? `{"error": {"class": "GenericError", "desc": "no"}, "id": ${id}}\r\n`
            : undefined,
      },
    );
    await expect(leverOf(machine, dir).carryOut('off')).rejects.toMatchObject({ code: 'QMP_REFUSED' });
    expect([machine.objects['a']?.['merge'], machine.objects['b']?.['merge']]).toEqual([false, true]);
    await leverOf(machine, dir).carryOut('restore');
    expect([machine.objects['a']?.['merge'], machine.objects['b']?.['merge']]).toEqual([true, true]);
  });
});

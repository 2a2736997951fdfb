import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { KsmpilotError } from '../../../src/agent/errors.js';
import { MergeRecords } from '../../../src/agent/guest-control/merge-record.js';
import { GuestPolicy, type GuestPolicyOptions } from '../../../src/agent/guest-policy.js';
import { glanceAtProcess } from '../../../src/agent/kernel/process-facts.js';
import type { Log } from '../../../src/agent/log.js';
import type { GuestPolicyStep } from '../../../src/agent/model/guest-policy.js';
import type { GuestRow } from '../../../src/agent/model/guest.js';
import { parsePattern } from '../../../src/agent/policy/pattern.js';
import { ensureStateDir } from '../../../src/agent/state-dir.js';
import type { Mode } from '../../../src/tuner/types.js';
import { testGuest, testGuests } from '../../helpers/agent-port.js';
import { temporaryFolder } from '../../helpers/kernel-tree.js';
import { NO_POLICY } from '../../helpers/policy-guests.js';

const nothing = (): void => undefined;
const SILENT: Log = { debug: nothing, info: nothing, warn: nothing, error: nothing };

/** Records are dropped when their process has ended, so the guest of these tests is this very process. */
const RUN = { pid: process.pid, startTicks: glanceAtProcess('/', process.pid)?.startTicks ?? 0 };
const BANK: GuestRow = {
  ...testGuest({ kind: 'qemu', name: 'bank-1', pids: [RUN.pid], merge: 'on' }),
  startTicks: RUN.startTicks,
};
const NEVER = { ...NO_POLICY, neverMerge: [parsePattern('bank-*')] };

let records: { policy: MergeRecords; operator: MergeRecords };
beforeEach(() => {
  const dir = ensureStateDir(join(temporaryFolder(), 'state'));
  records = { policy: new MergeRecords(dir, 'policy'), operator: new MergeRecords(dir, 'operator') };
});

/** A host with one guest, whose monitor always does as it is told unless `refusal` is set. */
class Host {
  mode: Mode = 'auto';
  paused = false;
  alone = true;
  refusal: Error | undefined;
  nowMs = 0;
  guests: readonly GuestRow[] = [BANK];
  readonly changes: string[] = [];
  readonly steps: GuestPolicyStep[] = [];
  readonly policy: GuestPolicy;

  constructor(options: Partial<GuestPolicyOptions> = {}) {
    this.policy = new GuestPolicy({
      settings: NEVER,
      keepAtExit: false,
      table: () => testGuests(this.guests),
      mode: () => this.mode,
      paused: () => this.paused,
      change: async ({ guest, goal, owner, by }) => {
        await Promise.resolve();
        if (this.refusal !== undefined) throw this.refusal;
        this.changes.push(`${goal} ${guest.name} for ${owner}: ${by.via === 'policy' ? by.rule : by.via}`);
        if (goal === 'off') records.policy.keep(RUN, new Map([['/objects/pc.ram', true]]));
        else records.policy.forget(RUN);
        const unknown = { neededBytes: undefined, usableBytes: undefined, mergeableBeforeBytes: undefined };
        return {
          key: guest.key,
          name: guest.name,
          changed: true,
          feasible: false,
          steps: [],
          advice: [],
          ...unknown,
          ...AFTER,
        };
      },
      records,
      control: () => ({ switchable: true, why: '' }),
      isAlone: () => this.alone,
      emit: (event) => {
        if (event.kind === 'guest-policy') this.steps.push(event.step);
      },
      monoMs: () => this.nowMs,
      now: () => 1_000_000 + this.nowMs,
      log: SILENT,
      ...options,
    });
    this.policy.start();
  }

  /** One turn, and all that it does. */
  async turn(): Promise<void> {
    this.nowMs += 5000;
    this.policy.tick();
    for (let waited = 0; waited < 20; waited += 1) await Promise.resolve();
  }

  get said(): readonly string[] {
    return this.steps.map(({ what, rule }) => `${what} ${rule ?? ''}`);
  }
}

const AFTER = { mergeableAfterBytes: undefined };

describe('in auto mode', () => {
  it('a guest is switched off once, and put back at the end', async () => {
    const host = new Host();
    await host.turn();
    await host.turn();
    expect(host.changes).toEqual(['off bank-1 for policy: never-merge']);
    expect(host.policy.report().rows).toMatchObject([{ name: 'bank-1', wish: 'off', standing: 'held' }]);
    await host.policy.stop();
    expect(host.changes.at(-1)).toBe('restore bank-1 for policy: leaving');
    expect(host.said).toEqual(['off never-merge', 'restored leaving']);
    await host.turn(); // nothing after its end
    expect(host.changes).toHaveLength(2);
  });

  it('is put back when the mode is left', async () => {
    const host = new Host();
    await host.turn();
    host.mode = 'advise';
    await host.turn();
    expect(host.said).toEqual(['off never-merge', 'restored leaving', 'would-off never-merge']);
  });

  it('is left as it is where the settings say so', async () => {
    const host = new Host({ keepAtExit: true });
    await host.turn();
    host.mode = 'observe';
    await host.turn();
    await host.policy.stop();
    expect(host.changes).toHaveLength(1);
  });

  it('nothing is done while paused', async () => {
    const host = new Host();
    host.paused = true;
    await host.turn();
    expect(host.changes).toEqual([]);
  });

  it('turns are some seconds apart, whatever the samples', async () => {
    const host = new Host();
    await host.turn();
    host.guests = [BANK, { ...testGuest({ kind: 'qemu', name: 'bank-2', pids: [3], merge: 'on' }) }];
    host.nowMs += 4999;
    host.policy.tick();
    await Promise.resolve();
    expect(host.changes).toHaveLength(1);
    await host.turn();
    expect(host.changes[1]).toBe('off bank-2 for policy: never-merge');
  });

  it('a failure is told and tried again later', async () => {
    const host = new Host();
    host.refusal = new KsmpilotError('MEMORY_SHORT', 'there is not enough');
    await host.turn();
    await host.turn();
    expect(host.said).toEqual(['failed never-merge']);
    expect(host.steps[0]?.reason).toContain('MEMORY_SHORT: there is not enough');
    host.refusal = undefined;
    host.nowMs += 60_000;
    await host.turn();
    expect(host.said).toEqual(['failed never-merge', 'off never-merge']);
  });
});

describe('an operator', () => {
  it('who sets a guest himself has it from then on', async () => {
    const host = new Host();
    await host.turn();
    records.operator.keep(RUN, new Map([['/objects/pc.ram', false]]));
    records.operator.claim(RUN);
    await host.turn();
    expect(host.policy.report().rows).toMatchObject([{ standing: 'operator' }]);
    await host.policy.stop();
    expect(host.changes).toHaveLength(1);
    // What was before the policy is what he can put back.
    expect(Object.fromEntries(records.operator.load(RUN))).toEqual({ '/objects/pc.ram': true });
  });

  it('who puts it back is not overruled', async () => {
    const host = new Host();
    await host.turn();
    records.operator.forget(RUN);
    await host.turn();
    await host.turn();
    expect(host.changes).toHaveLength(1);
    expect(host.policy.report().rows).toMatchObject([{ standing: 'operator' }]);
    expect(host.said).toEqual(['off never-merge', 'left never-merge']);
  });
});

describe('what an agent that was killed has switched', () => {
  beforeEach(() => {
    records.policy.keep(RUN, new Map([['/objects/pc.ram', true]]));
  });

  it('is put back by the next, in any mode', async () => {
    const host = new Host({ settings: NO_POLICY });
    host.mode = 'observe';
    await host.turn();
    expect(host.changes).toEqual(['restore bank-1 for policy: leaving']);
  });

  it('is put back in auto mode where the settings ask for it no more', async () => {
    const host = new Host({ settings: NO_POLICY });
    await host.turn();
    expect(host.changes).toEqual(['restore bank-1 for policy: none']);
  });

  it('is left to another agent that lives', async () => {
    const host = new Host();
    host.mode = 'observe';
    host.alone = false;
    await host.turn();
    await host.policy.stop();
    expect(host.changes).toEqual([]);
  });

  it('is forgotten with the guest', async () => {
    records.policy.keep({ pid: RUN.pid, startTicks: 1 }, new Map([['/objects/pc.ram', true]]));
    const host = new Host();
    await host.turn();
    expect(records.policy.runs()).toEqual([RUN]);
  });

  it('and cannot be put back is told at the end, and kept', async () => {
    const host = new Host();
    await host.turn();
    host.refusal = new KsmpilotError('QMP_TAKEN', 'another client');
    await expect(host.policy.stop()).rejects.toMatchObject({
      code: 'GUEST_NOT_STEERED',
      message: 'merging stays switched off in bank-1',
    });
    expect(records.policy.runs()).toEqual([RUN]);
  });

  it('is tried in observe mode with pauses, not at each turn', async () => {
    const host = new Host();
    host.mode = 'observe';
    host.refusal = new KsmpilotError('QMP_TAKEN', 'another client');
    for (let turns = 0; turns < 11; turns += 1) await host.turn();
    expect(host.said).toEqual(['failed leaving']);
    await host.turn();
    await host.turn();
    expect(host.said).toEqual(['failed leaving', 'failed leaving']);
  });
});

describe('in advise mode', () => {
  it('it is told once, and nothing is done', async () => {
    const host = new Host();
    host.mode = 'advise';
    await host.turn();
    await host.turn();
    expect(host.said).toEqual(['would-off never-merge']);
    expect(host.changes).toEqual([]);
    expect(host.policy.report()).toMatchObject({ active: true, mode: 'advise', rows: [{ standing: 'switch' }] });
  });
});

describe('in observe mode', () => {
  it('nothing is said; what would be done can be asked', async () => {
    const host = new Host();
    host.mode = 'observe';
    await host.turn();
    expect([host.said, host.changes]).toEqual([[], []]);
    expect(host.policy.report().rows).toMatchObject([{ rule: 'never-merge', standing: 'switch' }]);
  });
});

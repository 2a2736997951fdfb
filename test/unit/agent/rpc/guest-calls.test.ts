import { status } from '@grpc/grpc-js';
import { describe, expect, it } from 'vitest';
import { KsmpilotError } from '../../../../src/agent/errors.js';
import type { WhyAnswer } from '../../../../src/agent/model/guest-answer.js';
import type { GuestCalls, MergeCall } from '../../../../src/agent/rpc/port.js';
import { TestAgent } from '../../../helpers/agent-port.js';
import { bearer, call, refusal, startHarness, until } from '../../../helpers/rpc.js';

function agentWith(calls: Partial<GuestCalls>): TestAgent {
  const agent = new TestAgent();
  agent.guestCalls = { ...agent.guestCalls, ...calls };
  return agent;
}

const WHY: WhyAnswer = {
  timeMs: 5,
  key: 'qemu/web#1.7',
  name: 'web',
  offeredBytes: 4096,
  mergedBytes: undefined,
  reasons: [
    {
      code: 'ksm_stopped',
      effect: 'bars',
      sentence: 'KSM does not scan.',
      cure: 'Start it.',
      evidence: [{ what: 'run', value: 0, source: '/sys/kernel/mm/ksm/run' }],
      bytes: 4096,
      bound: 'at most',
    },
    { code: 'rival', effect: 'note', sentence: 'Another tuner.', cure: 'Stop it.', evidence: [] },
  ],
  gaps: ['Something.'],
  verdict: 'In a word.',
};

const MERGE = {
  ...{
    key: 'k',
    name: 'web',
    changed: false,
    feasible: true,
    steps: ['One.'],
    advice: [],
    neededBytes: 1,
    usableBytes: 2,
  },
  ...{ mergeableBeforeBytes: 3, mergeableAfterBytes: undefined },
};

describe('calls about one guest', () => {
  it('why: what is not known is absent', async () => {
    const asked: string[] = [];
    const why = (guest: string): Promise<WhyAnswer> => {
      asked.push(guest);
      return Promise.resolve(WHY);
    };
    await using harness = await startHarness({}, agentWith({ why }));
    const answer = await call<object>((done) => harness.client.whyGuest({ guest: 'web' }, bearer(), done));
    expect(asked).toEqual(['web']);
    expect(answer).toMatchObject({
      key: 'qemu/web#1.7',
      offered_bytes: 4096,
      verdict: 'In a word.',
      gaps: ['Something.'],
      reasons: [
        {
          ...{ code: 'ksm_stopped', effect: 'bars', bytes: 4096, bound: 'at most' },
          evidence: [{ what: 'run', value: '0', unit: '', source: '/sys/kernel/mm/ksm/run' }],
        },
        { code: 'rival', bound: '' },
      ],
    });
    expect(answer).not.toHaveProperty('merged_bytes');
  });

  it('map: each process with its kinds and lines', async () => {
    const map = {
      ...{ timeMs: 5, key: 'k', pageSize: 4096 },
      processes: [
        {
          ...{ pid: 7, comm: 'kvm', pagesPerCell: 2, ended: false },
          total: [{ kind: 'ksm', meaning: 'KSM page', sign: 'K', pages: 3 }],
          lines: [
            { offsetBytes: 0, cells: 'KK' },
            { offsetBytes: 2 ** 52, cells: 'k.' },
          ],
        },
      ],
    };
    await using harness = await startHarness({}, agentWith({ map: () => Promise.resolve(map) }));
    expect(await call<unknown>((done) => harness.client.mapGuest({ guest: 'web' }, bearer(), done))).toEqual({
      ...{ time_ms: 5, key: 'k', page_size: 4096 },
      processes: [
        {
          ...{ pid: 7, comm: 'kvm', pages_per_cell: 2, ended: false },
          total: [{ kind: 'ksm', meaning: 'KSM page', sign: 'K', pages: 3 }],
          lines: [
            { address: 0, cells: 'KK' },
            { address: 2 ** 52, cells: 'k.' },
          ],
        },
      ],
    });
  });

  it('merge: needs the token, and tells who called', async () => {
    const calls: MergeCall[] = [];
    const merge = (one: MergeCall) => {
      calls.push(one);
      return Promise.resolve(MERGE);
    };
    await using harness = await startHarness({}, agentWith({ merge }));
    const { client } = harness;
    const request = { guest: 'web', merge: 'GUEST_MERGE_OFF', dry_run: true } as const;
    const error = await refusal(call((done) => client.setGuestMerge(request, done)));
    expect(error.code).toBe(status.UNAUTHENTICATED);
    expect(calls).toEqual([]);
    const answer = await call<object>((done) => client.setGuestMerge(request, bearer(), done));
    expect(answer).toEqual({
      ...{ key: 'k', name: 'web', changed: false, feasible: true, steps: ['One.'], advice: [] },
      ...{ needed_bytes: 1, usable_bytes: 2, mergeable_before_bytes: 3 },
    });
    expect(calls).toMatchObject([
      { guest: 'web', goal: 'off', dryRun: true, by: { via: 'grpc', who: 'run token', role: 'tune' } },
    ]);
  });

  it('policy: every row', async () => {
    const row = {
      ...{ key: 'k', name: 'web', kind: 'qemu', group: undefined, wish: 'off' as const, rule: 'never-merge' },
      ...{ reason: 'Because.', standing: 'held', dueMs: undefined },
    };
    const policy: GuestCalls['policy'] = () => ({ active: true, mode: 'auto', mergingGroup: 'acme', rows: [row] });
    await using harness = await startHarness({}, agentWith({ policy }));
    expect(await call<unknown>((done) => harness.client.getGuestPolicy({}, done))).toEqual({
      ...{ active: true, mode: 'MODE_AUTO', merging_group: 'acme' },
      rows: [
        {
          ...{ key: 'k', name: 'web', kind: 'qemu', group: '', wish: 'off', rule: 'never-merge', reason: 'Because.' },
          standing: 'held',
        },
      ],
    });
  });

  it('what-if: the policies asked for, over the usual time', async () => {
    const asked: unknown[] = [];
    const row = { policy: 'off', savedGibSec: 1, ksmdCpuSec: 2, netCoreSec: -1.875, savedEndBytes: 7 };
    const whatIf: GuestCalls['whatIf'] = (question) => {
      asked.push(question);
      return Promise.resolve({ what: 'A record', seconds: 9, gibPerCore: 8, rows: [row], unknowns: ['Much.'] });
    };
    await using harness = await startHarness({}, agentWith({ whatIf }));
    const answer = await call<unknown>((done) => harness.client.whatIf({ policies: ['off', 'cap', 'off'] }, done));
    expect(asked).toEqual([{ lookBackSec: 900, policies: ['off', 'cap'] }]);
    expect(answer).toEqual({
      ...{ what: 'A record', seconds: 9, gib_per_core: 8, unknowns: ['Much.'] },
      rows: [{ policy: 'off', saved_gib_sec: 1, ksmd_cpu_sec: 2, net_core_sec: -1.875, saved_end_bytes: 7 }],
    });
  });

  it('end when their caller leaves, or has waited as long as it said', async () => {
    const signals: AbortSignal[] = [];
    const why = (_guest: string, signal: AbortSignal): Promise<WhyAnswer> => {
      signals.push(signal);
      return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('left'))));
    };
    await using harness = await startHarness({}, agentWith({ why }));
    const { client } = harness;
    const running = client.whyGuest({ guest: 'web' }, bearer(), () => undefined);
    await until(() => signals.length === 1, 'the call');
    running.cancel();
    await until(() => signals[0]?.aborted === true, 'its end');
    const error = await refusal(
      call((done) => client.whyGuest({ guest: 'web' }, bearer(), { deadline: Date.now() + 500 }, done)),
    );
    expect(error.code).toBe(status.DEADLINE_EXCEEDED);
    await until(() => signals[1]?.aborted === true, 'its end');
  });
});

describe('a refusal', () => {
  it.each([
    ['GUEST_ABSENT', status.NOT_FOUND],
    ['GUEST_AMBIGUOUS', status.FAILED_PRECONDITION],
    ['MEMORY_SHORT', status.FAILED_PRECONDITION],
    ['NOT_ROOT', status.PERMISSION_DENIED],
    ['WORK_EXHAUSTED', status.RESOURCE_EXHAUSTED],
    ['WORK_TOO_LONG', status.DEADLINE_EXCEEDED],
    ['PROCESS_ABSENT', status.NOT_FOUND],
  ] as const)('%s has its status', async (code, expected) => {
    const why = (): Promise<never> => Promise.reject(new KsmpilotError(code, 'no'));
    await using harness = await startHarness({}, agentWith({ why }));
    const error = await refusal(call((done) => harness.client.whyGuest({ guest: 'web' }, bearer(), done)));
    expect(status[error.code]).toBe(status[expected]);
    expect(error.metadata.get('ksmpilot-code')).toEqual([code]);
  });

  it.each([
    ['guest', (c: Client, done: Done) => c.whyGuest({}, bearer(), done)],
    ['guest', (c: Client, done: Done) => c.mapGuest({ guest: 'x'.repeat(1025) }, bearer(), done)],
    ['merge', (c: Client, done: Done) => c.setGuestMerge({ guest: 'web' }, bearer(), done)],
    ['look_back_sec', (c: Client, done: Done) => c.whatIf({ look_back_sec: 86_401 }, done)],
    ['policies', (c: Client, done: Done) => c.whatIf({ policies: ['fastest'] }, done)],
    [
      'policies',
      (c: Client, done: Done) => c.whatIf({ policies: Array.from({ length: 13 }, (_, n) => `pairs:${n + 1}`) }, done),
    ],
  ])('names the field that is wrong: %s', async (field, start) => {
    await using harness = await startHarness({}, agentWith({}));
    const error = await refusal(call<object>((done) => start(harness.client, done as Done)));
    expect(error.code).toBe(status.INVALID_ARGUMENT);
    expect(error.details).toMatch(new RegExp(`^REQUEST_INVALID: ${field} `));
  });
});

type Client = Awaited<ReturnType<typeof startHarness>>['client'];
type Done = () => void;

import { Metadata, status, type ServiceError } from '@grpc/grpc-js';
import { expect, test } from 'vitest';
import { KsmpilotError } from '../../../../src/agent/errors.js';
import { TestAgent, testDecision, testGuest, testGuests, testPoint, testRow } from '../../../helpers/agent-port.js';
import { bearer, call, refusal, startHarness } from '../../../helpers/rpc.js';

function expectRefusal(error: ServiceError, code: status, ksmpilotCode: string, text: string | RegExp): void {
  expect(status[error.code]).toBe(status[code]);
  expect(error.details).toMatch(text);
  expect(error.details.startsWith(`${ksmpilotCode}: `)).toBe(true);
  expect(error.metadata.get('ksmpilot-code')).toEqual([ksmpilotCode]);
}

test('every reading call answers, without a token', async () => {
  const agent = new TestAgent();
  agent.recorded = [testDecision(1), testDecision(2)];
  agent.addPoint(testPoint(0, { savedBytes: 0, processes: [testRow({ pid: 7, comm: 'demo', mergingPages: 0 })] }));
  await using harness = await startHarness({}, agent);
  const { client } = harness;
  expect(await call<unknown>((done) => client.getHost({}, done))).toMatchObject({ hostname: 'hv1', page_size: 4096 });
  const told = await call<{ sample: object | null }>((done) => client.getStatus({}, done));
  expect(told).toMatchObject({ mode: 'MODE_OBSERVE', baseline: null, sample: { saved_bytes: 0 } });
  expect(told.sample).not.toHaveProperty('profit_bytes');
  expect(await call<unknown>((done) => client.listProcesses({}, done))).toEqual({
    time_ms: 1_700_000_000_000,
    processes: [{ pid: 7, comm: 'demo', merging_pages: 0, ended: false }],
  });
  expect(await call<unknown>((done) => client.listGuests({}, done))).toEqual({
    time_ms: 0,
    guests: [],
    rest: null,
    pending: 0,
    side_channel: { state: 'off', detail: 'off: a test', suspects: [], threshold: 0.5 },
  });
  agent.guestTable = testGuests([testGuest({ kind: 'qemu', name: 'web', pids: [7], savedBytes: 0 })]);
  expect(await call<unknown>((done) => client.listGuests({}, done))).toMatchObject({
    time_ms: 1_700_000_000_000,
    guests: [{ kind: 'qemu', name: 'web', pids: [7], saved_bytes: 0 }],
    rest: {},
  });
  expect(await call<unknown>((done) => client.getSettings({}, done))).toMatchObject({
    tuner: { gib_per_core: 8, may_start: true, may_stop: true, smart_scan: true },
    config_json: '{"mode":"observe"}',
  });
  expect(await call<unknown>((done) => client.getTuner({ decisions: 1 }, done))).toMatchObject({
    decisions: [{ id: 2, expectation: null, outcome: null }],
  });
  expect(agent.calls).toEqual([]);
});

test('every changing call needs the token and does what it says', async () => {
  await using harness = await startHarness();
  const { agent, client } = harness;
  agent.restoreReport = {
    restored: [{ knob: 'run', from: '1', to: '0' }],
    left: ['smart_scan: moved by others.'],
    failed: ['pages_to_scan'],
  };
  expect(await call<unknown>((done) => client.setMode({ mode: 'MODE_AUTO' }, bearer(), done))).toMatchObject({
    mode: 'MODE_AUTO',
  });
  expect(await call<unknown>((done) => client.pause({}, bearer(), done))).toMatchObject({ paused: true });
  expect(await call<unknown>((done) => client.resume({}, bearer(), done))).toMatchObject({ paused: false });
  expect(await call<unknown>((done) => client.restore({}, bearer(), done))).toEqual(agent.restoreReport);
  const change = { tuner: { max_cpu_pct: 25, may_start: false, may_stop: false, smart_scan: false } };
  expect(await call<unknown>((done) => client.updateSettings(change, bearer(), done))).toMatchObject({
    tuner: { gib_per_core: 8, max_cpu_pct: 25, may_start: false, may_stop: false, smart_scan: false },
  });
  expect(agent.calls).toEqual([
    'setMode auto',
    'pause',
    'resume',
    'restore',
    'updateSettings {"maxCpuPct":25,"mayStart":false,"mayStop":false,"smartScan":false}',
  ]);
});

test.each([
  ['none', new Metadata()],
  ['a wrong one', bearer('0'.repeat(64))],
])('token: %s', async (_name, metadata) => {
  await using harness = await startHarness();
  const { agent, client } = harness;
  const answers = [
    call((done) => client.setMode({ mode: 'MODE_AUTO' }, metadata, done)),
    call((done) => client.pause({}, metadata, done)),
    call((done) => client.resume({}, metadata, done)),
    call((done) => client.restore({}, metadata, done)),
    call((done) => client.updateSettings({ tuner: { max_cpu_pct: 5 } }, metadata, done)),
  ];
  for (const answer of answers) {
    expectRefusal(await refusal(answer), status.UNAUTHENTICATED, 'TOKEN_MISSING', 'authorization: Bearer TOKEN');
  }
  expect(agent.calls).toEqual([]);
});

test('wrong requests name the field', async () => {
  await using harness = await startHarness();
  const { agent, client } = harness;
  const cases: [Promise<unknown>, RegExp][] = [
    [call((done) => client.setMode({}, bearer(), done)), /mode must be .* not MODE_UNSPECIFIED/],
    [call((done) => client.setMode({ mode: 9 as 3 }, bearer(), done)), /mode must be .* not 9/],
    [call((done) => client.getTuner({ decisions: 1001 }, done)), /decisions must be 0 to 1000, not 1001/],
    [call((done) => client.updateSettings({}, bearer(), done)), /tuner must be set/],
    [call((done) => client.updateSettings({ tuner: {} }, bearer(), done)), /tuner must name at least one setting/],
    [
      call((done) => client.updateSettings({ tuner: { gib_per_core: 0 } }, bearer(), done)),
      /tuner\.gib_per_core must be 0\.1 to 1024, not 0/,
    ],
    [
      call((done) => client.updateSettings({ tuner: { max_cpu_pct: NaN } }, bearer(), done)),
      /tuner\.max_cpu_pct must be 1 to 100, not NaN/,
    ],
    [
      call((done) => client.updateSettings({ tuner: { min_full_scan_sec: -1 } }, bearer(), done)),
      /tuner\.min_full_scan_sec/,
    ],
    [
      call((done) => client.updateSettings({ tuner: { max_full_scan_sec: Infinity } }, bearer(), done)),
      /tuner\.max_full_scan_sec/,
    ],
  ];
  for (const [answer, text] of cases) {
    expectRefusal(await refusal(answer), status.INVALID_ARGUMENT, 'REQUEST_INVALID', text);
  }
  expect(agent.calls).toEqual([]);
});

test('what the agent refuses keeps its code, message and hint', async () => {
  await using harness = await startHarness();
  const { agent, client } = harness;
  agent.refusal = new KsmpilotError('MODE_REFUSED', 'ksmtuned runs on this host.', { hint: 'Stop ksmtuned.' });
  const refused = await refusal(call((done) => client.setMode({ mode: 'MODE_AUTO' }, bearer(), done)));
  expectRefusal(
    refused,
    status.FAILED_PRECONDITION,
    'MODE_REFUSED',
    'ksmtuned runs on this host. Hint: Stop ksmtuned.',
  );
  expect(refused.metadata.get('ksmpilot-hint')).toEqual(['Stop ksmtuned.']);
  const swapped = { tuner: { min_full_scan_sec: 900 } };
  const invalid = await refusal(call((done) => client.updateSettings(swapped, bearer(), done)));
  expectRefusal(invalid, status.INVALID_ARGUMENT, 'CONFIG_INVALID', 'minFullScanSec');
});

test('a defect is INTERNAL, goes to the log with its stack, and the agent goes on', async () => {
  await using harness = await startHarness();
  const { agent, client, log } = harness;
  agent.refusal = new TypeError('x is not a function');
  const failed = await refusal(call((done) => client.pause({}, bearer(), done)));
  expectRefusal(failed, status.INTERNAL, 'INTERNAL', 'its log says why');
  expect(failed.details).not.toContain('x is not');
  const [line] = log.lines.filter(({ level }) => level === 'error');
  expect(line?.fields['path']).toBe('/ksmpilot.v1.Ksmpilot/Pause');
  expect(line?.fields['error']).toContain('x is not a function');
  expect(await call<unknown>((done) => client.pause({}, bearer(), done))).toMatchObject({ paused: true });
});

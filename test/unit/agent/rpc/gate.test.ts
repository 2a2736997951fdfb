import { connect as connectHttp2 } from 'node:http2';
import { createConnection } from 'node:net';
import { status } from '@grpc/grpc-js';
import { expect, test, vi } from 'vitest';
import type { AuditLine } from '../../../../src/agent/rpc/audit.js';
import { CallAudit } from '../../../../src/agent/rpc/audit.js';
import { needOf } from '../../../../src/agent/rpc/access.js';
import { bearer, call, connect, refusal, startHarness, until } from '../../../helpers/rpc.js';

test('what nobody thought of needs tune', () => {
  expect(needOf('/ksmpilot.v1.Ksmpilot/GetHost')).toBe('read');
  expect(needOf('/ksmpilot.v1.Ksmpilot/SetMode')).toBe('tune');
  expect(needOf('/ksmpilot.v1.Ksmpilot/Format')).toBe('tune');
  expect(needOf('/ksmpilot.v1.Ksmpilot/constructor')).toBe('tune');
  expect(needOf('/grpc.health.v1.Health/Check')).toBe('read');
  expect(needOf('/grpc.channelz.v1.Channelz/GetServers')).toBe('tune');
});

test('calls above the rate are refused, and the next second they are not', async () => {
  await using harness = await startHarness({ limits: { callsPerEntry: { perSec: 20, burst: 5 } } });
  const { client } = harness;
  const codes = await Promise.all(
    Array.from({ length: 20 }, async () => {
      try {
        await call((done) => client.getHost({}, done));
        return 'yes';
      } catch (error) {
        const refused = error as Awaited<ReturnType<typeof refusal>>;
        expect(refused.code).toBe(status.RESOURCE_EXHAUSTED);
        return String(refused.metadata.get('ksmpilot-code')[0]);
      }
    }),
  );
  expect(codes.filter((code) => code === 'yes').length).toBeLessThanOrEqual(7);
  expect(codes.filter((code) => code === 'RATE_LIMITED').length).toBeGreaterThanOrEqual(13);
  await until(() => codes.length === 20, 'the calls');
  await new Promise((resolve) => setTimeout(resolve, 200));
  await call((done) => client.getHost({}, done));
});

test('many wrong tokens are answered late; a good one is not, from the same address', async () => {
  await using harness = await startHarness({ limits: { failures: { perSec: 0.001, burst: 2 } } });
  const { client } = harness;
  const timed = async (token: string): Promise<number> => {
    const began = performance.now();
    await call((done) => client.pause({}, bearer(token), done)).catch(() => undefined);
    return performance.now() - began;
  };
  await timed('wrong');
  expect(await timed('wrong')).toBeLessThan(800);
  expect(await timed('wrong')).toBeGreaterThan(900);
  const began = performance.now();
  await call((done) => client.pause({}, bearer(), done));
  expect(performance.now() - began).toBeLessThan(800);
});

test('connections above the limit are closed, the others go on; the log says so once', async () => {
  await using harness = await startHarness({ limits: { connections: 5 } });
  await call((done) => harness.client.getHost({}, done));
  const port = Number(harness.address.split(':')[1]);
  let closed = 0;
  const sockets = Array.from({ length: 12 }, () =>
    createConnection(port, '127.0.0.1')
      .on('close', () => (closed += 1))
      .on('error', () => undefined)
      .resume(),
  );
  await until(
    () => closed >= 8,
    'refused connections',
    () => `${closed} closed`,
  );
  await call((done) => harness.client.getHost({}, done));
  expect(harness.log.lines.filter(({ message }) => message.startsWith('connections refused'))).toHaveLength(1);
  for (const socket of sockets) socket.destroy();
  await until(() => closed === 12, 'all to close');
  const another = connect(harness.address);
  await call((done) => another.getHost({}, done));
  another.close();
});

test('the audit log has who, what, from where, before and after, and how it ended', async () => {
  const lines: AuditLine[] = [];
  await using harness = await startHarness({ audit: new CallAudit({ write: (line) => lines.push(line) }) });
  const { agent, client } = harness;
  await call((done) => client.setMode({ mode: 'MODE_ADVISE' }, bearer(), done));
  await call((done) => client.updateSettings({ tuner: { max_cpu_pct: 25 } }, bearer(), done));
  await refusal(call((done) => client.setMode({ mode: 'MODE_UNSPECIFIED' }, bearer(), done)));
  agent.restoreReport = { restored: [{ knob: 'run', from: '1', to: '0' }], left: [] };
  await call((done) => client.restore({}, bearer(), done));
  await refusal(call((done) => client.pause({}, done)));
  await call((done) => client.getHost({}, done));
  const actor = {
    via: 'grpc',
    who: 'run token',
    role: 'tune',
    from: expect.stringMatching(/^127\.0\.0\.1:\d+$/) as string,
  };
  expect(lines).toEqual([
    {
      what: 'SetMode',
      request: { mode: 'MODE_ADVISE' },
      before: { mode: 'observe' },
      after: { mode: 'advise' },
      result: 'done',
      actor,
    },
    expect.objectContaining({ what: 'UpdateSettings', after: { maxCpuPct: 25 }, result: 'done' }),
    expect.objectContaining({
      what: 'SetMode',
      before: {},
      after: {},
      result: expect.stringMatching(/^REQUEST_INVALID: /) as string,
    }),
    expect.objectContaining({
      what: 'Restore',
      after: expect.objectContaining({ restored: ['run 1 -> 0'] }) as object,
    }),
    expect.objectContaining({
      what: '/ksmpilot.v1.Ksmpilot/Pause',
      result: expect.stringMatching(/^TOKEN_MISSING: /) as string,
      actor: expect.objectContaining({ who: 'nobody' }) as object,
    }),
  ]);
});

test('refusals are told one by one up to a number, then as a sum', async () => {
  const lines: AuditLine[] = [];
  let now = 0;
  const audit = new CallAudit({ write: (line) => lines.push(line), monoMs: () => now });
  await using harness = await startHarness({ audit });
  const knock = (): Promise<unknown> => refusal(call((done) => harness.client.pause({}, done)));
  for (let at = 0; at < 50; at += 1) await knock();
  expect(lines).toHaveLength(20);
  now += 5000;
  await knock();
  expect(lines).toHaveLength(21);
  expect(lines[20]).toMatchObject({ untold: 30 });
});

test('answers that nobody reads are bounded, those about the past more tightly; their end makes room', async () => {
  const open = { perEntry: 4, pastPerEntry: 2, perRemote: 99 };
  await using harness = await startHarness({ limits: { open } });
  const { agent, client } = harness;
  const columns = [{ name: 'saved_bytes', mean: [1], min: [], max: [] }];
  let asked = 0;
  const answer = { resolutionMs: 1000, timesMs: [1], columns, oldestMs: 1, problem: '' };
  agent.past = { ...agent.past, history: () => ((asked += 1), Promise.resolve(answer)) };
  const history = (): Promise<unknown> => call((done) => client.getHistory({}, done));

  // Takes no byte of any answer, and stays connected.
  const session = connectHttp2(`http://${harness.address}`, { settings: { initialWindowSize: 0 } });
  session.on('error', () => undefined);
  const unread = (method: string): void => {
    const headers = { 'content-type': 'application/grpc', te: 'trailers' };
    const path = `/ksmpilot.v1.Ksmpilot/${method}`;
    const stream = session.request({ ':method': 'POST', ':path': path, ...headers });
    stream.on('error', () => undefined);
    stream.end(Buffer.alloc(5));
  };
  for (let at = 0; at < 10; at += 1) unread('GetHistory');
  await until(() => asked === 2, 'the calls');
  const refused = await refusal(history());
  expect(refused.details).toBe(
    'RATE_LIMITED: too many calls are open at once. Hint: Read the answers of those, or end them; then call again.',
  );
  await call((done) => client.getHost({}, done));
  const host = (): Promise<unknown> => call((done) => client.getHost({}, done));
  await vi.waitFor(async () => {
    unread('GetHost');
    expect((await refusal(host())).details).toContain('too many calls are open');
  });
  expect(asked).toBe(2);
  session.destroy();
  await vi.waitFor(async () => expect(await history()).toMatchObject({ time_ms: [1] }));
  for (let at = 0; at < 20; at += 1) await history();
});

import { expect, test } from 'vitest';
import { MAX_REMOTES, RequestLimits } from '../../../../web/gateway/request-limits.js';
import { ask } from '../../../helpers/http.js';
import { startFakePage } from '../../../helpers/fake-page.js';

function make(): { take: (remote: string | undefined) => number; pass: (ms: number) => void; limits: RequestLimits } {
  let now = 0;
  const limits = new RequestLimits({ perRemote: { perSec: 1, burst: 2 }, inAll: { perSec: 10, burst: 5 } }, () => now);
  const take = (remote: string | undefined): number => {
    try {
      limits.take(remote);
      return 200;
    } catch (error) {
      return (error as { refusal: { status: number } }).refusal.status;
    }
  };
  return { limits, take, pass: (ms) => (now += ms) };
}

test('each machine for itself, and all together', () => {
  const { take, pass } = make();
  expect([1, 2, 3].map(() => take('a'))).toEqual([200, 200, 429]);
  expect(['b', 'c', 'd', 'e'].map(take)).toEqual([200, 200, 200, 429]);
  pass(1000);
  expect([1, 2].map(() => take('a'))).toEqual([200, 429]);
});

test('this host has its own share: others do not use it up', () => {
  const { take } = make();
  for (let at = 0; at < 10; at += 1) take(`r${at}`);
  expect([1, 2, 3, 4, 5, 6].map(() => take(undefined))).toEqual([200, 200, 200, 200, 200, 429]);
});

test('machines are remembered in bounded number', () => {
  const { take, limits } = make();
  for (let at = 0; at < 3 * MAX_REMOTES; at += 1) take(`r${at}`);
  expect(limits.remotes).toBe(MAX_REMOTES);
});

test('a browser is told when to come again', async () => {
  const page = await startFakePage({}, { rates: { inAll: { perSec: 0.001, burst: 1 } } });
  try {
    const headers = { host: `127.0.0.1:${page.port}` };
    expect((await ask({ port: page.port, path: '/healthz', headers })).status).toBe(200);
    const refused = await ask({ port: page.port, path: '/healthz', headers });
    expect([refused.status, refused.headers['retry-after']]).toEqual([429, '1']);
    expect(refused.json).toMatchObject({ code: 'RATE_LIMITED' });
  } finally {
    await page.stop();
  }
});

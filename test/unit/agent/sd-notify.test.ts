import { beforeEach, describe, expect, it } from 'vitest';
import { createNotifier, type ServiceNotifier } from '../../../src/agent/sd-notify.js';
import { silentLog } from '../../../src/agent/log.js';

let sent: string[];
let warned: string[];
let nowMs: number;
let broken: boolean;

function notifier(env: Record<string, string>, intervalMs = 1000): Promise<ServiceNotifier> {
  return createNotifier({
    env,
    pid: 7,
    intervalMs,
    monoMs: () => nowMs,
    log: { ...silentLog, warn: (message) => warned.push(message) },
    open: (address) => {
      if (address === '/absent') return Promise.reject(new Error('sendto failed with ENOENT'));
      return Promise.resolve((message) => {
        if (broken) throw new Error('sendto failed with ECONNREFUSED');
        sent.push(message);
      });
    },
  });
}

beforeEach(() => {
  sent = [];
  warned = [];
  nowMs = 0;
  broken = false;
});

describe('a service notifier', () => {
  it('tells nobody where no manager listens', async () => {
    const service = await notifier({});
    service.ready();
    service.alive(() => 'fine');
    service.stopping();
    expect(sent).toEqual([]);
  });

  it('gives no sign of life before it is ready: systemd would count it', async () => {
    const service = await notifier({ NOTIFY_SOCKET: '/run/notify', WATCHDOG_USEC: '30000000' });
    service.alive(() => 'fine');
    expect(sent).toEqual([]);
    service.ready();
    service.alive(() => 'fine');
    expect(sent).toEqual(['READY=1', 'WATCHDOG=1\nSTATUS=fine']);
  });

  it('gives a sign of life four times within the limit, however often it is asked', async () => {
    const service = await notifier({ NOTIFY_SOCKET: '/run/notify', WATCHDOG_USEC: '30000000', WATCHDOG_PID: '7' });
    service.ready();
    for (nowMs = 0; nowMs < 30_000; nowMs += 100) service.alive(() => 'fine');
    expect(sent.filter((message) => message.includes('WATCHDOG=1'))).toHaveLength(4);
  });

  it('sends the status when it has changed, at most every ten seconds, on one line', async () => {
    const service = await notifier({ NOTIFY_SOCKET: '/run/notify' });
    service.ready();
    for (nowMs = 0; nowMs < 40_000; nowMs += 1000) service.alive(() => `run is\n${nowMs < 20_000 ? 0 : 1}`);
    expect(sent).toEqual(['READY=1', 'STATUS=run is 0', 'STATUS=run is 1']);
  });

  it('has the watchdog wait for an agent that samples slowly', async () => {
    const service = await notifier({ NOTIFY_SOCKET: '/run/notify', WATCHDOG_USEC: '30000000' }, 60_000);
    service.ready();
    expect(sent).toEqual(['READY=1\nWATCHDOG_USEC=180000000']);
    nowMs = 60_000;
    service.alive(() => '');
    expect(sent.at(-1)).toContain('WATCHDOG=1');
  });

  it.each([
    ['another process is meant', { WATCHDOG_USEC: '30000000', WATCHDOG_PID: '8' }],
    ['the limit is no number', { WATCHDOG_USEC: 'soon' }],
    ['the limit is nothing', { WATCHDOG_USEC: '0' }],
  ])('has no watchdog where %s', async (_case, env) => {
    const service = await notifier({ NOTIFY_SOCKET: '/run/notify', ...env });
    service.ready();
    service.alive(() => 'fine');
    expect(sent.join()).not.toContain('WATCHDOG');
  });

  it('says that it stops, once, and gives no sign of life afterwards', async () => {
    const service = await notifier({ NOTIFY_SOCKET: '/run/notify', WATCHDOG_USEC: '30000000' });
    service.ready();
    service.stopping();
    service.stopping();
    service.alive(() => 'fine');
    expect(sent).toEqual(['READY=1', 'STOPPING=1\nSTATUS=putting the knobs back']);
  });

  it('goes on, and warns once, where the manager cannot be told', async () => {
    const service = await notifier({ NOTIFY_SOCKET: '/run/notify', WATCHDOG_USEC: '4000000' });
    service.ready();
    broken = true;
    for (; nowMs < 10_000; nowMs += 1000) service.alive(() => 'fine');
    expect(warned).toEqual(['systemd cannot be told']);
    broken = false;
    service.alive(() => 'fine');
    expect(sent.at(-1)).toContain('WATCHDOG=1');
  });

  it('warns and is silent where there is no such socket', async () => {
    const service = await notifier({ NOTIFY_SOCKET: '/absent' });
    service.ready();
    expect(warned).toEqual(['systemd cannot be told that the agent is ready']);
  });
});

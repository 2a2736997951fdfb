import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openNotifySocket } from '../../../src/agent/sd-notify-socket.js';

/** Node itself cannot receive datagrams of Unix sockets. Says `bound`, then each datagram as a line of JSON. */
const RECEIVER = `
import json, socket, sys
address = sys.argv[1]
receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
receiver.bind('\\0' + address[1:] if address.startswith('@') else address)
print('bound', flush=True)
for _ in range(int(sys.argv[2])):
    print(json.dumps(receiver.recv(4096).decode()), flush=True)
`;

/** A service manager's socket that takes so many datagrams; resolves to their texts when the last one is there. */
async function listenAt(address: string, count: number): Promise<{ readonly received: Promise<string[]> }> {
  const receiver = spawn('python3', ['-c', RECEIVER, address, String(count)], { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  receiver.stdout.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  const received = once(receiver, 'close').then(() =>
    text
      .trim()
      .split('\n')
      .slice(1)
      .map((line) => JSON.parse(line) as string),
  );
  await once(receiver.stdout, 'data');
  return { received };
}

describe('datagrams to a service manager', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ksmpilot-notify-'));
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  it('arrive at a path, each as it was sent', async () => {
    const address = join(folder, 'notify');
    const manager = await listenAt(address, 2);
    const send = openNotifySocket(address);
    send('READY=1\nSTATUS=saves 1.0 GiB, ksmd takes 0.2 % of a core ✓');
    send('WATCHDOG=1');
    expect(await manager.received).toEqual([
      'READY=1\nSTATUS=saves 1.0 GiB, ksmd takes 0.2 % of a core ✓',
      'WATCHDOG=1',
    ]);
  });

  it('arrive at a name in the abstract namespace', async () => {
    const address = `@ksmpilot-test-${process.pid}`;
    const manager = await listenAt(address, 1);
    openNotifySocket(address)('STOPPING=1');
    expect(await manager.received).toEqual(['STOPPING=1']);
  });

  it('reach a manager that has bound its path anew', async () => {
    const address = join(folder, 'notify');
    const first = await listenAt(address, 1);
    const send = openNotifySocket(address);
    send('WATCHDOG=1');
    await first.received;
    expect(() => send('WATCHDOG=1')).toThrow(/^sendto .*notify failed with ECONNREFUSED$/);
    rmSync(address);
    expect(() => send('WATCHDOG=1')).toThrow('ENOENT');
    const second = await listenAt(address, 1);
    send('WATCHDOG=1');
    expect(await second.received).toEqual(['WATCHDOG=1']);
  });

  it.each(['vsock:2:9999', 'relative/path', '', `/${'x'.repeat(108)}`])(
    'are refused for the address "%s"',
    (address) => {
      expect(() => openNotifySocket(address)).toThrow('NOTIFY_SOCKET');
    },
  );
});

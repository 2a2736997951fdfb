import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { UntakenAnswers } from '../../../../web/gateway/untaken-answers.js';
import { until } from '../../../helpers/rpc.js';

/** More than the kernel takes for a client that does not read. */
const BODY = Buffer.alloc(16 * 1024 * 1024);

let server: Server | undefined;
const sockets: Socket[] = [];
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
  server?.close();
  server?.closeAllConnections();
});

async function serve(untaken: UntakenAnswers): Promise<{ ask: () => { readonly isClosed: boolean; read(): void } }> {
  const listening = createServer((_, res) => {
    res.end(BODY);
    untaken.add(res);
  }).listen(0, '127.0.0.1');
  server = listening;
  await new Promise((resolve) => listening.once('listening', resolve));
  return {
    ask: () => {
      let isClosed = false;
      listening.once('connection', (socket) => socket.once('close', () => (isClosed = true)));
      const { port } = listening.address() as AddressInfo;
      const socket = connect(port, '127.0.0.1').pause();
      socket.on('error', () => undefined);
      socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
      sockets.push(socket);
      return {
        get isClosed() {
          return isClosed;
        },
        read: () => socket.resume(),
      };
    },
  };
}

describe('answers that nobody reads', () => {
  it('are bounded: the one that waited longest goes, with its connection', async () => {
    const untaken = new UntakenAnswers({ mostBytes: 2.5 * BODY.length });
    const { ask } = await serve(untaken);
    const first = ask();
    await until(() => untaken.bytes > 0, 'the first answer');
    const second = ask();
    await until(() => untaken.bytes > 1.5 * BODY.length, 'the second answer');
    const third = ask();
    await until(() => first.isClosed, 'the first to be given up');
    expect([second.isClosed, third.isClosed]).toEqual([false, false]);
    expect(untaken.bytes).toBeLessThan(2.5 * BODY.length);
  });

  it('are given up after a time', async () => {
    const { ask } = await serve(new UntakenAnswers({ withinMs: 200 }));
    const one = ask();
    await until(() => one.isClosed, 'the answer to be given up');
  });

  it('are forgotten once they are read', async () => {
    const untaken = new UntakenAnswers();
    const { ask } = await serve(untaken);
    const one = ask();
    await until(() => untaken.bytes > 0, 'the answer');
    one.read();
    await until(() => untaken.bytes === 0, 'the answer to be read');
    expect(one.isClosed).toBe(false);
  });
});

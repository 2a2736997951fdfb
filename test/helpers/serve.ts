/** An HTTP server of one function, for tests. */

import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What rejects ends the request with 500 and the message. */
export async function servedBy(
  answer: (req: IncomingMessage, res: ServerResponse) => Promise<void>,
): Promise<{ readonly port: number; stop(): Promise<void> }> {
  const server = createServer((req, res) => {
    answer(req, res).catch((error: unknown) => res.writeHead(500).end(String(error)));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    stop: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

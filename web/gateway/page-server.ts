/** The HTTP or HTTPS server under the gateway: who connects, over what, and how often. */

import type { X509Certificate } from 'node:crypto';
import { createServer as createPlainServer, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { RequestListener } from 'node:http';
import { isIP, type Socket } from 'node:net';
import type { SecureContextOptions } from 'node:tls';
import { remoteOf } from './remote.js';

/** Certificate and key that may change; the caller has them from files. */
export interface PageCertificate {
  start(): SecureContextOptions;
  /** The certificate in use. */
  readonly leaf: X509Certificate | undefined;
  onChange(listener: (next: SecureContextOptions) => void): () => void;
  stop(): void;
}

/** Connections at once; a browser opens up to six to one server. */
const MAX_CONNECTIONS = 256;
/** From one other machine. */
const MAX_PER_REMOTE = 64;
const MAX_HEADER_BYTES = 16 * 1024;
const REQUEST_TIMEOUT_MS = 10_000;
const HANDSHAKE_TIMEOUT_MS = 10_000;

/** Throws what `certificate.start` throws where the files do not serve. */
export function makeServer(certificate: PageCertificate | undefined, listener: RequestListener): Server {
  const common = { maxHeaderSize: MAX_HEADER_BYTES, requestTimeout: REQUEST_TIMEOUT_MS };
  const server =
    certificate === undefined ? createPlainServer(common, listener) : overTls(certificate, common, listener);
  server.maxConnections = MAX_CONNECTIONS;
  capConnections(server);
  return server;
}

function overTls(certificate: PageCertificate, common: object, listener: RequestListener): Server {
  const server = createTlsServer(
    { ...common, ...certificate.start(), handshakeTimeout: HANDSHAKE_TIMEOUT_MS },
    listener,
  );
  certificate.onChange((next) => server.setSecureContext(next));
  return server;
}

function capConnections(server: Server): void {
  const open = new Map<string, number>();
  server.prependListener('connection', (socket: Socket) => {
    const remote = remoteOf(socket.remoteAddress);
    if (remote === undefined) return;
    const count = open.get(remote) ?? 0;
    if (count >= MAX_PER_REMOTE) {
      socket.destroy();
      return;
    }
    open.set(remote, count + 1);
    socket.once('close', () => {
      const left = (open.get(remote) ?? 1) - 1;
      if (left > 0) open.set(remote, left);
      else open.delete(remote);
    });
  });
}

/** Is this host name, as in a `Host` header, one of the certificate's? Who has another name's page cannot have our key. */
export function isCertified(name: string, certificate: X509Certificate | undefined): boolean {
  if (certificate === undefined) return false;
  return (isIP(name) === 0 ? certificate.checkHost(name) : certificate.checkIP(name)) !== undefined;
}

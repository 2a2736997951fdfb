import type { ConnectionInjector } from '@grpc/grpc-js';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { errnoOf, KsmpilotError } from '../errors.js';
import { remoteOf } from './peer.js';
import type { LogPort } from './port.js';

/** Each costs a descriptor and some 50 kB; tens of pages and exporters are many. */
const MAX_CONNECTIONS = 256;
/** From one other machine. */
const MAX_PER_REMOTE = 32;
const TELL_EVERY_MS = 60_000;

export type ListenTarget = { readonly host: string; readonly port: number } | { readonly path: string };

export interface ListenerOptions {
  /** Takes the connections. */
  readonly injector: Pick<ConnectionInjector, 'injectConnection'>;
  readonly log: LogPort;
  readonly maxConnections?: number | undefined;
  readonly maxPerRemote?: number | undefined;
}

/** One listening socket that hands its connections to gRPC, no more than a fixed number; grpc-js itself takes any. */
export class Listener {
  readonly #options: ListenerOptions;
  readonly #server: Server;
  readonly #perRemote = new Map<string, number>();
  #refused = 0;
  #toldMs = -Infinity;

  constructor(options: ListenerOptions) {
    this.#options = options;
    this.#server = createServer({ noDelay: true }, (socket) => this.#take(socket));
    this.#server.maxConnections = options.maxConnections ?? MAX_CONNECTIONS;
    this.#server.on('drop', () => this.#tell());
  }

  /**
   * @param shown The address as the user wrote it.
   * @returns The bound port; 0 for a Unix socket.
   * @throws KsmpilotError PORT_IN_USE, BIND_REFUSED
   */
  listen(target: ListenTarget, shown: string): Promise<number> {
    return new Promise((resolve, reject) => {
      const onError = (error: Error): void => reject(toBindError(error, shown));
      this.#server.once('error', onError);
      this.#server.listen(target, () => {
        this.#server.off('error', onError);
        // A connection that cannot be accepted (EMFILE) is that client's loss.
        this.#server.on('error', () => this.#tell());
        const address = this.#server.address() as AddressInfo | string;
        resolve(typeof address === 'string' ? 0 : address.port);
      });
    });
  }

  /** Takes no more connections; those that are open are gRPC's to end. */
  close(): void {
    if (this.#server.listening) this.#server.close();
  }

  #take(socket: Socket): void {
    const remote = remoteOf(socket.remoteAddress);
    if (remote !== undefined) {
      const open = this.#perRemote.get(remote) ?? 0;
      if (open >= (this.#options.maxPerRemote ?? MAX_PER_REMOTE)) {
        socket.destroy();
        this.#tell();
        return;
      }
      this.#perRemote.set(remote, open + 1);
      socket.once('close', () => {
        const left = (this.#perRemote.get(remote) ?? 1) - 1;
        if (left > 0) this.#perRemote.set(remote, left);
        else this.#perRemote.delete(remote);
      });
    }
    this.#options.injector.injectConnection(socket);
  }

  #tell(): void {
    this.#refused += 1;
    const now = performance.now();
    if (now - this.#toldMs < TELL_EVERY_MS) return;
    this.#toldMs = now;
    this.#options.log.warn('connections refused: too many are open', { refused: this.#refused });
  }
}

function toBindError(cause: Error, shown: string): KsmpilotError {
  if (errnoOf(cause) === 'EADDRINUSE') {
    return new KsmpilotError('PORT_IN_USE', `${shown} is in use by another program.`, {
      hint: 'Stop that program (`ss -ltnp` names it), or choose another port with --grpc HOST:PORT.',
      cause,
    });
  }
  return new KsmpilotError('BIND_REFUSED', `${shown} cannot be bound: ${cause.message}.`, {
    hint: 'Choose an address of this host and a port that this user may bind.',
    cause,
  });
}

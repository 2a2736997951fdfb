import { ServerCredentials, type ServerInterceptor } from '@grpc/grpc-js';
import type { SecureContextOptions } from 'node:tls';

/** Who connects and does not speak costs a descriptor: ten round trips to the far side of the world. */
const HANDSHAKE_TIMEOUT_MS = 10_000;

/**
 * The credentials of one entry: plain text or TLS, with the interceptors of that entry.
 *
 * grpc-js' own `createSsl` cannot take new certificates, nor take a client that shows none beside clients that do; its
 * certificate providers are experimental. What they rest on, `updateSecureContextOptions`, is here used directly: it
 * ends in `tls.Server.setSecureContext`, which leaves open connections as they are.
 */
export class ListenerCredentials extends ServerCredentials {
  readonly #interceptors: readonly ServerInterceptor[];

  /** @param options.tls Undefined: plain text. With `ca`, clients are asked for a certificate and need not have one. */
  constructor(options: {
    readonly interceptors: readonly ServerInterceptor[];
    readonly tls?: SecureContextOptions | undefined;
  }) {
    const { tls } = options;
    super(
      tls === undefined
        ? null
        : { requestCert: tls.ca !== undefined, rejectUnauthorized: false, handshakeTimeout: HANDSHAKE_TIMEOUT_MS },
      tls,
    );
    this.#interceptors = options.interceptors;
  }

  /** Connections from now on get this certificate. */
  renew(tls: SecureContextOptions): void {
    this.updateSecureContextOptions(tls);
  }

  override _getInterceptors(): ServerInterceptor[] {
    return [...this.#interceptors];
  }

  override _equals(other: ServerCredentials): boolean {
    return this === other;
  }
}

/** What a gRPC channel to an agent over TLS is made with. */

import { isIP } from 'node:net';
import { checkServerIdentity } from 'node:tls';
import { credentials, type ChannelCredentials, type ChannelOptions } from '@grpc/grpc-js';

export interface ChannelTls {
  /** PEM: who may have signed the agent's certificate; undefined: the authorities that Node knows. */
  readonly ca?: Buffer | undefined;
  /** PEM, of this client; both or none. */
  readonly cert?: Buffer | undefined;
  readonly key?: Buffer | undefined;
  /** The name that the agent's certificate must have; undefined: the host of the address. */
  readonly name?: string | undefined;
}

/** Not a name of anybody (RFC 6761): a server that chooses among certificates by name gives its usual one. */
const NO_NAME = 'agent.invalid';

/**
 * Credentials and options for `HOST:PORT`. TLS sends no address as server name (RFC 6066), and Node warns about it, which
 * grpc-js does not spare its users: so for an address another name is sent, and the certificate is still held against the
 * address.
 */
export function secureChannel(
  address: string,
  { ca, cert, key, name }: ChannelTls,
): { readonly credentials: ChannelCredentials; readonly options: ChannelOptions } {
  const host = name ?? /^\[?(.*?)\]?:\d+$/.exec(address)?.[1] ?? address;
  const sent = isIP(host) === 0 ? host : NO_NAME;
  return {
    credentials: credentials.createSsl(ca ?? null, key ?? null, cert ?? null, {
      checkServerIdentity: (_sent, certificate) => checkServerIdentity(host, certificate),
    }),
    options: { 'grpc.ssl_target_name_override': sent },
  };
}

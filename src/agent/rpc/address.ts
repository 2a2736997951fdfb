import { isIPv4 } from 'node:net';
import { KsmpilotError } from '../errors.js';

export interface HostPort {
  /** Without brackets. */
  readonly host: string;
  /** 0: the system chooses. */
  readonly port: number;
}

/** `HOST:PORT` or `[V6]:PORT`. @throws KsmpilotError CONFIG_INVALID naming the address. */
export function parseAddress(address: string): HostPort {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:\s[\]/]+)):(\d{1,5})$/.exec(address);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  if (host === undefined || !(port <= 65_535)) {
    throw new KsmpilotError('CONFIG_INVALID', `the address ${JSON.stringify(address)} is not HOST:PORT.`, {
      hint: 'For example 127.0.0.1:50576 or [::1]:50576.',
    });
  }
  return { host, port };
}

/** The address in the form that gRPC takes; `localhost` is pinned to IPv4 loopback, whatever a resolver says. */
export function formatAddress({ host, port }: HostPort): string {
  if (host === 'localhost') return `127.0.0.1:${port}`;
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Is this host reachable from this machine only (127.0.0.0/8, ::1)? A name other than `localhost` may be anything. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'));
}

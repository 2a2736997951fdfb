/** Addresses to bind to, and which `Host` headers belong to them. Pure. */

import { isIP } from 'node:net';
import { GatewayError } from './errors.js';

export interface HostPort {
  /** Without brackets. */
  readonly host: string;
  /** 0 to 65535; 0 lets the kernel choose. */
  readonly port: number;
}

export type Scheme = 'http' | 'https';

/** Splits `127.0.0.1:8576`, `localhost:8576` or `[::1]:8576`. Throws CONFIG_INVALID for anything else. */
export function parseHostPort(text: string): HostPort {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]/\s]+)):(\d{1,5})$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  if (host === undefined || !Number.isInteger(port) || port > 65_535) {
    throw new GatewayError(
      'CONFIG_INVALID',
      `"${text}" is not an address to serve the page on`,
      'Give HOST:PORT, such as 127.0.0.1:8576 or [::1]:8576.',
    );
  }
  return { host, port };
}

export function formatHostPort({ host, port }: HostPort): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** 127.0.0.0/8, ::1 and the name localhost. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

const LOOPBACK_NAMES = new Set(['127.0.0.1', 'localhost', '::1']);

/**
 * Whether a `Host` header names this server. A page of some other site that has its own name resolve to 127.0.0.1 (DNS
 * rebinding) sends that name here, and is refused. Where the server is bound to another address than loopback on
 * purpose, an IP address is let through as well: rebinding needs a name. With HTTPS, `isOurs` tells the names of the
 * certificate.
 */
export function isOurHost(
  header: string | undefined,
  bound: HostPort,
  { scheme = 'http', isOurs }: { readonly scheme?: Scheme; readonly isOurs?: (name: string) => boolean } = {},
): boolean {
  if (header === undefined) return false;
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]/\s@]+))(?::(\d{1,5}))?$/.exec(header);
  const name = (match?.[1] ?? match?.[2])?.toLowerCase();
  if (name === undefined) return false;
  if (Number(match?.[3] ?? (scheme === 'https' ? 443 : 80)) !== bound.port) return false;
  if (LOOPBACK_NAMES.has(name) || name === bound.host.toLowerCase()) return true;
  return isOurs?.(name) === true || (!isLoopback(bound.host) && isIP(name) !== 0);
}

/** Whether an `Origin` header, where there is one, is the very origin that `Host` names. `null` is a foreign origin. */
export function isOurOrigin(origin: string | undefined, host: string, scheme: Scheme = 'http'): boolean {
  return origin === undefined || origin.toLowerCase() === `${scheme}://${host.toLowerCase()}`;
}

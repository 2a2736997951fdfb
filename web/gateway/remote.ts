/** The client machine behind an address, for limits. Pure. */

import { isIPv6 } from 'node:net';
import { isLoopback } from './address.js';

/** Undefined: this host, whose users share an address. An IPv6 host has a whole /64 to choose from: that counts as one. */
export function remoteOf(address: string | undefined): string | undefined {
  const plain = (address ?? '').replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');
  if (plain === '' || isLoopback(plain)) return undefined;
  if (!isIPv6(plain)) return plain;
  const [head = '', tail] = plain.toLowerCase().split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => '0');
  return `${[...before, ...zeros, ...after].slice(0, 4).join(':')}::/64`;
}

/** Who is at the other end of a connection, as far as its address tells. Pure. */

import { isIPv4, isIPv6 } from 'node:net';
import { isLoopback } from './address.js';

/**
 * The client machine behind an address, for limits; undefined: this host.
 *
 * An IPv6 host has a whole /64 to choose addresses from, so that counts as one. An IPv4 address may arrive mapped.
 */
export function remoteOf(address: string | undefined): string | undefined {
  if (address === undefined || address === '') return undefined;
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');
  if (isLoopback(plain)) return undefined;
  if (isIPv4(plain) || !isIPv6(plain)) return plain;
  return `${networkOf(plain)}::/64`;
}

/** The first four of the eight groups, without leading zeros. */
function networkOf(address: string): string {
  const [head = '', tail] = address.toLowerCase().split('::');
  const groups = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - groups.length - after.length);
  const all = [...groups, ...Array.from({ length: zeros }, () => '0'), ...after];
  return all
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':');
}

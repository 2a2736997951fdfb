import { expect, test } from 'vitest';
import { remoteOf } from '../../../../src/agent/rpc/peer.js';
import { remoteOf as remoteOfPage } from '../../../../web/gateway/remote.js';

test.each([
  [undefined, undefined],
  ['', undefined],
  ['127.0.0.1', undefined],
  ['127.9.9.9', undefined],
  ['::1', undefined],
  ['::ffff:127.0.0.1', undefined],
  ['192.0.2.7', '192.0.2.7'],
  ['::ffff:192.0.2.7', '192.0.2.7'],
  ['2001:db8:1:2:aaaa:bbbb:cccc:dddd', '2001:db8:1:2::/64'],
  ['2001:db8:1:2::1', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
])('%s is %s, for gRPC and for the page', (address, remote) => {
  expect(remoteOf(address)).toBe(remote);
  expect(remoteOfPage(address)).toBe(remote);
});

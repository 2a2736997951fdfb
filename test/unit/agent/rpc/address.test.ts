import { expect, test } from 'vitest';
import { formatAddress, isLoopback, parseAddress } from '../../../../src/agent/rpc/address.js';

test.each([
  ['127.0.0.1:50576', '127.0.0.1', 50576, '127.0.0.1:50576', true],
  ['127.1.2.3:1', '127.1.2.3', 1, '127.1.2.3:1', true],
  ['[::1]:0', '::1', 0, '[::1]:0', true],
  ['localhost:80', 'localhost', 80, '127.0.0.1:80', true],
  ['0.0.0.0:80', '0.0.0.0', 80, '0.0.0.0:80', false],
  ['[::]:80', '::', 80, '[::]:80', false],
  ['192.168.0.7:65535', '192.168.0.7', 65535, '192.168.0.7:65535', false],
  ['127.0.0.1.example.org:80', '127.0.0.1.example.org', 80, '127.0.0.1.example.org:80', false],
])('%s', (text, host, port, formatted, loopback) => {
  expect(parseAddress(text)).toEqual({ host, port });
  expect(formatAddress({ host, port })).toBe(formatted);
  expect(isLoopback(host)).toBe(loopback);
});

test.each(['', '127.0.0.1', ':80', '127.0.0.1:', '127.0.0.1:65536', '::1:80', 'a b:80', 'unix:/tmp/x', 'http://x:80'])(
  'refuses %j and quotes it',
  (text) => {
    expect(() => parseAddress(text)).toThrow(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        message: expect.stringContaining(JSON.stringify(text)) as string,
      }),
    );
  },
);

import { describe, expect, it } from 'vitest';
import { formatHostPort, isLoopback, isOurHost, isOurOrigin, parseHostPort } from '../../../../web/gateway/address.js';

describe('parseHostPort', () => {
  it.each([
    ['127.0.0.1:8576', { host: '127.0.0.1', port: 8576 }],
    ['localhost:0', { host: 'localhost', port: 0 }],
    ['[::1]:80', { host: '::1', port: 80 }],
  ])('takes %s', (text, parts) => {
    expect(parseHostPort(text)).toEqual(parts);
    expect(formatHostPort(parts)).toBe(text);
  });

  it.each(['8576', '127.0.0.1', '::1:80', '127.0.0.1:65536', 'a b:1', '', ':1', 'x:-1'])('refuses "%s"', (text) => {
    expect(() => parseHostPort(text)).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }) as Error);
  });
});

describe('isLoopback', () => {
  it.each(['127.0.0.1', '127.9.9.9', '::1', 'localhost'])('%s is', (host) => expect(isLoopback(host)).toBe(true));
  it.each(['0.0.0.0', '10.0.0.1', '::', '127.evil.example', 'localhost.evil.example'])('%s is not', (host) =>
    expect(isLoopback(host)).toBe(false),
  );
});

describe('isOurHost', () => {
  const bound = { host: '127.0.0.1', port: 8576 };
  it.each(['127.0.0.1:8576', 'localhost:8576', 'LOCALHOST:8576', '[::1]:8576'])('takes %s', (header) =>
    expect(isOurHost(header, bound)).toBe(true),
  );
  it.each([
    undefined,
    '',
    'evil.example:8576',
    'localhost.evil.example:8576',
    '127.0.0.1:9999',
    '127.0.0.1',
    'localhost:8576@evil.example',
    'evil.example@localhost:8576',
    '10.0.2.2:8576',
    '2130706433:8576',
  ])('refuses %s', (header) => expect(isOurHost(header, bound)).toBe(false));

  it('takes port 80 unsaid', () => expect(isOurHost('localhost', { host: '127.0.0.1', port: 80 })).toBe(true));

  it('takes an address, never a foreign name, where it is bound beyond loopback', () => {
    const open = { host: '0.0.0.0', port: 8576 };
    expect(isOurHost('192.0.2.7:8576', open)).toBe(true);
    expect(isOurHost('evil.example:8576', open)).toBe(false);
    expect(isOurHost('hv-7:8576', { host: 'hv-7', port: 8576 })).toBe(true);
  });
});

describe('isOurOrigin', () => {
  it('takes none and its own, and nothing else', () => {
    expect(isOurOrigin(undefined, 'localhost:8576')).toBe(true);
    expect(isOurOrigin('http://localhost:8576', 'localhost:8576')).toBe(true);
    for (const origin of ['null', 'https://localhost:8576', 'http://localhost:80', 'http://evil.example']) {
      expect(isOurOrigin(origin, 'localhost:8576')).toBe(false);
    }
  });
});

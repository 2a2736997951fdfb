import { describe, expect, it } from 'vitest';
import { cookieName, dropCookie, readCookie, setCookie } from '../../../../../web/gateway/session/cookie.js';

describe('the cookie', () => {
  it('is kept from scripts and from other sites', () => {
    const name = cookieName({ port: 8576, secure: false });
    expect(setCookie(name, 'v', { secure: false })).toBe('ksmpilot-8576=v; Path=/; HttpOnly; SameSite=Strict');
    expect(dropCookie(name, { secure: false })).toBe('ksmpilot-8576=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0');
  });

  it('is bound to the host where there is TLS', () => {
    const name = cookieName({ port: 443, secure: true });
    expect(setCookie(name, 'v', { secure: true })).toBe(
      '__Host-ksmpilot-443=v; Path=/; HttpOnly; SameSite=Strict; Secure',
    );
  });

  it.each([
    ['ksmpilot-1=a', 'a'],
    ['x=1; ksmpilot-1=a; y=2', 'a'],
    ['ksmpilot-10=b', undefined],
    ['ksmpilot-1=a; ksmpilot-1=b', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('in %j is %j', (header, value) => expect(readCookie(header, 'ksmpilot-1')).toBe(value));
});

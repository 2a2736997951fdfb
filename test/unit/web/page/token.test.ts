import { afterEach, describe, expect, it, vi } from 'vitest';
import { takeToken } from '../../../../web/page/token.js';

afterEach(() => {
  vi.unstubAllGlobals();
});

/** Opens the page at an address; returns the token and the address that is left. */
function open(hash: string): readonly [token: string | undefined, left: string | undefined] {
  let left: string | undefined;
  vi.stubGlobal('location', { hash, pathname: '/', search: '' });
  vi.stubGlobal('history', { replaceState: (_state: unknown, _title: string, url: string) => (left = url) });
  return [takeToken(), left];
}

describe('a token in the address', () => {
  it.each([
    ['', undefined, undefined],
    ['#/tuner', undefined, undefined],
    ['#/guests?find=token', undefined, undefined],
    ['#token=abc', 'abc', '/'],
    ['#token=a%2Bb', 'a+b', '/'],
    ['#/tuner?token=abc', 'abc', '/#/tuner'],
    ['#/tuner?agent=hv-1&token=abc', 'abc', '/#/tuner?agent=hv-1'],
    ['#token=abc&agent=hv-1', 'abc', '/#/?agent=hv-1'],
    // Taken out of the address all the same.
    ['#token=', undefined, '/'],
    ['#token=a%20b', undefined, '/'],
  ])('%j is %j and leaves %j', (hash, token, left) => {
    expect(open(hash)).toEqual([token, left]);
  });
});

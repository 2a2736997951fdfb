import { describe, expect, it } from 'vitest';
import { mergeOf, modeOf, nothingOf, settingsOf, tokenOf } from '../../../../web/gateway/bodies.js';

describe('a body', () => {
  it('becomes a request', () => {
    expect(modeOf({ mode: 'advise' })).toBe('MODE_ADVISE');
    expect(mergeOf({ guest: 'k', merge: 'off' })).toEqual({ guest: 'k', merge: 'GUEST_MERGE_OFF', dry_run: false });
    expect(mergeOf({ guest: 'k', merge: 'restore', dry_run: true }).dry_run).toBe(true);
    expect(settingsOf({ tuner: { gib_per_core: 4, may_stop: false } })).toEqual({ gib_per_core: 4, may_stop: false });
    expect(tokenOf({ token: 'abc' })).toBe('abc');
    nothingOf({});
  });

  it.each([
    ['mode is missing', () => modeOf({})],
    ['mode is "constructor"', () => modeOf({ mode: 'constructor' })],
    ['unknown key "force"', () => modeOf({ mode: 'auto', force: true })],
    ['merge is "ON"', () => mergeOf({ guest: 'k', merge: 'ON' })],
    ['guest is missing', () => mergeOf({ merge: 'on' })],
    ['dry_run is "yes"', () => mergeOf({ guest: 'k', merge: 'on', dry_run: 'yes' })],
    ['tuner is missing', () => settingsOf({})],
    ['tuner is [1]', () => settingsOf({ tuner: [1] })],
    ['unknown setting "toString"', () => settingsOf({ tuner: { toString: 1 } })],
    ['unknown setting "_gib_per_core"', () => settingsOf({ tuner: { _gib_per_core: 'gib_per_core' } })],
    ['tuner.gib_per_core is "8"', () => settingsOf({ tuner: { gib_per_core: '8' } })],
    ['tuner.may_start is 1', () => settingsOf({ tuner: { may_start: 1 } })],
    ['unknown key "x"', () => nothingOf({ x: 1 })],
    ['token is missing', () => tokenOf({ token: 'a b' })],
    ['token is missing', () => tokenOf({ token: 'x'.repeat(513) })],
  ])('is refused: %s', (message, read) => expect(read).toThrow(message));
});

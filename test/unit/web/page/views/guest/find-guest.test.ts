import { describe, expect, it } from 'vitest';
import type { GuestList__Output } from '../../../../../../proto/generated/ksmpilot/v1/GuestList.js';
import { findGuest, identityOf } from '../../../../../../web/page/views/guest/find-guest.js';

const LIST = {
  time_ms: 1,
  guests: [
    { key: 'libvirt/a#5.100', identity: 'libvirt/a' },
    { key: 'docker/b#c#9.3', identity: 'docker/b#c' },
  ],
  rest: null,
  pending: 0,
} as unknown as GuestList__Output;

describe('the guest that an address means', () => {
  it('is the run that it names', () => {
    expect(findGuest(LIST, 'libvirt/a#5.100')).toMatchObject({ state: 'running', restarted: false });
  });

  it('is a later run of the same guest, which is said', () => {
    expect(findGuest(LIST, 'libvirt/a#1.50')).toMatchObject({
      state: 'running',
      restarted: true,
      guest: { key: 'libvirt/a#5.100' },
    });
  });

  it('may be named by its identity alone', () => {
    expect(findGuest(LIST, 'docker/b#c')).toMatchObject({ restarted: false, guest: { key: 'docker/b#c#9.3' } });
  });

  it('is gone, or not known yet', () => {
    expect(findGuest(LIST, 'libvirt/z#1.1')).toEqual({ state: 'gone' });
    expect(findGuest(undefined, 'libvirt/a#5.100')).toEqual({ state: 'waiting' });
    expect(findGuest({ ...LIST, time_ms: 0, guests: [] }, 'x')).toEqual({ state: 'waiting' });
  });

  it('has its history under its identity', () => {
    expect(identityOf('docker/b#c#9.3')).toBe('docker/b#c');
    expect(identityOf('libvirt/a')).toBe('libvirt/a');
  });
});

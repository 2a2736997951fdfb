/** Which guest an address means. Pure. */

import type { Guest__Output } from '../../../../proto/generated/ksmpilot/v1/Guest.js';
import type { GuestList__Output } from '../../../../proto/generated/ksmpilot/v1/GuestList.js';

export type Found =
  /** The agent has not said yet who is there. */
  | { readonly state: 'waiting' }
  /** This run of the guest, or (`restarted`) a later one. */
  | { readonly state: 'running'; readonly guest: Guest__Output; readonly restarted: boolean }
  | { readonly state: 'gone' };

/** @param key a guest's `key`, or its `identity` */
export function findGuest(list: GuestList__Output | undefined, key: string): Found {
  if (list === undefined || list.time_ms === 0) return { state: 'waiting' };
  const exact = list.guests.find((guest) => guest.key === key);
  if (exact !== undefined) return { state: 'running', guest: exact, restarted: false };
  const identity = identityOf(key);
  const other = list.guests.find((guest) => guest.identity === key || guest.identity === identity);
  return other === undefined
    ? { state: 'gone' }
    : { state: 'running', guest: other, restarted: other.identity !== key };
}

/** `libvirt/UUID` of `libvirt/UUID#START.PID`: what the history is kept under. */
export function identityOf(key: string): string {
  return key.replace(/#[^#]*$/, '');
}

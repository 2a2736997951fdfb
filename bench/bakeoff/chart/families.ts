import { isFixed, OURS } from '../compare.js';
import type { Color } from './colors.js';
import type { Marker } from './svg.js';

/** Policies of one kind share a colour and a shape in all charts. */
export interface Family {
  readonly label: string;
  readonly color: Color;
  readonly marker: Marker;
  readonly has: (policy: string) => boolean;
}

const KSMTUNED_RULE = ['ksmtuned', 'ksmtuned-forced', 'ovirt', 'kubevirt', 'proxmox'];

/** In the order in which they are drawn: ours last, on top. */
export const FAMILIES: readonly Family[] = [
  { label: 'off', color: 'grey', marker: 'bar', has: (policy) => policy === 'off' },
  { label: 'fixed setting', color: 'green', marker: 'square', has: isFixed },
  { label: "ksmtuned's rule", color: 'vermilion', marker: 'diamond', has: (policy) => KSMTUNED_RULE.includes(policy) },
  { label: "kata's rule", color: 'sky', marker: 'cross', has: (policy) => policy.startsWith('kata') },
  { label: 'kernel advisor', color: 'purple', marker: 'plus', has: (policy) => policy.startsWith('advisor') },
  { label: 'kernel default', color: 'orange', marker: 'triangle', has: (policy) => policy === 'default' },
  { label: OURS, color: 'blue', marker: 'circle', has: (policy) => policy === OURS },
];

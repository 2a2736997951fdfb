/** Guests as the policy sees them, and what it does with them. Types only. */

import type { GuestKind, MergeState } from '../model/guest.js';

export interface PolicyGuest {
  readonly key: string;
  readonly identity: string;
  readonly kind: GuestKind;
  readonly name: string;
  readonly id: string;
  /** Is its memory offered to KSM? Of a QEMU whose memory was switched off `on` may remain, for a heap of its own. */
  readonly merge: MergeState | null;
  readonly mergeableBytes: number | null;
  readonly worthCores: number | null;
  readonly mergesTotal: number | null;
  readonly cowBreaksTotal: number | null;
  readonly mergeLifetimeP50Sec: number | null;
  /** Who has set its merging through ksmpilot; null: nobody. */
  readonly heldBy: 'policy' | 'operator' | null;
  /** Can ksmpilot switch it? Where not, why. null: not looked at. */
  readonly control: { readonly switchable: boolean; readonly why: string } | null;
}

export type PolicyRule = 'never-merge' | 'group' | 'opt-out';

/** One guest to be switched. */
export interface PolicyAction {
  readonly key: string;
  readonly name: string;
  readonly goal: 'off' | 'restore';
  /** Of a restore, undefined: nothing is against its merging any more. */
  readonly rule: PolicyRule | undefined;
  readonly reason: string;
}

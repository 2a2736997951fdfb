/** What the policy for guests does and says, as events and answers have it. Types only; src/agent/policy decides. */

import type { Mode } from '../../tuner/types.js';

/** Something that the policy did or has to say about one guest. */
export interface GuestPolicyStep {
  readonly key: string;
  readonly name: string;
  /** `would-...`: in auto mode it would. `soon`: if it goes on so. `by-hand`: not from here. `left`: to the operator. */
  readonly what: 'off' | 'restored' | 'would-off' | 'would-restore' | 'soon' | 'by-hand' | 'left' | 'failed';
  /** undefined: nothing is against its merging any more. */
  readonly rule: 'never-merge' | 'group' | 'opt-out' | 'leaving' | undefined;
  readonly reason: string;
}

export interface GuestPolicyAnswer {
  /** Do the settings ask for anything? */
  readonly active: boolean;
  readonly mode: Mode;
  /** The group whose guests merge on this host. */
  readonly mergingGroup: string | undefined;
  readonly rows: readonly GuestPolicyRow[];
}

export interface GuestPolicyRow {
  readonly key: string;
  readonly name: string;
  readonly kind: string;
  readonly group: string | undefined;
  readonly wish: 'off' | 'leave';
  readonly rule: string | undefined;
  readonly reason: string;
  /** As PolicyRow of src/agent/policy/decide.ts. */
  readonly standing: string;
  /** Wall clock, milliseconds. */
  readonly dueMs: number | undefined;
}

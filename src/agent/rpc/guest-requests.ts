/** Requests about guests and replays checked field by field. Pure. */

import type { GuestRequest__Output } from '../../../proto/generated/ksmpilot/v1/GuestRequest.js';
import type { SetGuestMergeRequest__Output } from '../../../proto/generated/ksmpilot/v1/SetGuestMergeRequest.js';
import type { WhatIfRequest__Output } from '../../../proto/generated/ksmpilot/v1/WhatIfRequest.js';
import { POLICY_FORMS, policyNamed } from '../../tuner/sim/named-policies.js';
import type { TunerSettings } from '../../tuner/types.js';
import { KsmpilotError } from '../errors.js';
import type { MergeGoal } from '../model/guest-answer.js';

/** Identities hold a name of 120 characters, a domain with a container's name, and the run. */
const GUEST_MAX = 1024;

const LOOK_BACK_SEC = 900;
const LOOK_BACK_MAX_SEC = 86_400;
/** A table for people has no more rows. */
const POLICIES_MAX = 12;

function invalid(field: string, message: string): KsmpilotError {
  return new KsmpilotError('REQUEST_INVALID', `${field} ${message}`, {
    hint: 'proto/ksmpilot/v1/ksmpilot.proto says what each field may hold.',
  });
}

export function readGuest({ guest }: Pick<GuestRequest__Output, 'guest'>): string {
  if (guest === '') throw invalid('guest', 'must name a guest.');
  if (guest.length > GUEST_MAX) throw invalid('guest', `must have at most ${GUEST_MAX} characters.`);
  return guest;
}

export function readMergeGoal({ merge }: SetGuestMergeRequest__Output): MergeGoal {
  switch (merge) {
    case 'GUEST_MERGE_ON':
      return 'on';
    case 'GUEST_MERGE_OFF':
      return 'off';
    case 'GUEST_MERGE_RESTORE':
      return 'restore';
    default:
      throw invalid('merge', `must be GUEST_MERGE_ON, GUEST_MERGE_OFF or GUEST_MERGE_RESTORE, not ${merge}.`);
  }
}

export interface WhatIfQuestion {
  readonly lookBackSec: number;
  /** Empty: the usual ones. */
  readonly policies: readonly string[];
}

/** @param settings under which a name is tried */
export function readWhatIf(request: WhatIfRequest__Output, settings: TunerSettings): WhatIfQuestion {
  const { look_back_sec: seconds } = request;
  if (seconds > LOOK_BACK_MAX_SEC) {
    throw invalid('look_back_sec', `must be 0 to ${LOOK_BACK_MAX_SEC}, not ${seconds}.`);
  }
  const policies = [...new Set(request.policies)];
  if (policies.length > POLICIES_MAX) throw invalid('policies', `must be at most ${POLICIES_MAX}.`);
  const unknown = policies.find((name) => policyNamed(name, settings) === undefined);
  if (unknown !== undefined) {
    throw invalid('policies', `must be of ${POLICY_FORMS.join(', ')}, not ${JSON.stringify(unknown.slice(0, 40))}.`);
  }
  return { lookBackSec: seconds === 0 ? LOOK_BACK_SEC : seconds, policies };
}

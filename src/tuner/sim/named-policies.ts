/** Policies by the name that an operator gives them. */

import type { TunerSettings } from '../types.js';
import { advisor } from './advisor.js';
import { capPolicy } from './cap-policy.js';
import { KSMTUNED, KSMTUNED_FORCED } from './ksmtuned.js';
import { pairsPolicy } from './pairs-policy.js';
import { ksmpilot } from './pilot-policy.js';
import { fixed, KERNEL_DEFAULT, OFF, starter, type PolicyStart } from './policy.js';

/** How names are written; for help texts. */
export const POLICY_FORMS = [
  'off',
  'default',
  'ksmtuned',
  'ksmtuned:forced',
  'advisor',
  'advisor:SECONDS',
  'fixed:PAGES/SLEEP',
  'cap',
  'pairs:SECONDS',
  'ksmpilot',
];

const MAX_KNOB = 2 ** 31 - 1;

/** Undefined: there is no such policy. Numbers as the kernel would take them. */
export function policyNamed(name: string, settings: TunerSettings): PolicyStart | undefined {
  switch (name) {
    case 'off':
      return starter(OFF);
    case 'default':
      return starter(fixed('default', { run: 1, ...KERNEL_DEFAULT }));
    case 'ksmtuned':
      return starter(KSMTUNED);
    case 'ksmtuned:forced':
      return starter(KSMTUNED_FORCED);
    case 'cap':
      return starter(capPolicy(settings.maxCpuPct));
    case 'advisor':
      return starter(advisor());
    case 'ksmpilot':
      return starter(ksmpilot(settings));
    default:
      return withNumbers(name, settings);
  }
}

function withNumbers(name: string, settings: TunerSettings): PolicyStart | undefined {
  const pair = /^fixed:(\d{1,10})\/(\d{1,10})$/.exec(name);
  if (pair !== null) {
    const [pages_to_scan, sleep_millisecs] = [Number(pair[1]), Number(pair[2])];
    if (pages_to_scan < 1 || pages_to_scan > MAX_KNOB || sleep_millisecs > MAX_KNOB) return undefined;
    return starter(fixed(name, { run: 1, pages_to_scan, sleep_millisecs }));
  }
  const every = Number(/^pairs:(\d{1,6})$/.exec(name)?.[1] ?? 0);
  if (every >= 1) return starter(pairsPolicy(every, settings.maxCpuPct));
  const target = /^advisor:(\d{1,6})$/.exec(name);
  const targetSec = Number(target?.[1] ?? 0);
  return targetSec >= 1 ? starter(advisor(targetSec)) : undefined;
}

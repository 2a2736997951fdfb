import type { Policy } from '../types.js';
import { advisor, advisorNamed } from './advisor.js';
import { cap } from './cap.js';
import { fixedNamed, kernelDefault, off } from './fixed.js';
import { kata } from './kata.js';
import { ksmpilot } from './ksmpilot.js';
import { ksmtuned, ksmtunedForced, proxmox } from './ksmtuned.js';
import { kubevirt } from './kubevirt.js';
import { ovirt } from './ovirt.js';

const NAMED: readonly Policy[] = [
  off,
  kernelDefault,
  ksmtuned,
  ksmtunedForced,
  advisor,
  ovirt,
  kubevirt,
  proxmox,
  kata,
  cap,
  ksmpilot,
];

/** The policy of that name, also `fixed:PAGES/MILLISECONDS` and `advisor:SECONDS` with any numbers. */
export function policyNamed(name: string): Policy | undefined {
  return NAMED.find((policy) => policy.name === name) ?? fixedNamed(name) ?? advisorNamed(name);
}

/** All that a full run plays. The best of the advisor's targets and of the fixed settings is known in hindsight only. */
export const POLICY_NAMES: readonly string[] = [
  'off',
  'default',
  'ksmtuned',
  'ksmtuned-forced',
  'advisor',
  'advisor:60',
  'advisor:20',
  'advisor:5',
  'ovirt',
  'kubevirt',
  'proxmox',
  'kata',
  'fixed:25/20',
  'fixed:400/20',
  'fixed:1250/10',
  'fixed:2500/10',
  'fixed:5000/10',
  'cap',
  'ksmpilot',
];

/** Those of the run that decides about acceptance. */
export const CORE_POLICIES: readonly string[] = [
  'off',
  'default',
  'ksmtuned',
  'advisor',
  'fixed:1250/10',
  'fixed:5000/10',
  'ksmpilot',
];

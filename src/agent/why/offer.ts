/** Memory that KSM was not offered. Pure. */

import { bytes } from '../../tuner/format.js';
import type { GuestKind } from '../model/guest.js';
import { offerCure, optionCure } from './cure.js';
import type { Evidence } from './evidence.js';
import { because, type Reason } from './reason.js';
import { MIB } from './share.js';

/** Where some memory is offered, less than this part of the private memory is not worth a word. */
const LEAST_PART = 0.1;

/** A monitor's own heap, stacks and translated code, which are never offered. */
const MONITOR_BYTES = 64 * MIB;

/** Kinds whose main process is a virtual machine monitor. */
const MACHINES: ReadonlySet<GuestKind> = new Set([
  'qemu',
  'libvirt',
  'openstack',
  'kubevirt',
  'proxmox',
  'kata',
  'cloud-hypervisor',
  'firecracker',
]);

export function notOffered(evidence: Evidence): Reason | undefined {
  const { memory, options, guest, pageSize } = evidence;
  const { offered, unoffered } = memory;
  if (unoffered === 0) return undefined;
  const least = MACHINES.has(guest.kind) && options.mergeOff === undefined ? MONITOR_BYTES : MIB;
  const few = unoffered < LEAST_PART * (offered + unoffered) || unoffered * pageSize < least;
  if (offered > 0 && few) return undefined;
  const size = bytes(unoffered * pageSize);
  const facts = [
    { what: 'private, not offered', value: unoffered * pageSize, unit: 'bytes', source: 'smaps, VmFlags without mg' },
    { what: 'offered', value: offered * pageSize, unit: 'bytes', source: 'smaps, VmFlags with mg' },
  ] as const;
  if (options.mergeOff !== undefined) {
    return because('merge_option_off', {
      sentence: `QEMU was started with ${options.mergeOff}, so ${size} of private memory are not offered to KSM.`,
      evidence: [{ what: 'option', value: options.mergeOff, source: 'cmdline' }, ...facts],
      cure: optionCure(guest),
      bytes: unoffered * pageSize,
      bound: 'exact',
    });
  }
  return because('not_offered', {
    sentence: `${size} of private memory were not offered to KSM (no madvise, no prctl).`,
    evidence: facts,
    cure: offerCure(guest),
    bytes: unoffered * pageSize,
    bound: 'exact',
  });
}

import { describe, expect, it } from 'vitest';
import { GUEST_KINDS } from '../../../../src/agent/model/guest.js';
import { callName, hugetlbCure, offerCure, optionCure, pinCure, sharedCure } from '../../../../src/agent/why/cure.js';
import { GUEST } from '../../../helpers/why-evidence.js';

describe.each(GUEST_KINDS)('%s', (kind) => {
  it('has a cure for each, in one or more whole sentences', () => {
    const guest = { ...GUEST, kind, id: '104' };
    for (const cure of [optionCure, offerCure, sharedCure, hugetlbCure, pinCureOf]) {
      expect(cure(guest)).toMatch(/^\S.{10,}[.]$/);
      expect(cure(guest)).not.toMatch(/undefined|VMID/);
    }
  });
});

function pinCureOf(guest: typeof GUEST): string {
  return pinCure(guest, true);
}

it("speaks the manager's own words", () => {
  expect(optionCure({ ...GUEST, kind: 'libvirt' })).toContain('<nosharepages/>');
  expect(optionCure({ ...GUEST, kind: 'proxmox', id: '104' })).toContain('qm set 104 --allow-ksm 1');
  expect(offerCure({ ...GUEST, kind: 'service' })).toContain('MemoryKSM=yes');
  expect(offerCure({ ...GUEST, kind: 'cloud-hypervisor' })).toContain('mergeable=on');
  expect(hugetlbCure({ ...GUEST, kind: 'openstack' })).toContain('hw:mem_page_size');
});

it.each([
  ['web-1', 'web-1'],
  ['a b', '4711'],
  ['-rf', '4711'],
  ['$(reboot)', '4711'],
])('a guest called %j is called %j', (name, called) => {
  expect(callName({ ...GUEST, name })).toBe(called);
});

/** What to set, in the words of whoever manages the guest. Pure. */

import type { GuestFacts } from './evidence.js';

/** A word that every shell takes as it stands; guests choose their names. */
const PLAIN = /^[\w.@:][\w.@:-]*$/;

/** How to name the guest on ksmpilot's command line. */
export function callName({ name, pids }: GuestFacts): string {
  return PLAIN.test(name) ? name : String(pids[0] ?? 'PID');
}

/** QEMU takes it while it runs, by whichever way its manager allows. */
function whileItRuns(guest: GuestFacts): string {
  return `While it runs: \`ksmpilot guest ${callName(guest)} merge on\`.`;
}

/** QEMU was told not to merge. */
export function optionCure(guest: GuestFacts): string {
  switch (guest.kind) {
    case 'libvirt':
    case 'openstack':
    case 'kubevirt':
      return `Remove <nosharepages/> from the domain's <memoryBacking> and start it anew. ${whileItRuns(guest)}`;
    case 'proxmox':
      return `qm set ${vmid(guest)} --allow-ksm 1, and start it anew. ${whileItRuns(guest)}`;
    default:
      return `Start it without that option. ${whileItRuns(guest)}`;
  }
}

/** Nobody offered the memory. */
export function offerCure(guest: GuestFacts): string {
  switch (guest.kind) {
    case 'qemu':
    case 'libvirt':
    case 'openstack':
    case 'kubevirt':
    case 'proxmox':
    case 'kata':
      return `QEMU offers a guest's memory unless told not to, so it was switched off meanwhile. ${whileItRuns(guest)}`;
    case 'cloud-hypervisor':
      return 'Start it with --memory mergeable=on,shared=off.';
    case 'firecracker':
      return 'Firecracker has no option for it: its launcher calls prctl(PR_SET_MEMORY_MERGE, 1) before exec (Linux 6.7).';
    case 'service':
      return 'MemoryKSM=yes in the unit (systemd 254, Linux 6.7), and restart it.';
    case 'docker':
    case 'podman':
    case 'kubernetes':
    case 'containerd':
    case 'lxc':
    case 'nspawn':
      return (
        'Its program or its entry point calls prctl(PR_SET_MEMORY_MERGE, 1) (Linux 6.7 keeps it over exec), or the ' +
        "runtime's own service has MemoryKSM=yes, for all that it starts."
      );
    default:
      return (
        'The program calls madvise(MADV_MERGEABLE) on it, or its launcher prctl(PR_SET_MEMORY_MERGE, 1) before exec ' +
        '(Linux 6.7); of a systemd service: MemoryKSM=yes.'
      );
  }
}

/** Mapped shared. */
export function sharedCure({ kind }: GuestFacts): string {
  switch (kind) {
    case 'libvirt':
    case 'openstack':
      return "<access mode='private'/> in <memoryBacking>, without source type memfd. vhost-user and virtiofs need it shared.";
    case 'kubevirt':
      return 'virtiofs needs shared memory: use a block volume instead, where the guest can do without.';
    case 'qemu':
    case 'kata':
    case 'proxmox':
      return 'share=off at the memory backend (memfd is shared unless told). vhost-user and virtiofs need it shared.';
    case 'cloud-hypervisor':
      return '--memory shared=off,mergeable=on. vhost-user and virtiofs need it shared.';
    default:
      return 'None from outside: the program maps it so, and whoever maps the same memory shares it anyway.';
  }
}

/** Huge pages of the pool. */
export function hugetlbCure(guest: GuestFacts): string {
  const instead = 'Transparent huge pages do merge: ksmd splits them.';
  switch (guest.kind) {
    case 'libvirt':
      return `Remove <hugepages/> from <memoryBacking> and start it anew. ${instead}`;
    case 'openstack':
      return `A flavor without hw:mem_page_size. ${instead}`;
    case 'kubevirt':
      return `Remove spec.domain.memory.hugepages. ${instead}`;
    case 'proxmox':
      return `qm set ${vmid(guest)} --delete hugepages, and start it anew. ${instead}`;
    case 'cloud-hypervisor':
      return `--memory hugepages=off. ${instead}`;
    case 'qemu':
    case 'kata':
      return `Start it without hugetlb=on and without a mem-path in hugetlbfs. ${instead}`;
    default:
      return `Let the program map ordinary memory. ${instead}`;
  }
}

export function pinCure(guest: GuestFacts, passedThrough: boolean): string {
  if (!passedThrough) return 'RDMA, io_uring or the like of this program pins it: do not offer that memory to KSM.';
  return (
    'A virtio device instead of the one handed through. Where it must stay, do not offer this memory: ' +
    `\`ksmpilot guest ${callName(guest)} merge off\`, mem-merge=off for good.`
  );
}

function vmid({ id }: GuestFacts): string {
  return /^\d+$/.test(id) ? id : 'VMID';
}

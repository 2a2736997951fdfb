import { expect, it } from 'vitest';
import { readQemuMemory, type QemuMemory } from '../../../../src/agent/why/qemu-memory.js';

it.each<[string, readonly string[], QemuMemory]>([
  ['nothing', ['-m', '1024', '-machine', 'q35,accel=kvm'], {}],
  ['the machine', ['-machine', 'q35,mem-merge=off,accel=kvm'], { mergeOff: '-machine mem-merge=off' }],
  ['-M is the same', ['-M', 'pc,mem-merge=no'], { mergeOff: '-machine mem-merge=off' }],
  ['on is on', ['-machine', 'pc,mem-merge=on'], {}],
  [
    'a backend',
    ['-object', 'memory-backend-ram,id=pc.ram,size=1G,merge=off'],
    { mergeOff: '-object memory-backend-ram,id=pc.ram,merge=off' },
  ],
  [
    "libvirt's JSON",
    ['-object', '{"qom-type":"memory-backend-file","id":"ram","mem-path":"/dev/hugepages/1","share":true,"size":1}'],
    {
      shared: '-object memory-backend-file,id=ram,share=on',
      backing: '-object memory-backend-file,id=ram,mem-path=/dev/hugepages/1',
    },
  ],
  [
    'a memfd is shared unless told',
    ['-object', 'memory-backend-memfd,id=m,size=1G'],
    {
      shared: '-object memory-backend-memfd,id=m,...',
    },
  ],
  ['and not where told', ['-object', 'memory-backend-memfd,id=m,size=1G,share=off'], {}],
  [
    'a memfd of huge pages',
    ['-object', 'memory-backend-memfd,id=m,share=no,hugetlb=on'],
    { backing: '-object memory-backend-memfd,id=m,hugetlb=on' },
  ],
  ['a path', ['-mem-path', '/dev/hugepages'], { backing: '-mem-path /dev/hugepages' }],
  ['a device', ['-device', 'vfio-pci,host=0000:01:00.0'], { vfio: '-device vfio-pci' }],
  ['a device in JSON', ['-device', '{"driver":"vfio-pci","host":"0000:01:00.0"}'], { vfio: '-device vfio-pci' }],
  ['another object', ['-object', 'iothread,id=io1,share=on'], {}],
  ['the first of each kind', ['-device', 'vfio-pci', '-device', 'vfio-ap'], { vfio: '-device vfio-pci' }],
  ['what stands as an argument of another option', ['-append', '-mem-path', '/x'], {}],
  ['broken JSON', ['-object', '{"qom-type":"memory-backend-ram","merge":fal'], {}],
  ['JSON that is no object', ['-device', '{}', '-object', '{"qom-type":7}'], {}],
  ['bytes that no terminal should get', ['-mem-path', '/x\u001b[31m'], { backing: '-mem-path /x%1B[31m' }],
])('%s', (_, args, expected) => {
  expect(readQemuMemory(args)).toEqual(expected);
});

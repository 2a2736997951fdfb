import { describe, expect, it } from 'vitest';
import { dependencies, loadOrder } from '../../../../scripts/kernels/modules.mjs';

describe('loadOrder', () => {
  const needs: Record<string, string[] | undefined> = {
    virtio_blk: ['virtio', 'virtio_ring'],
    virtio_pci: ['virtio_ring', 'virtio'],
    virtio: ['virtio_ring'],
    virtio_ring: [],
  };

  it('puts each module once, after all that it needs', () => {
    expect(loadOrder(['virtio_blk', 'virtio_pci'], (name) => needs[name])).toEqual([
      'virtio_ring',
      'virtio',
      'virtio_blk',
      'virtio_pci',
    ]);
  });

  it('leaves out what is built into the kernel', () => {
    const order = loadOrder(['virtio_blk', 'virtio_pci'], (name) => (name === 'virtio_blk' ? ['virtio'] : undefined));
    expect(order).toEqual(['virtio_blk']);
  });
});

describe('dependencies', () => {
  it.each([
    ['\x7fELF..\0license=GPL\0depends=virtio,virtio_ring\0retpoline=Y\0', ['virtio', 'virtio_ring']],
    ['\0depends=ccp,kvm\0', ['ccp', 'kvm']],
    ['\0depends=\0', []],
  ])('of .modinfo %j', (text, names) => {
    expect(dependencies(Buffer.from(text, 'latin1'))).toEqual(names);
  });
});

import { closeSync, mkdirSync, openSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { KsmpilotError } from '../../../../src/agent/errors.js';
import {
  parseList,
  parsePinnedBytes,
  readMemoryNodes,
  readPinnedBytes,
  readProcessKsm,
  readVfioFiles,
} from '../../../../src/agent/kernel/why-facts.js';
import { put, temporaryFolder, thrownBy } from '../../../helpers/kernel-tree.js';

function rootWithFds(...targets: readonly string[]): string {
  const root = temporaryFolder();
  mkdirSync(join(root, 'proc/42/fd'), { recursive: true });
  targets.forEach((target, fd) => symlinkSync(target, join(root, 'proc/42/fd', String(fd))));
  return root;
}

describe('files of VFIO', () => {
  it('are found among others, each once', () => {
    const root = rootWithFds(
      '/dev/null',
      '/dev/vfio/vfio',
      '/dev/vfio/12',
      '/dev/vfio/12',
      '/dev/vfio/devices/vfio0',
      'anon_inode:kvm-vfio',
      'anon_inode:[vfio-device]',
      '/dev/iommu',
      'anon_inode:kvm-vcpu:0',
      '/home/dev/vfio/12',
    );
    expect([...(readVfioFiles(root, 42) as string[])].sort()).toEqual([
      '/dev/iommu',
      '/dev/vfio/12',
      '/dev/vfio/devices/vfio0',
      'anon_inode:[vfio-device]',
      'anon_inode:kvm-vfio',
    ]);
  });

  it('are bounded', () => {
    expect(readVfioFiles(rootWithFds(...Array.from({ length: 20 }, (_, at) => `/dev/vfio/${at}`)), 42)).toHaveLength(8);
  });

  it('of a process that has ended are gone; of this one there are none', () => {
    expect(readVfioFiles(temporaryFolder(), 42)).toBe('gone');
    const fd = openSync('/dev/null', 'r');
    expect(readVfioFiles('/', process.pid)).toEqual([]);
    closeSync(fd);
  });
});

describe('pinned memory', () => {
  it('is read of the sample, in bytes', () => {
    expect(parsePinnedBytes('Name:\tqemu\nVmLck:\t       8 kB\nVmPin:\t 2097152 kB\n', 'status')).toEqual({
      locked: 8192,
      pinned: 2 ** 31,
    });
  });

  it('is unknown of what has no memory, and of a process that has ended', () => {
    expect(parsePinnedBytes('Name:\tkthreadd\n', 'status')).toBeUndefined();
    expect(readPinnedBytes(temporaryFolder(), 42)).toBeUndefined();
  });

  it('is an error where the unit is another', () => {
    expect(thrownBy(() => parsePinnedBytes('VmLck:\t 1 MB\nVmPin:\t 1 kB\n', 'status'))).toBeInstanceOf(KsmpilotError);
  });

  it('is there for this very process', () => {
    expect(readPinnedBytes('/', process.pid)?.pinned).toBeGreaterThanOrEqual(0);
  });
});

describe("KSM's figures of a process", () => {
  it('come from ksm_stat', () => {
    const root = temporaryFolder();
    put(root, 'proc/42/ksm_stat', 'ksm_rmap_items 10\nksm_zero_pages 1\nksm_merging_pages 7\n');
    expect(readProcessKsm(root, 42)).toEqual({ ksm_rmap_items: 10, ksm_zero_pages: 1, ksm_merging_pages: 7 });
  });

  it('come from ksm_merging_pages where ksm_stat has no merges (6.1) or is not there (5.19)', () => {
    const root = temporaryFolder();
    put(root, 'proc/42/ksm_stat', 'ksm_rmap_items 10\n');
    put(root, 'proc/42/ksm_merging_pages', '7\n');
    put(root, 'proc/43/ksm_merging_pages', '8\n');
    expect(readProcessKsm(root, 42)).toEqual({ ksm_rmap_items: 10, ksm_merging_pages: 7 });
    expect(readProcessKsm(root, 43)).toEqual({ ksm_merging_pages: 8 });
  });

  it('are unknown, not zero, on an older kernel, and undefined of a process that has ended', () => {
    const root = temporaryFolder();
    put(root, 'proc/42/stat', '42 (qemu) S');
    expect(readProcessKsm(root, 42)).toEqual({});
    expect(readProcessKsm(root, 43)).toBeUndefined();
  });
});

describe('nodes with memory', () => {
  it.each([
    ['0', 1],
    ['0-1', 2],
    ['0-1,4', 3],
    ['0,2,8-11', 6],
  ])('%s: %i', (text, count) => {
    expect(parseList(text, 'has_memory')).toBe(count);
  });

  it('are one where the kernel knows of none', () => {
    expect(readMemoryNodes(temporaryFolder())).toBe(1);
  });

  it('are an error where the list is none', () => {
    expect(thrownBy(() => parseList('0-x', 'has_memory'))).toBeInstanceOf(KsmpilotError);
  });
});

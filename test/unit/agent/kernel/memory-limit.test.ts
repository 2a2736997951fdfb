import { expect, it } from 'vitest';
import { readMemoryRoom } from '../../../../src/agent/kernel/memory-limit.js';
import { put, temporaryFolder, thrownBy } from '../../../helpers/kernel-tree.js';

function limit(root: string, group: string, max: string, current: number, inactive?: number): void {
  const dir = `sys/fs/cgroup${group}`;
  put(root, `${dir}/memory.max`, `${max}\n`);
  put(root, `${dir}/memory.current`, `${current}\n`);
  if (inactive !== undefined) put(root, `${dir}/memory.stat`, `anon 5\ninactive_file ${inactive}\nactive_file 9\n`);
}

it('is the least of the group and those above, with the file pages that can go', () => {
  const root = temporaryFolder();
  limit(root, '/machine.slice', '1000', 600, 100);
  limit(root, '/machine.slice/vm.scope', '900', 200);
  expect(readMemoryRoom('0::/machine.slice/vm.scope\n', root)).toEqual({
    group: '/machine.slice',
    limitBytes: 1000,
    roomBytes: 500,
  });
  limit(root, '/machine.slice/vm.scope', '250', 200, 10);
  expect(readMemoryRoom('0::/machine.slice/vm.scope\n', root)).toEqual({
    group: '/machine.slice/vm.scope',
    limitBytes: 250,
    roomBytes: 60,
  });
});

it('is none where nothing limits', () => {
  const root = temporaryFolder();
  limit(root, '/a', 'max', 600);
  expect(readMemoryRoom('0::/a/b\n', root)).toBeUndefined();
  expect(readMemoryRoom('0::/\n', root)).toBeUndefined();
  expect(readMemoryRoom('12:memory:/machine/x\n', root)).toBeUndefined();
  expect(readMemoryRoom('', root)).toBeUndefined();
});

it('is never below 0, and takes no other text for a limit', () => {
  const root = temporaryFolder();
  limit(root, '/a', '100', 600);
  expect(readMemoryRoom('0::/a', root)?.roomBytes).toBe(0);
  limit(root, '/a', 'much', 600);
  expect(thrownBy(() => readMemoryRoom('0::/a', root))).toMatchObject({ code: 'KSM_FILE_MALFORMED' });
});

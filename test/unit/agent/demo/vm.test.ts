import { describe, expect, it } from 'vitest';
import { vmArguments } from '../../../../src/agent/demo/vm.js';

const host = {
  qemu: '/usr/bin/qemu-system-x86_64',
  setpriv: '/bin/setpriv',
  kernel: '/boot/vmlinuz',
  busybox: '/bin/busybox',
};

describe('the command line of QEMU', () => {
  const args = vmArguments({ host, name: 'demo-vm-1', memoryMib: 192, root: '/proc/7/fd/20' });
  const after = (flag: string): string | undefined => args[args.indexOf(flag) + 1];

  it('names the machine as libvirt does, for ps and for whoever reads /proc', () => {
    expect(after('-name')).toBe('guest=demo-vm-1,process=demo-vm-1,debug-threads=on');
  });

  it('makes its memory mergeable, and needs no virtualisation', () => {
    expect(after('-machine')).toContain('mem-merge=on');
    expect(after('-accel')).toMatch(/^tcg\b/);
    expect(after('-m')).toBe('192');
  });

  it('ends it with us, and at a panic', () => {
    expect(args.slice(0, 3)).toEqual(['--pdeathsig', 'KILL', host.qemu]);
    expect(args).toContain('-no-reboot');
    expect(after('-append')).toContain('panic=-1');
  });

  it('gives it no network, no screen and no devices of the host', () => {
    expect(args).toContain('-nodefaults');
    expect(args.filter((arg) => /^-(nic|net|netdev|drive|device)$/.test(arg))).toEqual(['-nic']);
    expect(after('-nic')).toBe('none');
  });
});

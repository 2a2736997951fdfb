import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { chooseGuest, listGuests } from '../../../../src/agent/guest-control/find-guest.js';
import type { GuestIdentity, GuestKind } from '../../../../src/agent/model/guest.js';
import { put, temporaryFolder, thrownBy } from '../../../helpers/kernel-tree.js';

function guest(kind: GuestKind, id: string, name: string, ...pids: readonly number[]): GuestIdentity {
  const identity = `${kind}/${id}`;
  return { kind, name, id, identity, key: `${identity}#1.${pids[0] ?? 0}`, pids, startTicks: 1, doubts: [] };
}

const WEB = guest('qemu', 'uuid-1', 'web', 10, 11);
const VM100 = guest('proxmox', '100', 'db', 20);
const OTHER = guest('docker', 'abc', 'web', 30);
const PID100 = guest('process', '100@5', 'bash', 100);
const SHELL = guest('process', '101@5', 'bash', 101);
const LONE = guest('process', '102@5', 'db', 102);
const ALL = [WEB, VM100, OTHER, PID100, SHELL, LONE];

describe('a guest is chosen', () => {
  it.each([
    ['uuid-1', WEB],
    ['qemu/uuid-1', WEB],
    ['10', WEB],
    ['11', WEB],
    ['20', VM100],
    ['proxmox/100', VM100],
    ['abc', OTHER],
    ['101', SHELL],
    ['101@5', SHELL],
    // A process of that name is not meant where a guest has it.
    ['db', VM100],
  ])('by %s', (text, chosen) => {
    expect(chooseGuest(ALL, text)).toBe(chosen);
  });

  it('never by half', () => {
    expect(thrownBy(() => chooseGuest(ALL, 'web'))).toMatchObject({
      code: 'GUEST_AMBIGUOUS',
      message: '2 guests are meant: qemu/uuid-1 (web, pid 10), docker/abc (web, pid 30)',
    });
    // The VMID of one is the pid of another.
    expect(thrownBy(() => chooseGuest(ALL, '100'))).toMatchObject({ code: 'GUEST_AMBIGUOUS' });
    expect(thrownBy(() => chooseGuest(ALL, 'bash'))).toMatchObject({ code: 'GUEST_AMBIGUOUS' });
    for (const text of ['we', '', '0', '999999']) {
      expect(thrownBy(() => chooseGuest(ALL, text))).toMatchObject({ code: 'GUEST_ABSENT' });
    }
  });

  it('from a list that is cut', () => {
    const many = Array.from({ length: 30 }, (_, at) => guest('qemu', `id-${at}`, 'same', at + 1));
    expect(thrownBy(() => chooseGuest(many, 'same'))).toMatchObject({
      message: expect.stringMatching(/^30 guests are meant: .*id-9 \(same, pid 10\) and 20 more$/) as string,
    });
  });
});

it('finds every guest of a host, however many processes', () => {
  const root = temporaryFolder();
  for (let pid = 1; pid <= 350; pid++) {
    put(root, `proc/${pid}/stat`, `${pid} (x) S 0 1 1 0 -1 4194560 0 0 0 0 0 0 0 0 20 0 1 0 ${pid} 0 0\n`);
    put(root, `proc/${pid}/cgroup`, '0::/\n');
    put(root, `proc/${pid}/cmdline`, pid === 317 ? '/usr/bin/qemu-system-x86_64\0-name\0far\0' : 'x\0');
    symlinkSync(pid === 317 ? '/usr/bin/qemu-system-x86_64' : '/bin/x', join(root, `proc/${pid}/exe`));
  }
  put(root, 'proc/351/stat', '351 (ksmd) S 2 0 0 0 -1 2129984 0 0 0 0 0 0 0 0 25 5 1 0 351 0 0\n');
  const guests = listGuests(root);
  expect(guests.length).toBe(350);
  expect(chooseGuest(guests, 'far')).toMatchObject({ kind: 'qemu', pids: [317] });
});

it('finds this very process', () => {
  expect(chooseGuest(listGuests(), String(process.pid)).pids).toContain(process.pid);
});

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { group } from '../../../../src/agent/guests/group.js';
import { identify } from '../../../../src/agent/guests/identify.js';
import { Succession } from '../../../../src/agent/guests/succession.js';
import type { GuestIdentity, ProcessFacts } from '../../../../src/agent/model/guest.js';

const FOLDER = fileURLToPath(new URL('../../../fixtures/guests', import.meta.url));

/** One file of test/fixtures/guests: processes as they look on such a host, and the guests that they are. */
interface Fixture {
  readonly about: string;
  readonly processes: readonly (Omit<ProcessFacts, 'cmdline' | 'cgroup' | 'kernelThread'> & {
    readonly argv?: readonly string[];
    readonly cgroup: readonly string[];
    readonly kernelThread?: boolean;
  })[];
  readonly guests: readonly (Pick<GuestIdentity, 'kind' | 'name' | 'id' | 'pids'> & Partial<GuestIdentity>)[];
}

const files = readdirSync(FOLDER).filter((file) => file.endsWith('.json'));
const fixtures = files.map((file) => ({
  file,
  fixture: JSON.parse(readFileSync(join(FOLDER, file), 'utf8')) as Fixture,
}));

function factsOf({ argv, cgroup, kernelThread, ...rest }: Fixture['processes'][number]): ProcessFacts {
  return {
    ...rest,
    kernelThread: kernelThread ?? false,
    ...(argv === undefined ? {} : { cmdline: argv.map((arg) => `${arg}\0`).join('') }),
    cgroup: cgroup.map((line) => `${line}\n`).join(''),
  };
}

function guestsOf(facts: readonly ProcessFacts[]): readonly GuestIdentity[] {
  return new Succession().name(group(facts.map(identify)), 0, 0);
}

describe('guests on hosts as they are', () => {
  test.each(fixtures)('$file: $fixture.about', ({ fixture }) => {
    const guests = guestsOf(fixture.processes.map(factsOf));
    const told = guests.map(({ kind, name, id, pids }) => ({ kind, name, id, pids }));
    const expected = fixture.guests.map(({ kind, name, id, pids }) => ({ kind, name, id, pids }));
    expect(told.sort(byPid)).toEqual(expected.sort(byPid));
    for (const wanted of fixture.guests) {
      const guest = guests.find(({ pids }) => pids[0] === wanted.pids[0]);
      expect(guest).toMatchObject(wanted);
    }
  });

  test.each(fixtures)('$file: the order of the processes says nothing', ({ fixture }) => {
    const facts = fixture.processes.map(factsOf);
    expect(guestsOf([...facts].reverse())).toEqual(guestsOf(facts));
  });
});

describe('bad input', () => {
  const base = { pid: 7, startTicks: 70, ppid: 1, uid: 0, kernelThread: false, comm: 'x' };
  const word = fc.constantFrom(
    ...[
      '-name',
      '-uuid',
      '--id',
      'guest=',
      ',',
      '\0',
      '/',
      '=',
      'qemu-kvm',
      '/run/vc/vm/',
      'sandbox-',
      '\xff',
      '\n',
      '%',
    ],
  );
  const text = fc.oneof(
    fc.uint8Array({ maxLength: 60 }).map((array) => Buffer.from(array).toString('latin1')),
    fc.array(word, { maxLength: 12 }).map((words) => words.join('')),
  );

  test('any bytes anywhere give one guest with a printable name and id', () => {
    const exe = fc.constantFrom(undefined, '/usr/bin/qemu-system-x86_64', '/cloud-hypervisor', '/firecracker', '\xff');
    fc.assert(
      fc.property(text, text, text, exe, (comm, cmdline, cgroup, program) => {
        const facts = {
          ...base,
          comm,
          cmdline,
          cgroup: `0::/${cgroup}`,
          ...(program === undefined ? {} : { exe: program }),
        };
        const [guest, ...more] = guestsOf([facts]);
        expect(more).toEqual([]);
        for (const shown of [guest?.name, guest?.id, guest?.identity])
          expect(shown).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u);
        expect(guest?.id).not.toBe('');
        expect(guest?.pids).toEqual([7]);
      }),
      { numRuns: 500 },
    );
  });

  test('a machine is never in another guest, whatever both say', () => {
    const qemu = fc.array(text, { maxLength: 4 }).map((args) => ['qemu-kvm', ...args].join('\0'));
    const places = fc.constantFrom(
      '0::/',
      '0::/qemu.slice/1.scope',
      '0::/machine.slice/machine-qemu\\x2d1\\x2da.scope',
    );
    fc.assert(
      fc.property(qemu, qemu, places, places, (first, second, here, there) => {
        const exe = '/usr/bin/qemu-kvm';
        const guests = guestsOf([
          { ...base, exe, cmdline: first, cgroup: here },
          { ...base, pid: 8, ppid: 7, startTicks: 71, exe, cmdline: second, cgroup: there },
        ]);
        expect(guests.map(({ pids }) => pids)).toEqual([[7], [8]]);
        expect(new Set(guests.map(({ identity }) => identity)).size).toBe(2);
        expect(new Set(guests.map(({ key }) => key)).size).toBe(2);
      }),
    );
  });

  test('what may not be read is unknown, and says so', () => {
    const [guest] = guestsOf([{ ...base, comm: 'java', refused: 'EACCES' }]);
    expect(guest).toMatchObject({ kind: 'unknown', name: 'java', id: '7@70' });
    expect(guest?.doubts[0]).toContain('EACCES');
  });

  test('a monitor of which only name and cgroup are readable is told by its cgroup', () => {
    const cgroup = '0::/machine.slice/machine-qemu\\x2d4\\x2dweb.scope';
    const [guest] = guestsOf([{ ...base, comm: 'qemu-system-x86', cgroup, refused: 'EACCES' }]);
    expect(guest).toMatchObject({ kind: 'libvirt', name: 'web', id: 'web', identity: 'libvirt/web' });
    expect(guest?.doubts).toHaveLength(1);
  });

  test('a cgroup of another machine is a doubt, and its name does not win trust', () => {
    const cmdline = 'qemu-kvm\0-name\0guest=bank\0-pidfile\0/var/lib/libvirt/qemu/domain-1-bank/x\0';
    const cgroup = '0::/machine.slice/machine-qemu\\x2d4\\x2dweb.scope';
    const [guest] = guestsOf([{ ...base, uid: 107, exe: '/usr/bin/qemu-kvm', comm: 'kvm', cmdline, cgroup }]);
    expect(guest).toMatchObject({ name: 'bank', identity: 'libvirt/bank@107' });
    expect(guest?.doubts).toEqual(['Its cgroup is that of the machine qemu-4-web.']);
  });

  test('a command line that was cut still names its guest', () => {
    const cmdline = `qemu-kvm\0-name\0web\0${'-device\0x\0'.repeat(1000)}-dev`;
    expect(guestsOf([{ ...base, exe: '/usr/bin/qemu-kvm', cmdline }])[0]?.name).toBe('web');
  });
});

function byPid(a: { pids: readonly number[] }, b: { pids: readonly number[] }): number {
  return (a.pids[0] ?? 0) - (b.pids[0] ?? 0);
}

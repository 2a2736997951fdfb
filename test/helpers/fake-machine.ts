import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { GuestIdentity } from '../../src/agent/model/guest.js';
import { FakeQmp, type FakeObject, type FakeQmpOptions } from './fake-qmp.js';
import { copiedTree, put } from './kernel-tree.js';

const PID = 4242;
const START = 777;
const MIB = 2 ** 20;

export interface FakeMachineOptions extends FakeQmpOptions {
  readonly mergingPages?: number;
  readonly availableBytes?: number;
  /** The kernel does not follow what QEMU is told. */
  readonly deaf?: boolean;
}

/** A host of files with one QEMU on it, whose monitor is a socket that works: merge properties move its smaps. */
export class FakeMachine {
  readonly root: string;
  readonly socket: string;
  readonly qmp: FakeQmp;
  readonly objects: Record<string, FakeObject>;
  readonly guest: GuestIdentity = {
    kind: 'qemu',
    name: 'web',
    id: 'web',
    identity: 'qemu/web',
    key: `qemu/web#${START}.${PID}`,
    pids: [PID],
    startTicks: START,
    doubts: [],
  };

  private constructor(root: string, socket: string, qmp: FakeQmp, objects: Record<string, FakeObject>) {
    this.root = root;
    this.socket = socket;
    this.qmp = qmp;
    this.objects = objects;
  }

  static async start(objects: Record<string, FakeObject>, options: FakeMachineOptions = {}): Promise<FakeMachine> {
    const root = copiedTree('6.18');
    const dir = `proc/${PID}`;
    const socket = join(root, 'a.qmp');
    put(root, `${dir}/stat`, `${PID} (kvm) S 1 1 1 0 -1 4194560 0 0 0 0 0 0 0 0 20 0 1 0 ${START} 0 0\n`);
    put(root, `${dir}/cgroup`, '0::/vm.scope\n');
    put(root, `${dir}/cmdline`, ['kvm', '-name', 'web', '-qmp', `unix:${socket},server=on`, ''].join('\0'));
    put(root, `${dir}/pagemap`, '');
    put(
      root,
      `${dir}/ksm_stat`,
      `ksm_rmap_items 9\nksm_zero_pages 10\nksm_merging_pages ${options.mergingPages ?? 256}\n`,
    );
    put(
      root,
      'proc/meminfo',
      `MemTotal: ${(64 * 2 ** 30) / 1024} kB\nMemAvailable: ${(options.availableBytes ?? 32 * 2 ** 30) / 1024} kB\n`,
    );
    symlinkSync('/usr/bin/qemu-system-x86_64', join(root, dir, 'exe'));
    symlinkSync('/', join(root, dir, 'root'));
    const smaps = (): void => {
      writeFileSync(join(root, dir, 'smaps'), smapsOf(objects));
    };
    smaps();
    const qmp = await FakeQmp.listen(socket, {
      name: 'web',
      ...options,
      objects,
      onSet: (...set) => {
        if (options.deaf !== true) smaps();
        options.onSet?.(...set);
      },
    });
    onTestFinished(() => qmp[Symbol.asyncDispose]());
    return new FakeMachine(root, socket, qmp, objects);
  }

  /** Limits the guest's control group. */
  limit(roomBytes: number): void {
    put(this.root, 'sys/fs/cgroup/vm.scope/memory.max', `${1024 * MIB}\n`);
    put(this.root, 'sys/fs/cgroup/vm.scope/memory.current', `${1024 * MIB - roomBytes}\n`);
  }

  /** Another process gets the pid. */
  restart(): void {
    put(this.root, `proc/${PID}/stat`, `${PID} (kvm) S 1 1 1 0 -1 4194560 0 0 0 0 0 0 0 0 20 0 1 0 ${START + 1} 0 0\n`);
  }
}

/** One area for each backend, and one of 2 MiB of QEMU's own that is always offered. */
function smapsOf(objects: Record<string, FakeObject>): string {
  let at = 0x7f0000000000;
  const area = (bytes: number, flags: string): string => {
    const text = `${at.toString(16)}-${(at + bytes).toString(16)} rw-p 00000000 00:00 0 \nRss: 4 kB\nAnonymous: 8 kB\nVmFlags: ${flags} \n`;
    at += bytes;
    return text;
  };
  const backends = Object.values(objects)
    .filter(({ size }) => size !== undefined)
    .map(({ size, merge, share }) =>
      area(Number(size), share === true ? 'rd wr sh mr mw me ms' : `rd wr mr mw me ac${merge === true ? ' mg' : ''}`),
    );
  return [area(2 * MIB, 'rd wr mr mw me ac mg'), ...backends].join('');
}

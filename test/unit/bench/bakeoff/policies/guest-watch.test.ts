import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { GuestWatch } from '../../../../../bench/bakeoff/policies/guest-watch.js';

let proc: string;
beforeEach(() => {
  proc = mkdtempSync(join(tmpdir(), 'ksmpilot-proc-'));
  mkdirSync(join(proc, 'self'));
});
afterEach(() => rmSync(proc, { recursive: true }));

function run(pid: number, ...argv: string[]): void {
  mkdirSync(join(proc, String(pid)), { recursive: true });
  writeFileSync(join(proc, String(pid), 'cmdline'), argv.map((word) => `${word}\0`).join(''));
}
const guest = (pid: number): void => run(pid, 'qemu-system-x86_64', '-name', 'a', '-enable-kvm');
const end = (pid: number): void => rmSync(join(proc, String(pid)), { recursive: true });

it('tells guests that started and ended since the last look', () => {
  const watch = new GuestWatch({ proc });
  guest(10);
  guest(11);
  expect(watch.look()).toEqual({ started: 2, ended: 0 });
  expect(watch.look()).toEqual({ started: 0, ended: 0 });
  guest(12);
  end(10);
  expect(watch.look()).toEqual({ started: 1, ended: 1 });
});

it('sees only what ksmtuned takes for a guest', () => {
  run(20, '/usr/bin/qemu-system-x86_64', '-enable-kvm'); // a path before the name
  run(21, 'qemu-system-x86_64', '-accel', 'kvm');
  run(22, 'vim', 'qemu-system-x86_64', '-enable-kvm');
  run(23); // a kernel thread
  mkdirSync(join(proc, '24')); // gone between the two reads
  expect(new GuestWatch({ proc }).look()).toEqual({ started: 0, ended: 0 });
});

it('sees a guest that has its parent’s command line for a moment', () => {
  const watch = new GuestWatch({ proc });
  run(30, 'node', 'bench');
  expect(watch.look().started).toBe(0);
  guest(30);
  expect(watch.look().started).toBe(1);
  end(30);
  expect(watch.look().ended).toBe(1);
});

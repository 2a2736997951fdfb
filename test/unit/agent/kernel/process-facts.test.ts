import { chmodSync, readFileSync, readlinkSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { parsePidStat } from '../../../../src/agent/kernel/pid.js';
import { CMDLINE_MAX, glanceAtProcess, readProcessFacts } from '../../../../src/agent/kernel/process-facts.js';
import { put, temporaryFolder, withoutRoot } from '../../../helpers/kernel-tree.js';

const STAT = '42 (a) b) S 7 42 42 0 -1 4194560 0 0 0 0 0 0 0 0 20 0 1 0 1234 0 0\n';

function tree(): string {
  const root = temporaryFolder();
  put(root, 'proc/42/stat', STAT);
  put(root, 'proc/42/cmdline', 'kvm\0-name\0x\0');
  put(root, 'proc/42/cgroup', '0::/qemu.slice/100.scope\n');
  symlinkSync('/usr/bin/kvm', join(root, 'proc/42/exe'));
  return root;
}

describe('the facts of one process', () => {
  test('all of them', () => {
    expect(readProcessFacts(tree(), 42, 1234)).toEqual({
      state: 'read',
      facts: {
        pid: 42,
        startTicks: 1234,
        ppid: 7,
        kernelThread: false,
        comm: 'a) b',
        uid: process.getuid?.(),
        exe: '/usr/bin/kvm',
        cmdline: 'kvm\0-name\0x\0',
        cgroup: '0::/qemu.slice/100.scope\n',
      },
    });
  });

  test('bytes stay bytes, in names, links and command lines', () => {
    const root = temporaryFolder();
    put(root, 'proc/42/stat', STAT.replace('a) b', 'é'));
    put(root, 'proc/42/cmdline', 'é\0');
    const reading = readProcessFacts(root, 42, 1234);
    expect(reading).toMatchObject({ state: 'read', facts: { comm: '\xc3\xa9', cmdline: '\xc3\xa9\0' } });
  });

  test('another start time: the pid is used again, so the process has gone', () => {
    expect(readProcessFacts(tree(), 42, 1235)).toEqual({ state: 'gone' });
    expect(readProcessFacts(tree(), 43, 1234)).toEqual({ state: 'gone' });
  });

  test('a kernel thread has neither binary nor command line', () => {
    const root = tree();
    rmSync(join(root, 'proc/42/exe'));
    put(root, 'proc/42/cmdline', '');
    put(root, 'proc/42/stat', STAT.replace('4194560', '2129984'));
    const reading = readProcessFacts(root, 42, 1234);
    expect(reading).toMatchObject({ state: 'read', facts: { kernelThread: true, cmdline: '' } });
    expect(reading).not.toHaveProperty('facts.exe');
    expect(reading).not.toHaveProperty('facts.refused');
  });

  test('a command line is read up to its bound', () => {
    const root = tree();
    put(root, 'proc/42/cmdline', 'x'.repeat(CMDLINE_MAX + 5000));
    const reading = readProcessFacts(root, 42, 1234);
    expect(reading.state === 'read' && reading.facts.cmdline?.length).toBe(CMDLINE_MAX);
  });

  test('what may not be read is left out, with the reason; without stat nothing is known', () => {
    const root = tree();
    chmodSync(join(root, 'proc/42/cmdline'), 0);
    withoutRoot(() => {
      const reading = readProcessFacts(root, 42, 1234);
      expect(reading).toMatchObject({
        state: 'read',
        facts: { refused: 'EACCES', cgroup: '0::/qemu.slice/100.scope\n' },
      });
      expect(reading).not.toHaveProperty('facts.cmdline');
    });
    chmodSync(join(root, 'proc/42'), 0);
    withoutRoot(() => {
      expect(readProcessFacts(root, 42, 1234)).toEqual({ state: 'refused', errno: 'EACCES' });
    });
    chmodSync(join(root, 'proc/42'), 0o755);
  });

  test('a stat that is none', () => {
    const root = tree();
    put(root, 'proc/42/stat', 'garbage');
    expect(readProcessFacts(root, 42, 1234).state).toBe('refused');
  });

  test('this very process, from the kernel', () => {
    const start = parsePidStat(readFileSync('/proc/self/stat', 'latin1'), 'stat').startTicks;
    const reading = readProcessFacts('/', process.pid, start);
    expect(reading).toMatchObject({ state: 'read', facts: { pid: process.pid, uid: process.geteuid?.() } });
    expect(reading.state === 'read' && reading.facts.exe).toBe(readlinkSync('/proc/self/exe'));
    expect(readProcessFacts('/', process.pid, start + 1)).toEqual({ state: 'gone' });
  });
});

test('a glance takes name, start and binary; what cannot be read is nobody', () => {
  const root = tree();
  const glance = { pid: 42, startTicks: 1234, comm: 'a) b', kernelThread: false, exe: '/usr/bin/kvm' };
  expect(glanceAtProcess(root, 42)).toEqual(glance);
  expect(glanceAtProcess(root, 43)).toBeUndefined();
  put(root, 'proc/42/stat', 'garbage');
  expect(glanceAtProcess(root, 42)).toBeUndefined();
});

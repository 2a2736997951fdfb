import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { KsmpilotError } from '../../../../src/agent/errors.js';
import { HeldRecords } from '../../../../src/agent/kernel/held-records.js';

const openFiles = (): number => readdirSync('/proc/self/fd').length;

describe('HeldRecords', () => {
  let child: ChildProcess;
  let pid: number;
  let path: string;

  beforeEach(() => {
    child = spawn('sleep', ['60']);
    pid = child.pid ?? 0;
    path = `/proc/${pid}/stat`;
  });

  afterEach(() => child.kill('SIGKILL'));

  async function endChild(): Promise<void> {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }

  it('reads a held file as the kernel prints it now', () => {
    const records = new HeldRecords();
    records.hold(process.pid, '/proc/self/stat');
    const before = records.read(process.pid, '/proc/self/stat');
    for (const until = process.cpuUsage().user + 30_000; process.cpuUsage().user < until;);
    const after = records.read(process.pid, '/proc/self/stat');
    expect(after?.split(' ')[0]).toBe(String(process.pid));
    expect(after).not.toBe(before);
    records.release(process.pid);
  });

  it('knows the end of the process, and takes no other for it', async () => {
    const records = new HeldRecords();
    records.hold(pid, path);
    expect(records.read(pid, path)).toContain('(sleep)');
    await endChild();
    expect(records.read(pid, '/proc/self/stat')).toContain(`${process.pid} (`); // as if the pid were taken again
    expect(records.holds(pid)).toBe(false);
    expect(records.read(pid, path)).toBeUndefined();
  });

  it('holds no more than it may, and gives back what it held', () => {
    const before = openFiles();
    const records = new HeldRecords(1);
    records.hold(pid, path);
    records.hold(pid, path);
    records.hold(process.pid, '/proc/self/stat');
    expect([...records.pids]).toEqual([pid]);
    expect(openFiles()).toBe(before + 1);
    expect(records.read(process.pid, '/proc/self/stat')).toContain(`${process.pid} (`);
    records.release(pid);
    expect(openFiles()).toBe(before);
  });

  it('lets go of all of them for good when descriptors run out', () => {
    const before = openFiles();
    const records = new HeldRecords();
    records.hold(pid, path);
    records.yieldAfter(new Error('of something else'));
    expect(records.holds(pid)).toBe(true);
    const cause = Object.assign(new Error('EMFILE: too many open files'), { code: 'EMFILE' });
    records.yieldAfter(new KsmpilotError('KSM_FILE_UNREADABLE', 'reading failed', { cause }));
    records.hold(pid, path);
    expect(openFiles()).toBe(before);
    expect(records.read(pid, path)).toContain('(sleep)');
  });

  it('holds nothing outside procfs, where a file that is removed would still read', () => {
    const dir = mkdtempSync(join(tmpdir(), 'ksmpilot-held-'));
    try {
      const file = join(dir, 'stat');
      writeFileSync(file, 'one');
      const records = new HeldRecords();
      records.hold(pid, file);
      rmSync(file);
      expect([records.holds(pid), records.read(pid, file)]).toEqual([false, undefined]);
    } finally {
      rmSync(dir, { recursive: true });
    }
  });
});

import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { GuestWatch } from '../../../src/agent/guest-watch.js';
import type { Point } from '../../../src/agent/model/derived.js';
import type { ProcessRaw } from '../../../src/agent/model/raw.js';
import { RecordingLog, testPoint } from '../../helpers/agent-port.js';

let root: string;
let log: RecordingLog & { debug: () => void };

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'ksmpilot-guest-watch-'));
  mkdirSync(join(root, 'proc'));
  log = Object.assign(new RecordingLog(), { debug: () => undefined });
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

function watch(): GuestWatch {
  return new GuestWatch({ root, pageSize: 4096, gibPerCore: () => 8, log });
}

/** A process's folder; `stat` as the kernel writes it unless told otherwise. */
function process(pid: number, cmdline: string, parts: { readonly stat?: string; readonly exe?: string } = {}): void {
  const dir = join(root, 'proc', String(pid));
  mkdirSync(dir);
  const fields = ['S', '1', '1', '1', '0', '-1', '4194560', ...Array<string>(12).fill('0'), String(pid), '0'];
  writeFileSync(join(dir, 'stat'), parts.stat ?? `${pid} (qemu) ${fields.join(' ')}\n`);
  writeFileSync(join(dir, 'cmdline'), cmdline);
  writeFileSync(join(dir, 'cgroup'), '0::/\n');
  symlinkSync(parts.exe ?? '/usr/bin/qemu-system-x86_64', join(dir, 'exe'));
}

function point(seq: number, processes: readonly ProcessRaw[]): Point {
  const base = testPoint(seq, {}, { ksm: { pages_shared: 10, pages_sharing: 90, ksm_zero_pages: 0 } });
  return { ...base, sample: { ...base.sample, seesOffers: true, processes } };
}

const raw = (pid: number): ProcessRaw => ({ pid, startTicks: pid, comm: 'qemu', ksm_merging_pages: 100 });

test('names who saves, and machines that KSM has nothing to do with', () => {
  process(200, 'qemu\0-name\0guest=web\0');
  process(300, 'qemu\0-name\0idle\0');
  process(400, 'sh\0', { exe: '/bin/sh' });
  const guests = watch();
  expect(guests.table).toBeUndefined();
  guests.update(point(0, [raw(200)]));
  expect(guests.table?.guests.map(({ name, savedBytes, merge }) => [name, savedBytes, merge])).toEqual([
    ['web', 90 * 4096, 'on'],
    ['idle', null, 'off'],
  ]);
  expect(guests.table?.timeMs).toBe(point(0, []).sample.timeMs);
  expect(log.lines).toEqual([]);
});

test('a /proc that cannot be listed costs the machines beside KSM alone, and is said once', () => {
  process(200, 'qemu\0-name\0web\0');
  const guests = watch();
  const list = join(root, 'proc');
  rmSync(list, { recursive: true });
  writeFileSync(list, 'not a folder');
  for (let seq = 0; seq < 3; seq++) guests.update(point(seq * 20, [raw(200)]));
  expect(guests.table?.guests).toEqual([expect.objectContaining({ kind: 'unknown', name: 'qemu' })]);
  expect(log.lines.map(({ level, message }) => [level, message])).toEqual([['warn', 'looking for machines failed']]);
  rmSync(list);
  mkdirSync(list);
  process(200, 'qemu\0-name\0web\0');
  guests.update(point(100, [raw(200)]));
  expect(guests.table?.guests[0]).toMatchObject({ kind: 'qemu', name: 'web' });
  expect(log.lines.at(-1)).toMatchObject({ level: 'info', message: 'looking for machines works again' });
});

test.each([
  ['a stat that is none', { stat: 'garbage' }],
  ['an empty stat', { stat: '' }],
  ['a stat with letters for numbers', { stat: '200 (qemu) S x 1 1 0 -1 y 0 0 0 0 0 0 0 0 0 0 0 0 z 0' }],
])('%s: the process is unknown and the others are not', (_name, parts) => {
  process(200, 'qemu\0-name\0web\0', parts);
  process(300, 'qemu\0-name\0db\0');
  const guests = watch();
  guests.update(point(0, [raw(200), raw(300)]));
  const named = guests.table?.guests.map(({ kind, name }) => `${kind} ${name}`).sort();
  expect(named).toEqual(['qemu db', 'unknown qemu']);
  const saved = (guests.table?.guests ?? []).reduce((sum, { savedBytes }) => sum + (savedBytes ?? 0), 0);
  expect(saved + (guests.table?.rest.savedBytes ?? 0)).toBe(90 * 4096);
});

test('a process that has ended since the sample is no guest; what it saved is in the rest', () => {
  const guests = watch();
  guests.update(point(0, [raw(200)]));
  expect(guests.table?.guests).toEqual([]);
  expect(guests.table?.rest.savedBytes).toBe(90 * 4096);
  expect(log.lines).toEqual([]);
});

test('folders and bytes where files and words are expected', () => {
  process(200, '\xff\0-name\0\u001b[2J\0');
  rmSync(join(root, 'proc/200/cgroup'));
  mkdirSync(join(root, 'proc/200/cgroup'));
  mkdirSync(join(root, 'proc/999999999999'));
  mkdirSync(join(root, 'proc/-1'));
  const guests = watch();
  guests.update(point(0, [raw(200)]));
  expect(guests.table?.guests[0]).toMatchObject({ kind: 'qemu', name: expect.stringMatching(/^[ -~]+$/) as string });
  expect(guests.table?.guests[0]?.doubts.join()).toContain('EISDIR');
  expect(log.lines).toEqual([]);
});

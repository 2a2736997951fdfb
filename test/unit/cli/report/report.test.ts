import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { formatBytes, formatCount } from '../../../../src/cli/format.js';
import { registerReport } from '../../../../src/cli/report.js';
import { formatCoreHours, formatFigure, formatTime } from '../../../../src/cli/report/document.js';
import { runCli, type CliResult } from '../../../helpers/cli.js';
import { FakeAgent } from '../../../helpers/fake-agent.js';
import { HistoryFolder, MIDNIGHT, TestStore } from '../../../helpers/history.js';
import { startHarness } from '../../../helpers/rpc.js';

const GIB = 2 ** 30;
const HOUR = 3_600_000;
/** A midnight that is over. */
const BEGIN = MIDNIGHT - 345_600_000 * 100;

interface Json {
  readonly hostname: string | null;
  readonly saving: Readonly<Record<string, number>>;
  readonly worth: Readonly<Record<string, number>>;
  readonly cost: Readonly<Record<string, number | null>>;
  readonly price: { readonly gib_per_core: number; readonly from: string };
  readonly guests: readonly Readonly<Record<string, number | string | null>>[] | null;
  readonly room: Readonly<Record<string, number>> | null;
  readonly risk: Readonly<Record<string, number>>;
  readonly decisions: { readonly decisions: number };
  readonly advice: readonly { readonly code: string; readonly sentence: string; readonly cure: string }[];
  readonly courses: readonly { readonly values: readonly (number | null)[] }[];
  readonly covered_sec: number;
  readonly gaps: readonly string[];
  readonly holes: readonly { readonly from_ms: number; readonly to_ms: number }[];
}

describe('from an agent', () => {
  let agent: FakeAgent;
  let address: string;
  beforeAll(async () => {
    agent = new FakeAgent({ pastSec: 40 * 86_400 });
    address = `127.0.0.1:${await agent.start()}`;
  });
  afterAll(() => agent.stop());
  const report = (...args: string[]): Promise<CliResult> =>
    runCli(registerReport, ['report', '--agent', address, ...args]);

  // A span that is over: the same figures at every call.
  const DAY = ['--since', '3d', '--until', '2d'] as const;

  test('the same figures in every format', async () => {
    const span = past(3, 2);
    const json = JSON.parse((await report(...span, '--format', 'json')).out) as Json;
    const { saving, cost, worth, guests, risk, room } = json;
    const figures = [
      formatBytes(Math.round(saving['average_bytes'] ?? 0)),
      formatBytes(Math.round(saving['peak_bytes'] ?? 0)),
      formatTime(saving['peak_ms'] ?? 0),
      `${formatFigure((saving['byte_hours'] ?? 0) / GIB)} GiB-hours`,
      `${formatFigure(cost['ksmd_cpu_sec'])} CPU-seconds`,
      formatCount(cost['cow_breaks']),
      formatCoreHours(worth['net_core_hours']),
      formatBytes(risk['worst_needed_bytes']),
      formatCount(room?.['with_ksm']),
      formatCount(room?.['safe']),
      formatCount(json.decisions.decisions),
      ...(guests ?? []).flatMap((guest) => [
        formatBytes(Math.round(Number(guest['average_bytes']))),
        formatCount(Number(guest['cow_breaks'])),
      ]),
      ...json.advice.map(({ sentence }) => sentence),
    ];
    expect(figures.length).toBeGreaterThan(15);
    expect(figures).not.toContain('-');
    for (const format of ['text', 'md', 'html']) {
      const { out, err, code } = await report(...span, '--format', format);
      expect({ code, err }).toEqual({ code: 0, err: '' });
      const plain = format === 'md' ? out.replaceAll('\\', '') : out;
      for (const figure of figures) expect(plain, `${format}: ${figure}`).toContain(figure);
    }
  }, 60_000);

  test("a price of one's own changes the worth, and nothing that was measured", async () => {
    const span = past(3, 2);
    const usual = JSON.parse((await report(...span, '--format', 'json')).out) as Json;
    const cheap = JSON.parse((await report(...span, '--format', 'json', '--price', '4')).out) as Json;
    expect(usual.price).toEqual({ gib_per_core: 8, from: 'agent' });
    expect(cheap.price).toEqual({ gib_per_core: 4, from: 'option' });
    expect(cheap.saving).toEqual(usual.saving);
    expect(cheap.worth['saving_core_hours']).toBeCloseTo(2 * (usual.worth['saving_core_hours'] ?? 0), 9);
    expect(cheap.worth['break_even_gib_per_core']).toBe(usual.worth['break_even_gib_per_core']);
  }, 60_000);

  test('of one guest: its own figures, and none of the host', async () => {
    const { out, code } = await report(...DAY, '--guest', 'web-1', '--format', 'json');
    expect(code).toBe(0);
    const json = JSON.parse(out) as Json & { readonly guest: { readonly identity: string; readonly name: string } };
    expect(json.guest).toMatchObject({ name: 'web-1' });
    expect(json).toMatchObject({ guests: null, room: null, risk: null, decisions: null });
    const host = JSON.parse((await report(...DAY, '--format', 'json')).out) as Json;
    expect(json.saving['average_bytes']).toBeLessThan(host.saving['average_bytes'] ?? 0);
  }, 60_000);

  test('HTML: no script, nothing loaded, charts with a name', async () => {
    const { out } = await report(...DAY, '--format', 'html');
    expect(out).toMatch(/^<!doctype html>\n<html lang="en">/);
    expect(out).not.toMatch(/<script|javascript:|\son\w+=|<link|<img|url\(|src=|href=/i);
    expect(out.match(/<svg [^>]*role="img" aria-label="[^"]{10,}"/g)).toHaveLength(3);
    expect(out).not.toMatch(/NaN|undefined|Infinity|null/);
  }, 60_000);

  test('--output writes a file for this user alone; a folder that is not there is wrong usage', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'ksmpilot-report-'));
    try {
      const file = join(dir, 'r.html');
      const { out, code } = await report(...DAY, '--format', 'html', '--output', file);
      expect({ out, code }).toEqual({ out: '', code: 0 });
      expect(readFileSync(file, 'utf8')).toMatch(/^<!doctype html>/);
      expect(statSync(file).mode & 0o777).toBe(0o600);
      const refused = await report(...DAY, '--output', join(dir, 'no', 'r.txt'));
      expect(refused.code).toBe(2);
      expect(refused.err).toContain('ENOENT');
    } finally {
      rmSync(dir, { recursive: true });
    }
  }, 60_000);

  test.each([
    ['--since', 'soon'],
    ['--since', '0d'],
    ['--since', '2026-13-45'],
    ['--price', '0'],
    ['--price', 'x'],
    ['--format', 'pdf'],
  ])('%s %s is wrong usage', async (...args) => {
    expect((await report(...args)).code).toBe(2);
  });

  test('a span that ends before it begins is wrong usage', async () => {
    const { code, err } = await report('--since', '1d', '--until', '2d');
    expect(code).toBe(2);
    expect(err).toContain('--since must be before --until');
  });

  test('longer than what is kept: said, and the sums are of what there is', async () => {
    const { out } = await report('--since', '80d', '--format', 'json');
    const json = JSON.parse(out) as Json;
    expect(json.gaps.join(' ')).toContain('The history begins at');
    expect(json.covered_sec / 86_400).toBeGreaterThan(39);
    expect(json.covered_sec / 86_400).toBeLessThan(41);
  }, 60_000);
});

test('an agent without history says so', async () => {
  await using harness = await startHarness();
  const { code, err } = await runCli(registerReport, ['report', '--agent', harness.address]);
  expect(code).toBe(1);
  expect(err).toContain('HISTORY_UNAVAILABLE');
});

describe('from the file', () => {
  /** Three hours; the second is missing. 2 GiB saved, ksmd at 25 %, then 4 GiB at 75 %. */
  function write(file: string): void {
    const kept = new TestStore(file, { timeMs: BEGIN });
    const minute = (savedGib: number, cpu: number): void => {
      kept.sample(
        {
          saved_bytes: savedGib * GIB,
          profit_bytes: savedGib * GIB - 2 ** 20,
          ksmd_cpu_pct: cpu,
          merges_per_sec: 10,
          cow_breaks_per_sec: 5,
          mem_available_bytes: 8 * GIB,
          unmerge_needed_bytes: savedGib * GIB,
          unmerge_usable_bytes: 3 * GIB,
        },
        {
          afterMs: 10_000,
          guests: {
            'qemu/a': {
              saved_bytes: GIB,
              mergeable_bytes: 2 * GIB,
              ksmd_cores: 0.1,
              merges_per_sec: 8,
              cow_breaks_per_sec: 1,
            },
            'qemu/<b>': {
              saved_bytes: 0,
              mergeable_bytes: GIB,
              ksmd_cores: 0.15,
              merges_per_sec: 2,
              cow_breaks_per_sec: 4,
            },
          },
        },
      );
    };
    for (let at = 0; at < 360; at += 1) minute(2, 25);
    kept.timeMs += HOUR;
    kept.monoMs += HOUR;
    for (let at = 0; at < 360; at += 1) minute(4, 75);
    kept.store.close();
  }
  const span = ['--since', iso(BEGIN), '--until', iso(BEGIN + 3 * HOUR)];

  test('sums what was kept, says what was not, and leaves the file as it is', async () => {
    using folder = new HistoryFolder();
    write(folder.file);
    const before = readFileSync(folder.file);
    const { out, code } = await runCli(registerReport, ['report', '--file', folder.file, ...span, '--format', 'json']);
    expect(code).toBe(0);
    const json = JSON.parse(out) as Json;
    expect(json.saving['average_bytes']).toBeCloseTo(3 * GIB, -7);
    expect(json.saving['peak_bytes']).toBe(4 * GIB);
    expect((json.saving['byte_hours'] ?? 0) / GIB).toBeCloseTo(6, 1);
    expect(json.cost['ksmd_cpu_sec']).toBeCloseTo(3600, -2);
    expect(json.worth['saving_core_hours']).toBeCloseTo(6 / 8, 2);
    expect(json.worth['net_core_hours']).toBeCloseTo(6 / 8 - 1, 2);
    expect(json.worth['break_even_gib_per_core']).toBeCloseTo(6, 1);
    expect(json.cost['merges']).toBeCloseTo(72_000, -3);
    expect(json.cost['breaks_per_merge']).toBeCloseTo(0.5, 6);
    expect(json.risk['worst_ratio']).toBeCloseTo(4 / 3, 6);
    expect(json.risk['hours_above']).toBeCloseTo(1, 1);
    expect(json.covered_sec).toBeCloseTo(7200, -2);
    expect(json.holes).toHaveLength(1);
    expect((json.holes[0]?.to_ms ?? 0) - (json.holes[0]?.from_ms ?? 0)).toBeCloseTo(HOUR, -5);
    expect(json.guests?.map(({ identity }) => identity)).toEqual(['qemu/a', 'qemu/<b>']);
    expect(json.guests?.[1]?.['net_core_hours']).toBeCloseTo(-0.3, 2);
    expect(json.advice.map(({ code: one }) => one)).toEqual([
      'UNMERGE_WOULD_NOT_FIT',
      'KSM_COSTS_MORE',
      'GUESTS_DO_NOT_PAY',
      'PRICE_DECIDES',
    ]);
    expect(json.gaps.join(' ')).toContain('No agent was asked');
    expect(readFileSync(folder.file).equals(before)).toBe(true);
  }, 30_000);

  test('what a guest calls itself stays text', async () => {
    using folder = new HistoryFolder();
    write(folder.file);
    const make = async (format: string): Promise<string> =>
      (await runCli(registerReport, ['report', '--file', folder.file, ...span, '--format', format])).out;
    const html = await make('html');
    expect(html).toContain('name of qemu/&lt;b&gt;');
    expect(html).not.toContain('<b>');
    expect(await make('md')).toContain(String.raw`name of qemu/\<b\>`);
  }, 30_000);

  test('a file that is none, and one that is not there: exit 1, and nothing is made', async () => {
    using folder = new HistoryFolder();
    const missing = await runCli(registerReport, ['report', '--file', join(folder.dir, 'no.db')]);
    expect(missing.code).toBe(1);
    expect(missing.err).toContain('there is no history at');
    const other = await runCli(registerReport, ['report', '--file', import.meta.filename]);
    expect(other.code).toBe(1);
    expect(other.err).toContain('HISTORY_UNAVAILABLE');
  });

  test('where no agent answers, the usual file of the state folder is taken', async () => {
    const state = mkdtempSync(join(tmpdir(), 'ksmpilot-state-'));
    try {
      write(join(state, 'history', 'history.db'));
      const { out, err, code } = await runCli(registerReport, [
        'report',
        '--state-dir',
        state,
        ...span,
        '--format',
        'json',
      ]);
      expect(code).toBe(0);
      expect(err).toContain('no agent answers');
      expect((JSON.parse(out) as Json).saving['peak_bytes']).toBe(4 * GIB);
    } finally {
      rmSync(state, { recursive: true });
    }
  }, 30_000);
});

function past(since: number, until: number): string[] {
  const now = Date.now();
  return ['--since', iso(now - since * 86_400_000), '--until', iso(now - until * 86_400_000)];
}

function iso(timeMs: number): string {
  return new Date(timeMs).toISOString();
}

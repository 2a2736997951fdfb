import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { registerSimulate } from '../../../src/cli/simulate.js';
import { runCli } from '../../helpers/cli.js';

const folder = mkdtempSync(join(tmpdir(), 'ksmpilot-simulate-'));
afterAll(() => rmSync(folder, { recursive: true }));

const HEADER = { format: 'ksmpilot-record', version: 1, page_size: 4096, mem_total_bytes: 2 ** 33 };
const PAGES = 50_000;

/** A minute in which ksmd merges what two guests share, 1,000 pages a second. */
function lines(header: object = HEADER): string[] {
  const samples = Array.from({ length: 60 }, (_, second) => {
    const merged = Math.min(20_000, second * 1000) * 4096;
    return {
      time_ms: 1_700_000_000_000 + second * 1000,
      shared_bytes: merged,
      sharing_bytes: merged,
      unshared_bytes: PAGES * 4096 - 2 * merged,
      volatile_bytes: 0,
      ksmd_cpu_pct: 1,
      cow_breaks_total: 0,
      offered_bytes: PAGES * 4096,
      knobs: { run: 1, pages_to_scan: 500, sleep_millisecs: 20, smart_scan: 0 },
    };
  });
  return [header, ...samples].map((one) => JSON.stringify(one));
}

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const run = (...args: string[]): ReturnType<typeof runCli> => runCli(registerSimulate, ['simulate', ...args]);

interface Json {
  readonly fit: { readonly saved_error: number } | null;
  readonly rows: readonly { readonly policy: string; readonly saved_gib_s: number; readonly net_core_s: number }[];
}

test('a record: the policies asked for beside what was, as a table and as JSON', async () => {
  const path = file('good', `${lines().join('\n')}\n`);
  const { code, out } = await run(path, '--policy', 'off', '--policy', 'fixed:5000/10', '--price', '4');
  expect(code).toBe(0);
  expect(out).toMatch(/^policy +saved GiB\*s +ksmd CPU s +net core-s +to 95 % +saved at end +worst 10 s$/m);
  expect(out).toMatch(/^as recorded +\d/m);
  expect(out).toMatch(/^off +0\.00 +0\.00 +0\.00 +never/m);
  expect(out).toMatch(/^fixed:5000\/10 +\d/m);
  expect(out).toContain('What this cannot tell:');
  const json = JSON.parse((await run(path, '--policy', 'off', '--json')).out) as Json;
  expect(json.rows.map((row) => row.policy)).toEqual(['as recorded', 'off']);
  expect(json.rows[0]?.saved_gib_s).toBeGreaterThan(0);
  expect(json.fit?.saved_error).toBeTypeOf('number');
});

test('a record cut off in its last line is read up to there', async () => {
  const whole = lines();
  const cut = file('cut', whole.slice(0, -1).join('\n') + '\n' + (whole.at(-1) ?? '').slice(0, 40));
  expect((await run(cut, '--policy', 'off')).code).toBe(0);
});

test('a scenario needs no file', async () => {
  const { code, out } = await run(
    '--scenario',
    'boot-storm',
    '--seconds',
    '120',
    '--guests',
    '3',
    '--guest-gib',
    '0.5',
  );
  expect(code).toBe(0);
  for (const policy of ['off', 'default', 'ksmtuned', 'advisor', 'ksmpilot']) expect(out).toContain(`\n${policy} `);
});

test('a dearer core makes the same saving worth less', async () => {
  const net = async (price: string): Promise<number> => {
    const { out } = await run('--scenario', 'steady', '--policy', 'fixed:5000/10', '--price', price, '--json');
    return (JSON.parse(out) as Json).rows[0]?.net_core_s ?? NaN;
  };
  expect(await net('4')).toBeGreaterThan(await net('16'));
});

test.each([
  [['--scenario', 'nowhere'], 'It must be one of boot-storm'],
  [['--scenario', 'idle', '--policy', 'guess'], 'It must be one of off'],
  [['--scenario', 'idle', '--price', '0'], 'It must be a number from 0.1'],
  [['--scenario', 'idle', '--guests', '1.5'], 'It must be a whole number'],
  [[], 'name either a record or --scenario'],
  [['some-file', '--scenario', 'idle'], 'name either a record or --scenario'],
])('%j is wrong usage', async (args, says) => {
  const { code, err } = await run(...args);
  expect(code).toBe(2);
  expect(err).toContain(says);
});

test.each<[string, (good: string[]) => string[], string]>([
  ['not JSON', () => ['hello'], 'line 1 of'],
  ['another format', () => lines({ ...HEADER, format: 'else' }), 'is no header of a record'],
  ['another version', () => lines({ ...HEADER, version: 2 }), 'is of version 2, and this ksmpilot reads version 1'],
  ['no page size', () => lines({ ...HEADER, page_size: undefined }), 'has no page_size'],
  ['no samples', (good) => good.slice(0, 1), 'fewer than two samples'],
  ['time standing still', (good) => [...good, good.at(-1) ?? ''], 'line 62 of'],
  ['text for a count', (good) => [...good, '{"time_ms":"now"}'], 'has a time_ms that is no count'],
  ['a list', (good) => [...good, '[1]', ''], 'is no JSON object'],
])('%s: RECORD_INVALID, exit 2, the line named', async (name, spoil, says) => {
  const { code, err } = await run(file(name, spoil(lines()).join('\n')));
  expect(code).toBe(2);
  expect(err).toMatch(/^ksmpilot: RECORD_INVALID: /);
  expect(err).toContain(says);
});

test('no such file: RECORD_INVALID, exit 2', async () => {
  const { code, err } = await run(join(folder, 'none'));
  expect(code).toBe(2);
  expect(err).toMatch(/RECORD_INVALID: .* cannot be read: ENOENT\.\nHint: /);
});

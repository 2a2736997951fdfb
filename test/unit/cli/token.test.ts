import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { TokenStore } from '../../../src/agent/auth/token-store.js';
import { registerToken } from '../../../src/cli/token.js';
import { RecordingLog } from '../../helpers/agent-port.js';
import { runCli, type CliResult } from '../../helpers/cli.js';

let dir: string;
let path: string;
let now: number;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'ksmpilot-token-'));
  path = join(dir, 'tokens.json');
  now = Date.UTC(2026, 0, 2, 3, 4);
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function token(...args: string[]): Promise<CliResult> {
  return runCli((program, io) => registerToken(program, io, () => now), ['token', ...args]);
}

test('add prints the token once, and an agent that runs takes it at once; revoke ends it', async () => {
  const store = new TokenStore({ path, log: new RecordingLog() });
  expect(store.find('x')).toBeUndefined();
  const added = await token('add', 'ops', '--role', 'tune', '--file', path);
  expect(added.code).toBe(0);
  expect(added.out).toMatch(/^ksmp_[\w-]{43}\n$/);
  expect(added.err).toContain('role tune, good until it is revoked. It is not shown again');
  expect(readFileSync(path, 'utf8')).not.toContain(added.out.trim());
  expect(store.find(added.out.trim())).toMatchObject({ name: 'ops', role: 'tune' });
  expect((await token('revoke', 'ops', '--file', path)).code).toBe(0);
  expect(store.find(added.out.trim())).toBeUndefined();
});

test('list names them, with their end, and never a hash', async () => {
  expect((await token('list', '--file', path)).err).toBe(`No tokens in ${path}.\n`);
  await token('add', 'grafana', '--role', 'view', '--expires', '90m', '--file', path);
  await token('add', 'ops', '--role', 'tune', '--file', path);
  const before = await token('list', '--file', path);
  expect(before.out.split('\n').map((line) => line.split(/  +/))).toEqual([
    ['NAME', 'ROLE', 'CREATED', 'EXPIRES'],
    ['grafana', 'view', '2026-01-02 03:04 UTC', '2026-01-02 04:34 UTC'],
    ['ops', 'tune', '2026-01-02 03:04 UTC', 'never'],
    [''],
  ]);
  now += 90 * 60_000;
  expect((await token('list', '--file', path)).out).toContain('04:34 UTC (expired)');
  const json = await token('list', '--json', '--file', path);
  expect(json.out).not.toContain('sha256');
  expect(JSON.parse(json.out)).toMatchObject({
    tokens: [
      { name: 'grafana', expired: true },
      { name: 'ops', expired: false },
    ],
  });
});

test('add --json', async () => {
  const { out } = await token('add', 'ops', '--role', 'view', '--expires', '30d', '--json', '--file', path);
  expect(JSON.parse(out)).toEqual({
    name: 'ops',
    role: 'view',
    token: expect.stringMatching(/^ksmp_/) as string,
    expires: '2026-02-01T03:04:00.000Z',
  });
});

test('the file is the one that the settings name', async () => {
  const config = join(dir, 'config.yaml');
  writeFileSync(config, `auth:\n  tokenFile: ${path}\n`);
  expect((await token('add', 'ops', '--role', 'view', '--config', config)).code).toBe(0);
  expect(readFileSync(path, 'utf8')).toContain('"ops"');
});

test.each([
  [['add', 'ops'], 2, '--role'],
  [['add', 'ops', '--role', 'root'], 2, 'view, tune'],
  [['add', 'a b', '--role', 'view'], 2, 'CONFIG_INVALID'],
  [['add', 'ops', '--role', 'view', '--expires', 'never'], 2, '30d'],
  [['add', 'ops', '--role', 'view', '--expires', '0d'], 2, '30d'],
  [['add', 'ops', '--role', 'view', '--expires', '3651d'], 2, '3650d'],
  [['revoke', 'nobody'], 2, 'no token named "nobody"'],
])('%j: exit %i', async (args, code, text) => {
  const result = await token(...args, '--file', path);
  expect([result.code, result.out]).toEqual([code, '']);
  expect(result.err).toContain(text);
});

test('a name that is taken keeps its token', async () => {
  await token('add', 'ops', '--role', 'view', '--file', path);
  const before = readFileSync(path, 'utf8');
  expect((await token('add', 'ops', '--role', 'tune', '--file', path)).code).toBe(2);
  expect(readFileSync(path, 'utf8')).toBe(before);
});

import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { packageRoot } from '../../../src/agent/paths.js';

let dir: string;
let shim: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'ksmpilot-bin-'));
  cpSync(join(packageRoot, 'bin'), join(dir, 'bin'), { recursive: true });
  writeFileSync(join(dir, 'package.json'), '{ "type": "module" }');
  shim = join(dir, 'bin', 'ksmpilot');
});
afterAll(() => {
  rmSync(dir, { recursive: true, force: true });
});

function start(...args: string[]): { code: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(args[0] ?? '', args.slice(1), { encoding: 'utf8' });
  return { code: status, out: stdout, err: stderr };
}

test('not built: says what to run, exit 1', () => {
  expect(start(shim, 'status')).toEqual({
    code: 1,
    out: '',
    err: 'ksmpilot: not built yet; run npm start or npm run build first.\n',
  });
});

test('an old Node is told so before anything else', () => {
  const preload = join(dir, 'old.cjs');
  writeFileSync(
    preload,
    "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.18.3' } });",
  );
  expect(start(process.execPath, '--require', preload, shim)).toEqual({
    code: 1,
    out: '',
    err: 'ksmpilot: this is Node 20.18.3; Node 20.19 or newer is needed.\n',
  });
});

test('built: runs the program with its arguments, also through the link that npm makes', () => {
  const built = join(dir, 'dist', 'src', 'cli');
  mkdirSync(built, { recursive: true });
  writeFileSync(join(built, 'main.js'), "console.log(process.argv.slice(2).join(' ')); process.exitCode = 7;");
  const link = join(dir, 'linked');
  symlinkSync(shim, link);
  expect(start(link, 'ps', '--json')).toEqual({ code: 7, out: 'ps --json\n', err: '' });
});

test('a defect of the program is not taken for a missing build', () => {
  writeFileSync(join(dir, 'dist', 'src', 'cli', 'main.js'), "import './no-such-file.js';");
  const { code, err } = start(shim);
  expect(code).toBe(1);
  expect(err).toContain('no-such-file.js');
  expect(err).not.toContain('npm run build');
});

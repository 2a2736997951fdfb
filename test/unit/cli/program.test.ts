import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { packageRoot } from '../../../src/agent/paths.js';
import { runProgram } from '../../../src/cli/exit.js';
import { createProgram } from '../../../src/cli/program.js';
import { memoryIo, type CliResult } from '../../helpers/cli.js';

async function ksmpilot(...args: string[]): Promise<CliResult> {
  const io = memoryIo();
  const code = await runProgram(createProgram(io), ['node', 'ksmpilot', ...args], io);
  return { code, out: io.stdout.text, err: io.stderr.text };
}

test('every command is there, in the order one needs them', () => {
  expect(createProgram(memoryIo()).commands.map((command) => command.name())).toEqual([
    'run',
    'web',
    'doctor',
    'status',
    'ps',
    'guests',
    'top',
    'history',
    'report',
    'tune',
    'restore',
    'record',
    'simulate',
    'estimate',
    'map',
    'why',
    'guest',
    'suspects',
    'unmerge',
    'token',
    'completion',
  ]);
});

test('--version is that of package.json', async () => {
  const { version } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as { version: string };
  expect(await ksmpilot('--version')).toEqual({ code: 0, out: `${version}\n`, err: '' });
});

test('--help: examples and exit codes, on stdout, exit 0', async () => {
  const { code, out, err } = await ksmpilot('--help');
  expect([code, err]).toEqual([0, '']);
  expect(out).toContain('Examples:');
  expect(out).toContain('Exit codes: 0 fine, 1 the host or the agent says no, 2 wrong usage.');
});

test.each(['run', 'doctor', 'status', 'ps', 'top', 'tune', 'restore'])('%s --help has a description', async (name) => {
  const { code, out } = await ksmpilot(name, '--help');
  expect(code).toBe(0);
  expect(out).toMatch(new RegExp(`^Usage: ksmpilot ${name} .*\n\n\\S`));
});

test.each([
  [['frobnicate'], "unknown command 'frobnicate'"],
  [['statsu'], 'Did you mean status?'],
  [['run', '--no-such'], 'unknown option'],
  [['doctor', 'now'], 'too many arguments'],
])('wrong usage %j: exit 2, said on stderr', async (args, text) => {
  const { code, out, err } = await ksmpilot(...args);
  expect([code, out]).toEqual([2, '']);
  expect(err).toContain(text);
});

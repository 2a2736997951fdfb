import type { Command } from 'commander';
import { expect, test } from 'vitest';
import { KsmpilotError } from '../../../src/agent/errors.js';
import { runCli } from '../../helpers/cli.js';

const failing = (error: unknown) => (program: Command) => {
  program.command('fail').action(() => {
    throw error;
  });
};

test('a catalogued error: code and message, the hint on its own line, exit 1', async () => {
  const error = new KsmpilotError('KSM_ABSENT', 'no KSM here.', { hint: 'Another kernel.' });
  expect(await runCli(failing(error), ['fail'])).toEqual({
    code: 1,
    out: '',
    err: 'ksmpilot: KSM_ABSENT: no KSM here.\nHint: Another kernel.\n',
  });
});

test('a defect: INTERNAL with the stack, exit 1', async () => {
  const { code, err } = await runCli(failing(new TypeError('boom')), ['fail']);
  expect(code).toBe(1);
  expect(err).toMatch(/^ksmpilot: INTERNAL: TypeError: boom\n +at /);
  expect((await runCli(failing('text'), ['fail'])).err).toBe('ksmpilot: INTERNAL: text\n');
});

test.each([
  [[], 2],
  [['help'], 0],
  [['--help'], 0],
  [['fail', '--help'], 0],
  [['--no-such'], 2],
  [['no-such'], 2],
])('%j exits with %i', async (args, code) => {
  expect((await runCli(failing(new Error('not run')), args)).code).toBe(code);
});

test.each(['CONFIG_INVALID', 'CONFIG_UNREADABLE'] as const)('%s is wrong usage: exit 2', async (code) => {
  expect((await runCli(failing(new KsmpilotError(code, 'mode: not one.')), ['fail'])).code).toBe(2);
});

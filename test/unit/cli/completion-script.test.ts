import { spawnSync } from 'node:child_process';
import { beforeAll, describe, expect, it } from 'vitest';
import { allCommands, commandFacts, type CommandFacts } from '../../../src/cli/command-tree.js';
import { completionScript, SHELLS } from '../../../src/cli/completion-script.js';
import { createProgram } from '../../../src/cli/program.js';

let program: CommandFacts;

beforeAll(() => {
  program = commandFacts(createProgram());
});

/** What bash would offer for the last word. */
function offers(...words: readonly string[]): readonly string[] {
  const script = `${completionScript('bash', program)}
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _ksmpilot 2>/dev/null; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, status } = spawnSync('bash', ['-c', script, 'bash', ...words], { encoding: 'utf8' });
  expect(status).toBe(0);
  return stdout.split('\n').filter((line) => line !== '');
}

describe('bash', () => {
  it('offers every command at the beginning', () => {
    expect(offers('ksmpilot', '')).toEqual(
      expect.arrayContaining(program.commands.map((command) => command.path.at(-1))),
    );
  });

  it('offers what begins like the word', () => {
    expect(offers('ksmpilot', 'tu')).toEqual(['tune']);
    expect(offers('ksmpilot', 'tune', 'a')).toEqual(['advise', 'auto']);
  });

  it('offers the options of the command, past options with values', () => {
    expect(offers('ksmpilot', 'status', '--j')).toEqual(['--json']);
    expect(offers('ksmpilot', 'run', '--mode', 'auto', '--may')).toEqual([]);
    expect(offers('ksmpilot', 'run', '--mode', 'auto', '--no-may')).toEqual(['--no-may-start', '--no-may-stop']);
  });

  it('offers the choices of an argument, and no commands where a file is wanted', () => {
    expect(offers('ksmpilot', 'completion', '')).toEqual(expect.arrayContaining([...SHELLS]));
    expect(offers('ksmpilot', 'run', '--config', '')).toEqual([]);
  });
});

describe.each(SHELLS)('the script for %s', (shell) => {
  it('has every option of every command', () => {
    const script = completionScript(shell, program);
    for (const { options } of allCommands(program)) {
      for (const { long } of options) {
        if (long !== undefined) expect(script).toContain(shell === 'fish' ? `-l ${long.slice(2)}` : long);
      }
    }
  });

  it('is one that the shell can parse', ({ skip }) => {
    const { error, stderr, status } = spawnSync(shell, ['-n'], {
      input: completionScript(shell, program),
      encoding: 'utf8',
    });
    if (error !== undefined) skip(`${shell} is not on this host: ${error.message}`);
    expect([stderr, status]).toEqual(['', 0]);
  });
});

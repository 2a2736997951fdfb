import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { cliMarkdown, collectHelp, subCommands } from '../../../../scripts/docs/cli.mjs';

const program = new Command('ksmpilot');
program.command('status').description('what is saved now').option('--json', 'as JSON');
const tune = program.command('tune').description('switch the tuner');
tune.command('auto').argument('[why]', 'a word for the log').description('policy with writes');

/** What commander prints for a command line, without running it. */
function help(args: readonly string[]): string {
  let command: Command | undefined = program;
  for (const name of args.slice(0, -1)) command = command?.commands.find((one) => one.name() === name);
  return command?.helpInformation() ?? '';
}

describe('subCommands', () => {
  it('reads the names off commander, arguments and help left out', () => {
    expect(subCommands(program.helpInformation())).toEqual(['status', 'tune']);
    expect(subCommands(tune.helpInformation())).toEqual(['auto']);
    expect(subCommands('Usage: x\n')).toEqual([]);
  });
});

describe('cliMarkdown', () => {
  it('has a section for each command, however deep', () => {
    const text = cliMarkdown(collectHelp(help));
    expect([...text.matchAll(/^## (.*)$/gm)].map(([, title]) => title)).toEqual([
      'ksmpilot',
      'ksmpilot status',
      'ksmpilot tune',
      'ksmpilot tune auto',
    ]);
    expect(text).toContain('--json');
  });
});

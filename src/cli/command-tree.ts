/** What commander knows of the command line, as data for man pages and shell completion. Pure. */

import type { Argument, Command, Option } from 'commander';

export interface OptionFacts {
  /** As in help: `-q, --quiet`, `--config <file>`. */
  readonly flags: string;
  readonly short: string | undefined;
  readonly long: string | undefined;
  /** Name of its value, such as `file`; undefined: it takes none. */
  readonly value: string | undefined;
  readonly choices: readonly string[];
  readonly description: string;
}

export interface ArgumentFacts {
  readonly name: string;
  readonly required: boolean;
  readonly variadic: boolean;
  readonly choices: readonly string[];
  readonly description: string;
}

export interface CommandFacts {
  /** `['ksmpilot', 'guest']`. */
  readonly path: readonly string[];
  readonly description: string;
  readonly options: readonly OptionFacts[];
  readonly arguments: readonly ArgumentFacts[];
  readonly commands: readonly CommandFacts[];
}

/** Hidden options and commander's own `help` command are left out; `--help` is there. */
export function commandFacts(command: Command, above: readonly string[] = []): CommandFacts {
  const path = [...above, command.name()];
  const help = command.createHelp();
  return {
    path,
    description: command.description(),
    options: help.visibleOptions(command).map(optionFacts),
    arguments: command.registeredArguments.map(argumentFacts),
    commands: help
      .visibleCommands(command)
      .filter((one) => one.name() !== 'help')
      .map((one) => commandFacts(one, path)),
  };
}

/** The command and all below it, each before its own sub-commands. */
export function allCommands(command: CommandFacts): readonly CommandFacts[] {
  return [command, ...command.commands.flatMap(allCommands)];
}

function optionFacts(option: Option): OptionFacts {
  return {
    flags: option.flags,
    short: option.short,
    long: option.long,
    value: /[<[]([^>\]]+?)(\.\.\.)?[>\]]/.exec(option.flags)?.[1],
    choices: option.argChoices ?? [],
    description: option.description,
  };
}

function argumentFacts(argument: Argument): ArgumentFacts {
  return {
    name: argument.name(),
    required: argument.required,
    variadic: argument.variadic,
    choices: argument.argChoices ?? [],
    description: argument.description,
  };
}

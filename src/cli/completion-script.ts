/** Shell completion from the command tree: one script for each shell, without a call of ksmpilot. Pure. */

import { allCommands, type CommandFacts, type OptionFacts } from './command-tree.js';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

export function completionScript(shell: Shell, program: CommandFacts): string {
  switch (shell) {
    case 'bash':
      return bashScript(program);
    case 'zsh':
      return zshScript(program);
    case 'fish':
      return fishScript(program);
  }
}

const NOTE = 'Written by scripts/docs.mjs from the command tree; npm run docs writes it anew.';

function isFile(value: string | undefined): boolean {
  return value !== undefined && /^(file|dir|path|folder)/i.test(value);
}

function names(option: OptionFacts): readonly string[] {
  return [option.short, option.long].filter((name) => name !== undefined);
}

/** Words that may follow a command: sub-commands, and what its first argument can be. */
function words(command: CommandFacts): readonly string[] {
  return [
    ...command.commands.map((one) => one.path.at(-1) ?? ''),
    ...command.arguments.flatMap(({ choices }) => choices),
  ];
}

function key(command: CommandFacts): string {
  return command.path.join(' ');
}

function bashScript(program: CommandFacts): string {
  const commands = allCommands(program);
  const withValue = commands.flatMap((command) =>
    command.options
      .filter((option) => option.value !== undefined)
      .map((option) => {
        const pattern = names(option)
          .map((name) => `'${key(command)} ${name}'`)
          .join(' | ');
        return `    ${pattern}) ${bashReply(option)} ;;`;
      }),
  );
  return `# bash completion for ksmpilot. ${NOTE}
_ksmpilot() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD - 1]} path=ksmpilot word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$path $word" in
${commands
  .filter((command) => command.path.length > 1)
  .map((command) => `      '${key(command)}') path='${key(command)}' ;;`)
  .join('\n')}
    esac
  done
  COMPREPLY=()
  case "$path $prev" in
${withValue.join('\n')}
  esac
  case "$path" in
${commands
  .map((command) => {
    const all = [...words(command), ...command.options.flatMap(names)].join(' ');
    return `    '${key(command)}') mapfile -t COMPREPLY < <(compgen -W '${all}' -- "$cur") ;;`;
  })
  .join('\n')}
  esac
}
complete -o default -F _ksmpilot ksmpilot
`;
}

/** What follows an option that takes a value; without a list, bash's own completion of file names, or nothing. */
function bashReply({ value, choices }: OptionFacts): string {
  if (choices.length > 0) return `mapfile -t COMPREPLY < <(compgen -W '${choices.join(' ')}' -- "$cur"); return`;
  return isFile(value) ? 'return' : 'compopt +o default; return';
}

function zshScript(program: CommandFacts): string {
  const functions = allCommands(program).map((command) => {
    const options = command.options.map((option) => `    ${zshOption(option)} \\`);
    if (command.commands.length === 0) {
      const rest = command.arguments.map(({ name, choices }) => {
        const how = choices.length > 0 ? `(${choices.join(' ')})` : isFile(name) ? '_files' : ' ';
        return `    ':${zshText(name)}:${how}' \\`;
      });
      return `${zshName(command)}() {\n  _arguments -s \\\n${[...options, ...rest, '    && return 0'].join('\n')}\n}`;
    }
    return `${zshName(command)}() {
  local -a commands=(
${command.commands.map((one) => `    '${zshText(one.path.at(-1) ?? '')}:${zshText(one.description)}'`).join('\n')}
  )
  local line state
  _arguments -s -C \\
${options.join('\n')}
    '1: :->command' '*:: :->rest' && return 0
  case $state in
    command) _describe command commands ;;
    rest)
      case $line[1] in
${command.commands.map((one) => `        ${one.path.at(-1) ?? ''}) ${zshName(one)} ;;`).join('\n')}
      esac
      ;;
  esac
}`;
  });
  return `#compdef ksmpilot\n# zsh completion for ksmpilot. ${NOTE}\n\n${functions.join('\n\n')}\n\n_ksmpilot "$@"\n`;
}

function zshName(command: CommandFacts): string {
  return `_${command.path.join('_').replaceAll('-', '_')}`;
}

function zshOption(option: OptionFacts): string {
  const value =
    option.value === undefined
      ? ''
      : `:${zshText(option.value)}:${option.choices.length > 0 ? `(${option.choices.join(' ')})` : isFile(option.value) ? '_files' : ' '}`;
  const text = `[${zshText(option.description)
    .replaceAll('[', String.raw`\[`)
    .replaceAll(']', String.raw`\]`)}]${value}`;
  const all = names(option);
  if (all.length === 1) return `'${all[0] ?? ''}${text}'`;
  return `'(${all.join(' ')})'{${all.join(',')}}'${text}'`;
}

function zshText(text: string): string {
  return text.replaceAll("'", String.raw`'\''`).replaceAll(':', String.raw`\:`);
}

function fishScript(program: CommandFacts): string {
  const lines = allCommands(program).flatMap((command) => {
    const here = fishCondition(command);
    const subCommands = command.commands.map(
      (one) => `complete -c ksmpilot -f -n ${here} -a ${one.path.at(-1) ?? ''} -d ${fishText(one.description)}`,
    );
    const choices = command.arguments.flatMap((argument) =>
      argument.choices.map((choice) => `complete -c ksmpilot -f -n ${here} -a ${fishText(choice)}`),
    );
    const options = command.options.map((option) => `complete -c ksmpilot -n ${here} ${fishOption(option)}`);
    return [...subCommands, ...choices, ...options];
  });
  return `# fish completion for ksmpilot. ${NOTE}

# Do the words so far, options left out, begin with these commands, and does no deeper command follow?
function __ksmpilot_at
    set -l words (commandline -opc | string match -v -- '-*')
    set -l path ksmpilot $argv
    test (count $words) -ge (count $path); or return 1
    for i in (seq 2 (count $path))
        test "$words[$i]" = "$path[$i]"; or return 1
    end
    contains -- "$path" $__ksmpilot_groups; and test (count $words) -gt (count $path); and return 1
    return 0
end
set -g __ksmpilot_groups ${allCommands(program)
    .filter((command) => command.commands.length > 0)
    .map((command) => fishText(key(command)))
    .join(' ')}

${lines.join('\n')}
`;
}

function fishCondition(command: CommandFacts): string {
  return fishText(['__ksmpilot_at', ...command.path.slice(1)].join(' '));
}

function fishOption(option: OptionFacts): string {
  const parts = [
    ...(option.short === undefined ? [] : [`-s ${option.short.slice(1)}`]),
    ...(option.long === undefined ? [] : [`-l ${option.long.slice(2)}`]),
    ...(option.value === undefined ? [] : [isFile(option.value) ? '-r -F' : '-x']),
    ...(option.choices.length === 0 ? [] : [`-a ${fishText(option.choices.join(' '))}`]),
    `-d ${fishText(option.description)}`,
  ];
  return parts.join(' ');
}

function fishText(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", String.raw`\'`)}'`;
}

// @ts-check
/** docs/cli.md, from what each command says to `--help`. */

/**
 * Asks a command for its help, and each of its sub-commands in turn.
 *
 * @param {(args: string[]) => string} help gives the help text of a command line
 * @param {string[]} path the command, below `ksmpilot`
 * @returns {{ path: string[], text: string }[]}
 */
export function collectHelp(help, path = []) {
  const text = help([...path, '--help']);
  return [{ path, text }, ...subCommands(text).flatMap((name) => collectHelp(help, [...path, name]))];
}

/**
 * The names listed under `Commands:`, `help` apart. Format of commander: two spaces, name, arguments, description.
 *
 * @param {string} text
 * @returns {string[]}
 */
export function subCommands(text) {
  const lines = text.split('\n');
  const start = lines.indexOf('Commands:');
  if (start === -1) return [];
  const end = lines.indexOf('', start);
  return lines
    .slice(start + 1, end === -1 ? undefined : end)
    .map((line) => /^ {2}([a-z][a-z-]*)/.exec(line)?.[1])
    .filter((name) => name !== undefined)
    .filter((name) => name !== 'help');
}

/**
 * @param {{ path: string[], text: string }[]} commands
 * @returns {string} the whole file
 */
export function cliMarkdown(commands) {
  return [
    '# Commands',
    '',
    '<!-- Written by scripts/docs.mjs from `ksmpilot COMMAND --help`; npm run docs writes it anew. -->',
    '',
    'Exit codes: 0 fine, 1 the host or the agent says no, 2 wrong usage. Data goes to stdout, talk to stderr.',
    '',
    ...commands.flatMap(({ path, text }) => [
      `## ${['ksmpilot', ...path].join(' ')}`,
      '',
      '```',
      text.trimEnd(),
      '```',
      '',
    ]),
  ].join('\n');
}

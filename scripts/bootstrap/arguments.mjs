// @ts-check

/** Options that belong to the program itself, not to its `run` command. */
const GLOBAL_OPTIONS = new Set(['-h', '--help', '-V', '--version']);

/**
 * `npm start` runs the agent: without a sub-command the arguments are those of `run`.
 *
 * @param {readonly string[]} given as after `npm start --`
 * @returns {string[]}
 */
export function programArguments(given) {
  const first = given[0];
  if (first === undefined) return ['run'];
  if (first.startsWith('-') && !GLOBAL_OPTIONS.has(first)) return ['run', ...given];
  return [...given];
}

/**
 * Does this command line load BPF programs? Only then is the host looked at, and changed if something is missing.
 *
 * @param {readonly string[]} args as given to the program
 */
export function startsAgent(args) {
  return args[0] === 'run' && !args.includes('-h') && !args.includes('--help');
}

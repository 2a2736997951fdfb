// @ts-check
/** Everything the scripts say goes to stderr: stdout belongs to the program, whose JSON must stay JSON. */

/** @param {string} text one or more lines */
export function say(text) {
  process.stderr.write(`${text}\n`);
}

/** A failure with its cure, told without a stack: the cause lies outside these scripts. */
export class ScriptFailure extends Error {
  /**
   * @param {string} message what failed and why
   * @param {string} [hint] the cure
   */
  constructor(message, hint) {
    super(message);
    this.name = 'ScriptFailure';
    this.hint = hint;
  }
}

/**
 * Prints an error as people should see it; a defect keeps its stack.
 *
 * @param {unknown} error
 */
export function sayFailure(error) {
  if (error instanceof ScriptFailure) {
    say(`ksmpilot: ${error.message}${error.hint === undefined ? '' : `\nHint: ${error.hint}`}`);
    return;
  }
  say(`ksmpilot: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
}

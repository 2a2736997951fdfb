import { CommanderError, type Command } from 'commander';
import { KsmpilotError, type ErrorCode } from '../agent/errors.js';
import type { Io } from './io.js';

/** The exit codes of every command. */
export const EXIT = {
  ok: 0,
  /** The host or the agent says no. */
  refused: 1,
  /** Wrong usage: an unknown command or option, an argument out of range. */
  usage: 2,
} as const;

/** Parses the command line, runs the command, reports what went wrong. Resolves to the exit code; never rejects. */
export async function runProgram(program: Command, argv: readonly string[], io: Io): Promise<number> {
  try {
    await program.parseAsync([...argv]);
    return EXIT.ok;
  } catch (error) {
    // Commander has printed its own message; help and --version end with exit code 0.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    reportError(error, io);
    return isUsage(error) ? EXIT.usage : EXIT.refused;
  }
}

/** Settings and files that are wrong are wrong usage, on the command line and in a file alike. */
const USAGE_CODES: ReadonlySet<ErrorCode> = new Set(['CONFIG_INVALID', 'CONFIG_UNREADABLE', 'RECORD_INVALID']);

function isUsage(error: unknown): boolean {
  return error instanceof KsmpilotError && USAGE_CODES.has(error.code);
}

/** `ksmpilot: CODE: what failed`, then `Hint: the cure` on a line of its own. */
export function reportError(error: unknown, io: Io): void {
  if (error instanceof KsmpilotError && error.code !== 'INTERNAL') {
    io.stderr.write(`ksmpilot: ${error.code}: ${error.message}\n`);
    if (error.hint !== undefined) io.stderr.write(`Hint: ${error.hint}\n`);
    return;
  }
  // A defect: whoever reports it needs the stack.
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  io.stderr.write(`ksmpilot: INTERNAL: ${text}\n`);
}

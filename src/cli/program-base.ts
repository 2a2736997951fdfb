import { Command } from 'commander';
import type { Io } from './io.js';

/** A program without commands, with the manners that all of ours share; commands inherit them. */
export function newProgram(io: Io): Command {
  return new Command('ksmpilot')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void io.stdout.write(text),
      writeErr: (text) => void io.stderr.write(text),
      outputError: (text, write) => write(text.replace(/^error: /, 'ksmpilot: ')),
    })
    .showHelpAfterError('Try --help.');
}

import { KsmpilotError } from '../agent/errors.js';
import type { Io } from './io.js';

/**
 * Asks on the terminal. Anything but y or yes is no.
 *
 * @throws KsmpilotError NOT_CONFIRMED, also where there is no terminal to ask at
 */
export async function confirm(io: Io, question: string): Promise<void> {
  if (io.stdin.isTTY !== true) {
    throw new KsmpilotError('NOT_CONFIRMED', 'there is no terminal to ask at, so nothing was changed', {
      hint: 'Give --yes to do it without a question, or --dry-run to see what would be done.',
    });
  }
  io.stderr.write(`${question} [y/N] `);
  const answer = await readLine(io);
  if (!/^y(es)?$/i.test(answer.trim())) {
    throw new KsmpilotError('NOT_CONFIRMED', 'not confirmed, so nothing was changed');
  }
}

/** The terminal gives whole lines; Ctrl-D on an empty one ends the input, which is no answer. */
async function readLine({ stdin }: Io): Promise<string> {
  return new Promise((resolve) => {
    const done = (answer: string): void => {
      stdin.off('data', onData);
      stdin.off('end', onEnd);
      stdin.pause();
      resolve(answer);
    };
    const onData = (chunk: Buffer | string): void => {
      done(chunk.toString());
    };
    const onEnd = (): void => {
      done('');
    };
    stdin.on('data', onData);
    stdin.on('end', onEnd);
    stdin.resume();
  });
}

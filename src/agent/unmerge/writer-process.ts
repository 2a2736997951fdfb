/** Starts the process that unmerges. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { startQuiet } from '../child-process.js';
import { KsmpilotError } from '../errors.js';
import { packageRoot } from '../paths.js';

export interface WriterProcess {
  /** Resolves when it is gone: undefined if it went well, else what went wrong, in words. Never rejects. */
  readonly ended: Promise<string | undefined>;
  /** Stops it where it is: the kernel looks for a signal between pages, and sets `run` to 0. */
  stop(): void;
}

/**
 * @param runAfter what `run` is set to when all is unmerged
 * @throws KsmpilotError INTERNAL where the program is not built
 */
export function startWriter(runAfter: number): WriterProcess {
  const file = join(packageRoot, 'dist', 'src', 'agent', 'unmerge', 'writer.js');
  if (!existsSync(file)) {
    throw new KsmpilotError('INTERNAL', `${file} is missing`, { hint: 'Build it: npm run build.' });
  }
  // Ctrl-C is for us: we stop it, and see to `run`. It goes on if we are killed, and sets `run` itself.
  const child = startQuiet(process.execPath, [file, String(runAfter)]);
  const ended = child.then(({ exitCode, signal, stderr, originalMessage }) => {
    if (exitCode === 0) return undefined;
    const said = stderr.trim();
    if (said !== '') return said;
    return signal === undefined
      ? (originalMessage ?? `it ended with exit code ${exitCode ?? '?'}`)
      : `${signal} ended it`;
  });
  return {
    ended,
    stop: () => {
      child.kill('SIGTERM');
    },
  };
}

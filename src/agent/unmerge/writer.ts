/**
 * The process that unmerges everything: `node writer.js RUN`, started by unmerge.ts after its checks. It writes 2 to
 * `run`, then RUN. One of its own, since the kernel makes the writer the first victim when memory runs out.
 *
 * Says nothing and ends with 0; what fails is on stderr, and it ends with 1.
 */

import { formatError } from '../errors.js';
import { KsmWriter } from '../kernel/ksm-writer.js';

const [, , runAfter, ...rest] = process.argv;
if (!/^[01]$/.test(runAfter ?? '') || rest.length > 0) {
  process.stderr.write('usage: writer.js 0|1: started by `ksmpilot unmerge`, which looks first\n');
  process.exitCode = 2;
} else {
  try {
    const writer = new KsmWriter();
    writer.unmergeAll();
    writer.write('run', Number(runAfter));
  } catch (error) {
    process.stderr.write(`${formatError(error)}\n`);
    process.exitCode = 1;
  }
}

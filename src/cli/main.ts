import { errnoOf } from '../agent/errors.js';
import { runProgram } from './exit.js';
import { processIo } from './io.js';
import { createProgram } from './program.js';

// `ksmpilot ps | head -1`: who reads has had enough.
process.stdout.on('error', (error) => {
  if (errnoOf(error) !== 'EPIPE') throw error;
  process.exit();
});

const code = await runProgram(createProgram(), process.argv, processIo);
// A command may have set an exit code of its own.
if (code !== 0) process.exitCode = code;

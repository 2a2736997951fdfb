import { errnoOf } from '../agent/errors.js';
import { runProgram } from './exit.js';
import { processIo } from './io.js';
import { createProgram } from './program.js';

// `ksmpilot ps | head -1`: who reads has had enough.
process.stdout.on('error', (error) => {
  if (errnoOf(error) !== 'EPIPE') throw error;
  process.exit();
});

// Nobody hears what is said any more: `run 2>&1 | tee log` and Ctrl-C (EPIPE), a terminal that was closed (EIO). An
// agent must still put the knobs back, so nothing is done about it; as an uncaught error it would be logged, which
// fails again, for ever.
process.stderr.on('error', () => undefined);

const code = await runProgram(createProgram(), process.argv, processIo);
// A command may have set an exit code of its own.
if (code !== 0) process.exitCode = code;

// `ksmpilot top` and nothing else: it starts in a fraction of the time of the whole program.
import { runProgram } from '../../../src/cli/exit.js';
import { processIo } from '../../../src/cli/io.js';
import { newProgram } from '../../../src/cli/program-base.js';
import { registerTop } from '../../../src/cli/top.js';

const program = newProgram(processIo);
registerTop(program, processIo);
process.exitCode = await runProgram(program, process.argv, processIo);

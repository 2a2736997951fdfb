import type { Command } from 'commander';
import { ksmpilotVersion } from '../agent/version.js';
import { registerCompletion } from './completion.js';
import { registerDoctor } from './doctor.js';
import { registerEstimate } from './estimate.js';
import { registerGuests } from './guests.js';
import { registerGuest } from './guest.js';
import { registerHistory } from './history.js';
import { processIo, type Io } from './io.js';
import { registerMap } from './map.js';
import { newProgram } from './program-base.js';
import { registerPs } from './ps.js';
import { registerRecord } from './record.js';
import { registerReport } from './report.js';
import { registerRestore } from './restore.js';
import { registerRun } from './run.js';
import { registerSimulate } from './simulate.js';
import { registerStatus } from './status.js';
import { registerSuspects } from './suspects.js';
import { registerToken } from './token.js';
import { registerTop } from './top.js';
import { registerTune } from './tune.js';
import { registerWeb } from './web.js';
import { registerWhy } from './why.js';
import { registerUnmerge } from './unmerge.js';

/** What `--help` ends with, and the manual page. */
export const EXAMPLES = `
Examples:
  ksmpilot doctor                  what this host can do, and the cure for what it cannot
  ksmpilot run --demo              agent, page and demonstration guests
  ksmpilot run --mode auto         agent and page, tuning
  ksmpilot status --json | jq .saved_bytes
  ksmpilot guests                  which machine saves what, and what it costs
  ksmpilot top
  ksmpilot history saved_bytes --since 7d
  ksmpilot report --since 30d --format html --output ksm.html
  ksmpilot tune advise && ksmpilot tune explain
  ksmpilot simulate --scenario boot-storm
  ksmpilot estimate --all          what KSM would save, before it is switched on
  ksmpilot why web-1               why a machine does not merge more, and the cure
  ksmpilot guest web-1 merge off --dry-run
                                   what it takes to keep one guest unmerged
  ksmpilot restore                 put the knobs back as they were found

Exit codes: 0 fine, 1 the host or the agent says no, 2 wrong usage.`;

/** The whole command line. */
export function createProgram(io: Io = processIo): Command {
  const program = newProgram(io)
    .description('Watches, explains and tunes kernel same-page merging (KSM) on a Linux host.')
    .version(ksmpilotVersion, '-V, --version', 'print the version')
    .addHelpText('after', EXAMPLES);
  registerRun(program, io);
  registerWeb(program, io);
  registerDoctor(program, io);
  registerStatus(program, io);
  registerPs(program, io);
  registerGuests(program, io);
  registerTop(program, io);
  registerHistory(program, io);
  registerReport(program, io);
  registerTune(program, io);
  registerRestore(program, io);
  registerRecord(program, io);
  registerSimulate(program, io);
  registerEstimate(program, io);
  registerMap(program, io);
  registerWhy(program, io);
  registerGuest(program, io);
  registerSuspects(program, io);
  registerUnmerge(program, io);
  registerToken(program, io);
  registerCompletion(program, io);
  return program;
}

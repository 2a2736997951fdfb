import type { Command } from 'commander';
import { KsmpilotError } from '../agent/errors.js';
import { examineHost } from '../agent/examine.js';
import { paintFor } from './format-colour.js';
import { doctorJson, doctorText } from './format-doctor.js';
import { processIo, writeJson, type Io } from './io.js';

interface DoctorFlags {
  readonly json?: boolean;
  readonly bpftrace: string;
}

export function registerDoctor(program: Command, io: Io = processIo): void {
  program
    .command('doctor')
    .description('what this host can do, rival tuners, and each problem with its cure; changes nothing')
    .option('--json', 'one JSON object')
    .option('--bpftrace <path>', 'the bpftrace binary', 'bpftrace')
    .action(async (flags: DoctorFlags) => {
      const findings = await examineHost({ bpftracePath: flags.bpftrace });
      if (flags.json === true) writeJson(io, doctorJson(findings));
      else io.stdout.write(doctorText(findings, paintFor(io)));
      if (!findings.ok) {
        const code = findings.facts.ksmPresent ? 'KSM_FILE_UNREADABLE' : 'KSM_ABSENT';
        throw new KsmpilotError(code, 'KSM cannot be used on this host.', {
          hint: 'the problems above name the cure.',
        });
      }
    });
}

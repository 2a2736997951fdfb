import { InvalidArgumentError, type Command } from 'commander';
import { readMemoryHost } from '../agent/estimate/host-memory.js';
import { atLowPriority } from '../agent/estimate/priority.js';
import { chooseGuest, listGuests, withoutProcess } from '../agent/guest-control/find-guest.js';
import { gather } from '../agent/why/gather.js';
import { paintFor } from './format-colour.js';
import { whyJson, whyText } from './format-why.js';
import { processIo, writeJson, type Io } from './io.js';

interface WhyFlags {
  readonly watch: number;
  readonly json?: boolean;
}

/** Longest watch, seconds. */
const WATCH_MAX = 600;

export function registerWhy(program: Command, io: Io = processIo): void {
  program
    .command('why')
    .description('why a guest does not merge, or not more: each reason with its evidence and its cure; changes nothing')
    .argument('<guest>', 'name, id (UUID, VMID, container, unit) or pid')
    .option('--watch <seconds>', 'how long contents and ksmd are watched; 0: not at all', readSeconds, 2)
    .option('--json', 'one JSON object')
    .addHelpText(
      'after',
      '\nNeeds root, no agent. Reads up to 1,024 pages of the guest twice; no content leaves the command.',
    )
    .action(async (text: string, { watch, json }: WhyFlags) => {
      readMemoryHost(); // NOT_ROOT before anything is looked for
      const guest = withoutProcess(chooseGuest(listGuests(), text), process.pid);
      const evidence = await atLowPriority(() => gather(guest, { watchSeconds: watch }));
      if (json === true) writeJson(io, whyJson(evidence));
      else io.stdout.write(whyText(evidence, paintFor(io)));
    });
}

function readSeconds(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0 && value <= WATCH_MAX)) {
    throw new InvalidArgumentError(`It must be a number from 0 to ${WATCH_MAX}.`);
  }
  return value;
}

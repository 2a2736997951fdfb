import { InvalidArgumentError, type Command } from 'commander';
import { withAgent } from './client.js';
import { addAgentOptions, type AgentFlags } from './connection.js';
import { printable } from './format.js';
import { estimateNote } from './format-breaks.js';
import { paintFor } from './format-colour.js';
import {
  GUEST_SORT_KEYS,
  guestLines,
  guestNotes,
  guestsJson,
  isGuestSortKey,
  sortGuests,
  type GuestSortKey,
} from './format-guests.js';
import { missingNotes } from './format-status.js';
import { processIo, writeJson, type Io } from './io.js';

interface GuestsFlags extends AgentFlags {
  readonly json?: boolean;
  readonly sort: GuestSortKey;
}

const KEYS = Object.keys(GUEST_SORT_KEYS).join(', ');

const NOT_YET = 'The agent has not looked at any process yet.';
const NOBODY = 'No virtual machine runs here, and nobody has offered memory to KSM.';

const COLUMNS = `
Columns:
  MERGE   is its memory offered to KSM: on, off, mixed
  SAVED   its part of what the host saves; with (rest) it sums to the host's
  WORTH   what that is worth less its part of ksmd's CPU, in cores
  BREAKS  writes to merged pages since the agent's start; ~ is scaled to the
          exact total
--json has more: id, pids, mergeable_bytes, zero_bytes, doubts and others.`;

export function registerGuests(program: Command, io: Io = processIo): void {
  addAgentOptions(program.command('guests'))
    .description('virtual machines, containers and services by name: what each saves and costs')
    .option('--json', 'a JSON array, the last of kind rest; what is not known is null')
    .option('--sort <key>', `names from a on, figures from the largest: ${KEYS}`, readSortKey, 'saved')
    .addHelpText('after', COLUMNS)
    .action(async (flags: GuestsFlags) => {
      const [list, status, host] = await withAgent(flags, (agent) =>
        Promise.all([agent.guests(), agent.status(), agent.host()]),
      );
      const guests = sortGuests(list.guests, flags.sort);
      if (flags.json === true) {
        writeJson(io, guestsJson(guests, list.rest));
        return;
      }
      io.stdout.write(`${guestLines(guests, list.rest, paintFor(io)).join('\n')}\n`);
      const unread = host.problems.find(({ code }) => code === 'KSM_FILE_UNREADABLE');
      if (unread !== undefined) io.stderr.write(`Note: ${printable(unread.what)}\n`);
      else if (guests.length === 0) io.stderr.write(`${list.rest === null ? NOT_YET : NOBODY}\n`);
      const estimated = estimateNote(guests, status.sample?.cow);
      if (estimated !== undefined) io.stderr.write(`Note: ${estimated}.\n`);
      for (const note of guestNotes({ ...list, guests })) io.stderr.write(`Note: ${note}\n`);
      for (const note of missingNotes(status.probes)) io.stderr.write(`Note: ${note}\n`);
    });
}

function readSortKey(text: string): GuestSortKey {
  if (!isGuestSortKey(text)) throw new InvalidArgumentError(`Allowed are ${KEYS}.`);
  return text;
}

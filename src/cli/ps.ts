import { InvalidArgumentError, type Command } from 'commander';
import { withAgent } from './client.js';
import { addAgentOptions, type AgentFlags } from './connection.js';
import { printable } from './format.js';
import { estimateNote } from './format-breaks.js';
import { paintFor } from './format-colour.js';
import { processJson } from './format-json.js';
import { isSortKey, processLines, SORT_KEYS, sortProcesses, type SortKey } from './format-ps.js';
import { missingNotes } from './format-status.js';
import { processIo, writeJson, type Io } from './io.js';

interface PsFlags extends AgentFlags {
  readonly json?: boolean;
  readonly sort: SortKey;
}

export function registerPs(program: Command, io: Io = processIo): void {
  addSortOption(addAgentOptions(program.command('ps')))
    .description('processes with mergeable memory: what each saves, merges and breaks')
    .option('--json', 'a JSON array; what is not known is null')
    .action(async (flags: PsFlags) => {
      const [list, status, host] = await withAgent(flags, (agent) =>
        Promise.all([agent.processes(), agent.status(), agent.host()]),
      );
      const processes = sortProcesses(list.processes, flags.sort);
      if (flags.json === true) {
        writeJson(io, processes.map(processJson));
        return;
      }
      io.stdout.write(`${processLines(processes, paintFor(io)).join('\n')}\n`);
      // What could not be read is not known to be absent: without root, that is everybody else's processes.
      const unread = host.problems.find(({ code }) => code === 'KSM_FILE_UNREADABLE');
      if (unread !== undefined) io.stderr.write(`Note: ${printable(unread.what)}\n`);
      else if (processes.length === 0) io.stderr.write('No process on this host has offered memory to KSM.\n');
      const estimated = estimateNote(processes, status.sample?.cow);
      if (estimated !== undefined) io.stderr.write(`Note: ${estimated}.\n`);
      for (const note of missingNotes(status.probes)) io.stderr.write(`Note: ${note}\n`);
    });
}

export function addSortOption(command: Command): Command {
  const keys = Object.keys(SORT_KEYS).join(', ');
  return command.option('--sort <key>', `largest first by: ${keys}`, readSortKey, 'saved' satisfies SortKey);
}

function readSortKey(text: string): SortKey {
  if (!isSortKey(text)) throw new InvalidArgumentError(`Allowed are ${Object.keys(SORT_KEYS).join(', ')}.`);
  return text;
}

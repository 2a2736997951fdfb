import type { Command } from 'commander';
import { withAgent } from './client.js';
import { addAgentOptions, type AgentFlags } from './connection.js';
import { suspectsJson, suspectsText } from './format-suspects.js';
import { processIo, writeJson, type Io } from './io.js';

interface SuspectsFlags extends AgentFlags {
  readonly all?: boolean;
  readonly json?: boolean;
}

const NOTES = `
Suspicious is no proof, and nothing is blocked. docs/side-channel.md: what the
score is made of, how small a prober is found, and what cannot be seen.`;

export function registerSuspects(program: Command, io: Io = processIo): void {
  addAgentOptions(program.command('suspects'))
    .description('guests whose writes look like reading other guests by timing merged pages')
    .option('--all', 'also guests with some such pages that are not suspicious')
    .option('--json', 'one JSON object: state, detail, one_in, found_from and all suspects')
    .addHelpText('after', NOTES)
    .action(async (flags: SuspectsFlags) => {
      const { side_channel: watch } = await withAgent(flags, (agent) => agent.guests());
      if (flags.json === true) writeJson(io, suspectsJson(watch));
      else io.stdout.write(suspectsText(watch, flags.all === true));
    });
}

import type { Command } from 'commander';
import { withAgent } from './client.js';
import { addAgentOptions, type AgentFlags } from './connection.js';
import { paintFor } from './format-colour.js';
import { statusJson } from './format-json.js';
import { statusText } from './format-status.js';
import { processIo, writeJson, type Io } from './io.js';

interface StatusFlags extends AgentFlags {
  readonly json?: boolean;
}

export function registerStatus(program: Command, io: Io = processIo): void {
  addAgentOptions(program.command('status'))
    .description('what KSM saves and costs on this host now, the knobs, and what is missing')
    .option('--json', 'one JSON object; what is not known is null')
    .action(async (flags: StatusFlags) => {
      const [status, host] = await withAgent(flags, (agent) => Promise.all([agent.status(), agent.host()]));
      if (flags.json === true) writeJson(io, statusJson(status, host));
      else io.stdout.write(statusText(status, host, paintFor(io)));
    });
}

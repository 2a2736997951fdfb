import type { Command } from 'commander';
import { withAgent } from './client.js';
import { addAgentOptions, type AgentFlags } from './connection.js';
import { guestPolicyJson, guestPolicyText } from './format-guest-policy.js';
import { writeJson, type Io } from './io.js';

const NOTES = `
Asks the agent, whose settings \`guests\` say which guests are not to merge. Changes nothing.
A guest that is called policy is named by its id or pid elsewhere.`;

/** @param guest the command `guest` */
export function registerGuestPolicy(guest: Command, io: Io): void {
  addAgentOptions(guest.command('policy'))
    .description('what the policy for guests would do now, and why')
    .option('--json', 'one JSON object')
    .addHelpText('after', NOTES)
    .action(async (_flags: AgentFlags, command: Command) => {
      // `--json` is an option of `guest` too, which takes it wherever it stands.
      const flags = command.optsWithGlobals<AgentFlags & { readonly json?: boolean }>();
      const policy = await withAgent(flags, (agent) => agent.guestPolicy());
      if (flags.json === true) writeJson(io, guestPolicyJson(policy));
      else io.stdout.write(guestPolicyText(policy, Date.now()));
    });
}

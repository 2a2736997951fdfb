import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import { BaselineStore, restoreBaseline } from '../agent/baseline.js';
import { KsmpilotError } from '../agent/errors.js';
import { readBootId } from '../agent/kernel/host-facts.js';
import { KsmWriter } from '../agent/kernel/ksm-writer.js';
import { AgentLock } from '../agent/lock.js';
import type { RestoreReport } from '../agent/model/knobs.js';
import { defaultStateDir, ensureStateDir, knobDir } from '../agent/state-dir.js';
import { withAgent } from './client.js';
import { addAgentOptions, namesAgent, type AgentFlags } from './connection.js';
import { printable } from './format.js';
import { processIo, writeJson, type Io } from './io.js';

interface RestoreFlags extends AgentFlags {
  readonly json?: boolean;
}

/** Where the host's files are, for tests. */
export interface RestoreHost {
  readonly root: string;
  readonly isRoot: boolean;
  /** Where the baseline is, and the claim of who moves the knobs. */
  readonly knobDir: string;
}

const THIS_HOST: RestoreHost = {
  root: '/',
  isRoot: process.geteuid?.() === 0,
  knobDir: knobDir(defaultStateDir()),
};

export function registerRestore(program: Command, io: Io = processIo, host: RestoreHost = THIS_HOST): void {
  addAgentOptions(program.command('restore'))
    .description('put every knob back that still holds our value: through the agent, or without one from its baseline')
    .option('--json', 'one JSON object')
    .action(async (flags: RestoreFlags) => {
      const byAgent = await restoreThroughAgent(flags);
      const report = byAgent ?? (await restoreDirectly(host));
      if (flags.json === true) writeJson(io, { by: byAgent === undefined ? 'baseline' : 'agent', ...report });
      else {
        io.stdout.write(restoreText(report));
        if (byAgent !== undefined)
          io.stderr.write('The agent observes from now on; `ksmpilot tune auto` lets it tune again.\n');
      }
      const failed = report.failed ?? [];
      if (failed.length > 0) {
        throw new KsmpilotError('KSM_KNOB_REFUSED', `not put back: ${failed.join(', ')}; the baseline is kept.`, {
          hint: 'Clear the cause named above, then run `ksmpilot restore` again.',
        });
      }
    });
}

/** @returns undefined where no agent answers; then the baseline itself is there to restore from. */
async function restoreThroughAgent(flags: AgentFlags): Promise<RestoreReport | undefined> {
  return withAgent(flags, async (agent) => {
    try {
      // Asked first: without an agent there is no token either, and its absence would hide the reason.
      await agent.host();
    } catch (error) {
      const absent = error instanceof KsmpilotError && error.code === 'AGENT_UNREACHABLE';
      if (absent && !namesAgent(flags)) return undefined;
      throw error;
    }
    return agent.restore();
  });
}

/** Restores as an agent would at its next start; an agent that runs and does not answer is not disturbed. */
async function restoreDirectly({ root, isRoot, knobDir: dir }: RestoreHost): Promise<RestoreReport> {
  if (!isRoot) {
    throw new KsmpilotError('NOT_ROOT', 'no agent answers, and without one only root can put the knobs back.', {
      hint: 'Run `sudo ksmpilot restore`.',
    });
  }
  if (!existsSync(dir)) return nothingSaved(dir);
  const bootId = readBootId(root);
  if (bootId === undefined) {
    throw new KsmpilotError('KSM_FILE_UNREADABLE', 'this kernel tells no boot id, so no baseline can be trusted.', {
      hint: 'Mount procfs at /proc.',
    });
  }
  const lock = new AgentLock({ stateDir: ensureStateDir(dir) });
  await lock.acquire();
  try {
    const store = new BaselineStore({ stateDir: dir, bootId });
    if (store.load() === undefined) return nothingSaved(dir);
    return restoreBaseline(store, new KsmWriter({ root }));
  } finally {
    lock.release();
  }
}

function nothingSaved(stateDir: string): RestoreReport {
  return { restored: [], left: [`No baseline is saved in ${stateDir}: ksmpilot has nothing to put back.`], failed: [] };
}

export function restoreText({ restored, left }: RestoreReport): string {
  const lines = [
    ...restored.map(({ knob, from, to }) => `${knob}: ${from} -> ${to}`),
    ...left.map((sentence) => printable(sentence)),
  ];
  if (restored.length === 0 && left.length === 0) lines.push('Nothing to put back.');
  return `${lines.join('\n')}\n`;
}

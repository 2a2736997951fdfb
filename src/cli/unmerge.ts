import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import { appendAudit } from '../agent/audit-log.js';
import { errnoOf, formatError, KsmpilotError } from '../agent/errors.js';
import { readHostFacts } from '../agent/kernel/host-facts.js';
import { KsmWriter } from '../agent/kernel/ksm-writer.js';
import { AgentLock, findAgent } from '../agent/lock.js';
import { defaultStateDir, ensureStateDir, knobDir } from '../agent/state-dir.js';
import {
  checkUnmerge,
  planUnmerge,
  unmergeAll,
  type UnmergePlan,
  type UnmergeResult,
} from '../agent/unmerge/unmerge.js';
import { startWriter } from '../agent/unmerge/writer-process.js';
import { withAgent } from './client.js';
import { addAgentOptions, type AgentFlags } from './connection.js';
import { confirm } from './confirm.js';
import { unmergeJson, unmergePlanText, unmergeProgress, unmergeResultText } from './format-unmerge.js';
import { processIo, writeJson, type Io } from './io.js';

interface UnmergeFlags extends AgentFlags {
  readonly yes?: boolean;
  readonly dryRun?: boolean;
  readonly stop?: boolean;
  readonly json?: boolean;
}

/** Where the host's files are, for tests. */
export interface UnmergeHost {
  readonly root: string;
  readonly isRoot: boolean;
  readonly knobDir: string;
  readonly start: typeof startWriter;
}

const THIS_HOST: UnmergeHost = {
  root: '/',
  isRoot: process.geteuid?.() === 0,
  knobDir: knobDir(defaultStateDir()),
  start: startWriter,
};

const NOTES = `
Writes 2 to /sys/kernel/mm/ksm/run from a process of its own, and then what run was before. It is refused where the host
could not hold the memory, and stopped where that runs short meanwhile. If KSM runs, it merges again afterwards: see --stop.
Needs root, and no agent in auto mode beside it.`;

export function registerUnmerge(program: Command, io: Io = processIo, host: UnmergeHost = THIS_HOST): void {
  addAgentOptions(program.command('unmerge'))
    .description('give every merged page back its own copy, after a look whether the memory is there')
    .option('--yes', 'do not ask')
    .option('--dry-run', 'tell what it takes, change nothing')
    .option('--stop', 'leave KSM stopped (run 0) afterwards')
    .option('--json', 'one JSON object')
    .addHelpText('after', NOTES)
    .action(async (flags: UnmergeFlags) => {
      const { pageSize } = readHostFacts(host.root);
      const plan = planUnmerge(pageSize, host.root);
      const runAfter = flags.stop === true ? 0 : plan.run;
      const json = flags.json === true;
      if (!json) io.stdout.write(unmergePlanText(plan, runAfter));
      if (flags.dryRun === true || plan.run === 2) {
        if (json) writeJson(io, unmergeJson(plan, undefined));
        checkUnmerge(plan);
        return;
      }
      if (!host.isRoot) {
        throw new KsmpilotError('NOT_ROOT', '/sys/kernel/mm/ksm is writable for root only', {
          hint: 'Run `sudo ksmpilot unmerge`.',
        });
      }
      checkUnmerge(plan);
      const release = await claimKnobs(flags, host.knobDir);
      try {
        if (flags.yes !== true) await confirm(io, 'Unmerge everything?');
        // Time has passed at the question.
        const now = planUnmerge(pageSize, host.root);
        checkUnmerge(now);
        const result = await carryOut(io, host, now, runAfter);
        if (json) writeJson(io, unmergeJson(now, result));
        else io.stdout.write(unmergeResultText(now, result, pageSize));
      } finally {
        release();
      }
    });
}

/**
 * Nobody may move `run` meanwhile: an agent in auto mode is asked to leave it, one in another mode writes nothing, and
 * where there is none, none can start to steer.
 *
 * @returns what gives the claim back
 * @throws KsmpilotError AGENT_RUNNING
 */
async function claimKnobs(flags: AgentFlags, dir: string): Promise<() => void> {
  const agent = existsSync(dir) ? findAgent(dir) : undefined;
  if (agent === undefined) {
    const lock = new AgentLock({ stateDir: ensureStateDir(dir) });
    await lock.acquire();
    return () => {
      lock.release();
    };
  }
  const { mode } = await withAgent(flags, (client) => client.tuner(1)).catch((error: unknown) => {
    throw new KsmpilotError('AGENT_RUNNING', `an agent runs, pid ${agent.pid}, and does not say what it does`, {
      hint: `Stop it first: kill ${agent.pid}, or systemctl stop ksmpilot.`,
      cause: error,
    });
  });
  if (mode !== 'MODE_AUTO') return () => undefined;
  throw new KsmpilotError('AGENT_RUNNING', `the agent, pid ${agent.pid}, is in auto mode and moves run itself`, {
    hint: 'Run `ksmpilot tune observe` first, and `ksmpilot tune auto` afterwards if you want it to merge again.',
  });
}

async function carryOut(io: Io, host: UnmergeHost, plan: UnmergePlan, runAfter: number): Promise<UnmergeResult> {
  const interrupt = new AbortController();
  const onSignal = (): void => {
    interrupt.abort();
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  const onProgress = (left: number): void => {
    if (io.stderr.isTTY === true) io.stderr.write(`\r\u001b[K${unmergeProgress(plan, left)}`);
  };
  const record = (result: string, after: Readonly<Record<string, unknown>>): void => {
    try {
      const before = { pages: plan.pages, run: plan.run };
      appendAudit(ensureStateDir(host.knobDir), { what: 'unmerge', before, after, result });
    } catch (error) {
      io.stderr.write(`Note: not written to the audit log in ${host.knobDir}: ${errnoOf(error) ?? String(error)}\n`);
    }
  };
  try {
    const knobs = new KsmWriter({ root: host.root });
    const { root, start } = host;
    const result = await unmergeAll({ plan, runAfter, start, knobs, onProgress, signal: interrupt.signal, root });
    record('done', { pages: result.leftPages, run: result.run });
    return result;
  } catch (error) {
    record(formatError(error), {});
    throw error;
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
    if (io.stderr.isTTY === true) io.stderr.write('\r\u001b[K');
  }
}

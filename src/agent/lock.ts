import { closeSync, openSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { errnoOf, KsmpilotError } from './errors.js';
import { readRecord } from './kernel/file.js';
import { parsePidStat, pidDir } from './kernel/pid.js';

/**
 * One agent per state directory, and so, since all agents of root share /run/ksmpilot, one per host.
 *
 * An agent claims the lock with an empty file whose *name* is its identity, `agent.lock.PID.STARTTICKS`, made with
 * O_EXCL, and then looks for claims of other processes that live. Who sees one takes its own back. Of two agents, the one
 * that looks later looks after both claims were made, so it sees the other's: never do both hold the lock. Both may
 * give up when they start at the same instant, hence a few tries at random intervals.
 *
 * A claim left by kill -9 names a process that is gone for good, as no other will have its pid and its start time. So
 * whoever finds it may remove it at any time, and there is no take-over in which two could collide.
 */

const CLAIM = /^agent\.lock\.(\d+)\.(\d+)$/;

/** Two agents that start together meet in one try as good as never more than once: a try takes under 1 ms. */
const TRIES = 5;
const TRY_AGAIN_MS = 100;

/** Claims held by this process: another lock object of it must not take a claim of its own for a leftover. */
const heldHere = new Set<string>();

export interface AgentIdentity {
  readonly pid: number;
  /** Clock ticks after boot. */
  readonly startTicks: number;
}

export class AgentLock {
  readonly #stateDir: string;
  readonly #root: string;
  readonly #pid: number;
  #held: string | undefined;

  /** @param options.root where /proc is; @param options.pid who claims (tests speak for other processes) */
  constructor(options: { stateDir: string; root?: string; pid?: number }) {
    this.#stateDir = options.stateDir;
    this.#root = options.root ?? '/';
    this.#pid = options.pid ?? process.pid;
  }

  /**
   * Resolves when this process holds the lock; does nothing when it does already.
   *
   * @throws KsmpilotError AGENT_RUNNING naming the agent that holds it; STATE_DIR_UNUSABLE
   */
  async acquire(): Promise<void> {
    for (let tries = 1; this.#held === undefined; tries += 1) {
      const other = this.#claim();
      if (other === undefined) return;
      if (tries === TRIES) throw running(other, this.#stateDir);
      await sleep(Math.random() * TRY_AGAIN_MS);
    }
  }

  /** Gives the lock back. Safe to call when it is not held. */
  release(): void {
    if (this.#held === undefined) return;
    rmSync(this.#held, { force: true });
    heldHere.delete(this.#held);
    this.#held = undefined;
  }

  /** One try. Returns the living agent in the way, if any. */
  #claim(): AgentIdentity | undefined {
    const startTicks = startOf(this.#root, this.#pid);
    if (startTicks === undefined) throw unusable(this.#stateDir, `no ${pidDir(this.#root, this.#pid)}/stat`);
    const me = { pid: this.#pid, startTicks };
    const mine = join(this.#stateDir, claimName(me));
    if (heldHere.has(mine)) return me;
    try {
      closeSync(openSync(mine, 'wx', 0o600));
    } catch (error) {
      // Nobody else makes this name: a leftover of another boot, with pid and start time equal by chance.
      if (errnoOf(error) !== 'EEXIST') throw unusable(this.#stateDir, errnoOf(error) ?? String(error), error);
    }
    const [other] = livingClaims(this.#stateDir, this.#root).filter(({ pid }) => pid !== this.#pid);
    if (other === undefined) {
      this.#held = mine;
      heldHere.add(mine);
    } else {
      rmSync(mine, { force: true });
    }
    return other;
  }
}

/** The agent that uses `stateDir`, as far as its lock tells; undefined where none runs. */
export function findAgent(stateDir: string, root = '/'): AgentIdentity | undefined {
  return livingClaims(stateDir, root)[0];
}

/** Claims of processes that live; those of dead ones are removed on the way. */
function livingClaims(stateDir: string, root: string): AgentIdentity[] {
  const living: AgentIdentity[] = [];
  for (const name of listClaims(stateDir)) {
    const [, pid, startTicks] = (CLAIM.exec(name) ?? []).map(Number);
    if (pid === undefined || startTicks === undefined) continue;
    if (startOf(root, pid) === startTicks) living.push({ pid, startTicks });
    else rmSync(join(stateDir, name), { force: true });
  }
  return living;
}

function listClaims(stateDir: string): string[] {
  try {
    return readdirSync(stateDir).filter((name) => CLAIM.test(name));
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return [];
    throw unusable(stateDir, errnoOf(error) ?? String(error), error);
  }
}

function claimName({ pid, startTicks }: AgentIdentity): string {
  return `agent.lock.${pid}.${startTicks}`;
}

function startOf(root: string, pid: number): number | undefined {
  const path = join(pidDir(root, pid), 'stat');
  const text = readRecord(path);
  if (text === undefined) return undefined;
  const stat = parsePidStat(text, path);
  // A zombie holds nothing: it has ended, and only its parent has not looked.
  return stat.state === 'Z' || stat.state === 'X' ? undefined : stat.startTicks;
}

function running({ pid }: AgentIdentity, stateDir: string): KsmpilotError {
  return new KsmpilotError('AGENT_RUNNING', `another ksmpilot runs on this host, pid ${pid} (state in ${stateDir})`, {
    hint: `See it with "ksmpilot status"; stop it with "kill ${pid}", or "systemctl stop ksmpilot" if systemd runs it.`,
  });
}

function unusable(stateDir: string, why: string, cause?: unknown): KsmpilotError {
  return new KsmpilotError('STATE_DIR_UNUSABLE', `no lock can be taken in ${stateDir}: ${why}`, {
    hint: 'Give another folder with --state-dir.',
    cause,
  });
}

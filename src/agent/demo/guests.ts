/** Starts and ends the demonstration guests: real processes whose memory KSM merges. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { KsmpilotError, formatError } from '../errors.js';
import type { Log } from '../log.js';
import { packageRoot } from '../paths.js';
import { GuestChild } from './child.js';
import { demoPlan, mergeablePages, shareablePages, shareablePagesOf } from './plan.js';
import type { GuestPlan, SharingLimits } from './plan.js';
import { parseReply } from './reply.js';
import type { GuestReply } from './reply.js';

/** One guest as views show it. */
export interface DemoGuest {
  readonly name: string;
  /** Null before its start and after its end. */
  readonly pid: number | null;
  readonly text: string;
  /** Its part of what can be saved once all guests run, in bytes. */
  readonly shareableBytes: number;
}

export interface DemoGuestsOptions {
  readonly log: Log;
  /** Bytes; 4096 by default. A guest that finds another page size refuses to start. */
  readonly pageSize?: number;
  /** /sys/kernel/mm/ksm/max_page_sharing; 256, the kernel's default, where it is not known. */
  readonly maxPageSharing?: number | undefined;
  /** /sys/kernel/mm/ksm/use_zero_pages is 1. */
  readonly useZeroPages?: boolean | undefined;
}

/** A guest fills some 100 MiB before it answers: a tenth of a second, many times that on a busy host. Milliseconds. */
const START_MS = 60_000;

/** A guest needs almost no heap, and its own pages should not outweigh what it demonstrates. */
const NODE_FLAGS = ['--max-old-space-size=64', '--max-semi-space-size=1', '--v8-pool-size=1'];

interface Running {
  readonly plan: GuestPlan;
  readonly child: GuestChild;
}

/**
 * The guests of `run --demo`. `start` resolves when all but the late one hold their memory; it rejects with
 * DEMO_REFUSED, leaving none behind, when one cannot be started. A guest ends with this process however that ends.
 */
export class DemoGuests {
  readonly #log: Log;
  readonly #pageSize: number;
  readonly #plan: readonly GuestPlan[];
  readonly #limits: SharingLimits;
  readonly #running = new Map<string, Running>();
  #stopping = new AbortController();

  constructor({ log, pageSize = 4096, maxPageSharing = 256, useZeroPages = false }: DemoGuestsOptions) {
    this.#log = log;
    this.#pageSize = pageSize;
    this.#plan = demoPlan(pageSize);
    this.#limits = { maxPageSharing, useZeroPages };
  }

  async start(): Promise<void> {
    this.#stopping = new AbortController();
    const { signal } = this.#stopping;
    try {
      await Promise.all(this.#plan.filter((plan) => plan.delaySec === 0).map((plan) => this.#startOne(plan)));
    } catch (error) {
      await this.stop();
      throw error;
    }
    for (const plan of this.#plan) {
      if (plan.delaySec > 0) void this.#startLater(plan, signal);
    }
  }

  /** Resolves when no guest is left. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all([...this.#running.values()].map(({ child }) => child.stop()));
  }

  describe(): readonly DemoGuest[] {
    return this.#plan.map((plan) => ({
      name: plan.name,
      pid: this.#running.get(plan.name)?.child.pid ?? null,
      text: plan.text,
      shareableBytes: shareablePagesOf(plan, this.#plan, this.#limits) * this.#pageSize,
    }));
  }

  /** What KSM saves when all guests run and everything equal is merged; see {@link shareablePages}. Bytes. */
  shareableBytes(): number {
    return shareablePages(this.#plan, this.#limits) * this.#pageSize;
  }

  /** Memory that all guests together offer for merging. Bytes. */
  mergeableBytes(): number {
    return mergeablePages(this.#plan) * this.#pageSize;
  }

  async #startLater(plan: GuestPlan, signal: AbortSignal): Promise<void> {
    try {
      await sleep(plan.delaySec * 1000, undefined, { signal, ref: false });
      await this.#startOne(plan);
    } catch (error) {
      if (!signal.aborted)
        this.#log.warn('a demonstration guest did not start', { guest: plan.name, error: formatError(error) });
    }
  }

  async #startOne(plan: GuestPlan): Promise<void> {
    const child = spawnGuest(plan);
    this.#running.set(plan.name, { plan, child });
    void child.ended.then((how) => {
      this.#running.delete(plan.name);
      if (this.#stopping.signal.aborted) return;
      this.#log.warn('a demonstration guest has ended', { guest: plan.name, how });
    });
    const reply = await firstReply(child);
    if (!reply.ready) throw refusal(plan, reply);
    if (reply.pageSize !== this.#pageSize) {
      const message = `the page size is ${reply.pageSize}, not ${this.#pageSize}`;
      throw refusal(plan, { ready: false, message, noLibc: false });
    }
    this.#log.info('demonstration guest started', { guest: plan.name, pid: reply.pid });
  }
}

/** Where the guest's compiled program lies, in a checkout and in an installed package alike. */
function guestProgram(): string {
  const file = join(packageRoot, 'dist', 'src', 'agent', 'demo', 'guest.js');
  if (existsSync(file)) return file;
  throw new KsmpilotError('DEMO_REFUSED', `the program of the demonstration guests is missing: ${file}`, {
    hint: 'build it with npm run build.',
  });
}

function spawnGuest(plan: GuestPlan): GuestChild {
  return GuestChild.start({
    program: process.execPath,
    args: [...NODE_FLAGS, guestProgram(), JSON.stringify(plan)],
    // A debugger or a preloaded module of the agent is no business of its guests.
    env: { NODE_OPTIONS: '', UV_THREADPOOL_SIZE: '1' },
    endBy: 'eof',
  });
}

/** The guest's first line; its end or silence is told as a refusal of its own. */
async function firstReply(child: GuestChild): Promise<GuestReply> {
  try {
    return parseReply(await child.hear(() => true, START_MS));
  } catch (error) {
    return { ready: false, message: error instanceof Error ? error.message : String(error), noLibc: false };
  }
}

function refusal(plan: GuestPlan, { message, noLibc }: Extract<GuestReply, { ready: false }>): KsmpilotError {
  return new KsmpilotError('DEMO_REFUSED', `demonstration guest ${plan.name} cannot be started: ${message}`, {
    hint: noLibc
      ? 'it needs the optional package koffi (npm ci --include=optional) and glibc.'
      : 'see that about 700 MiB of memory are free and that this kernel has KSM (ksmpilot doctor).',
  });
}

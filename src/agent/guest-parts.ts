import type { Config } from './config.js';
import { controlOf } from './guest-control/control.js';
import { MergeRecords } from './guest-control/merge-record.js';
import { GuestDesk } from './guest-desk.js';
import { GuestPolicy } from './guest-policy.js';
import { policySettings } from './guests-config.js';
import { jobThreads } from './jobs/thread.js';
import type { HostFacts } from './kernel/host-facts.js';
import { readProcessFacts } from './kernel/process-facts.js';
import type { KnobDesk } from './knob-desk.js';
import { findAgent } from './lock.js';
import type { Log } from './log.js';
import type { Point } from './model/derived.js';
import type { AgentEventBody } from './model/event.js';
import type { GuestIdentity, GuestTable } from './model/guest.js';
import type { PolicyGuest } from './policy/policy-guest.js';
import type { GuestCalls } from './rpc/port.js';
import { WhatIf } from './what-if/what-if.js';

export interface GuestPartsOptions {
  readonly config: Config;
  readonly facts: HostFacts;
  readonly table: () => GuestTable | undefined;
  readonly pilot: Pick<KnobDesk['pilot'], 'mode' | 'paused' | 'settings'>;
  /** Points at or after a time, oldest first. */
  readonly pointsSince: (sinceMs: number) => readonly Point[];
  /** Of guests' former settings and the audit log: one a host. */
  readonly stateDir: string;
  readonly emit: (event: AgentEventBody) => void;
  readonly now: () => number;
  readonly monoMs: () => number;
  readonly log: Log;
}

export interface GuestParts {
  readonly calls: GuestCalls;
  readonly policy: GuestPolicy;
}

/** All that is answered about single guests and done with them, wired together. Nothing is begun yet. */
export function guestParts(options: GuestPartsOptions): GuestParts {
  const { config, facts, table, pilot, pointsSince, stateDir, emit, now, monoMs, log } = options;
  const doJob = jobThreads();
  const desk = new GuestDesk({ table, doJob, isRoot: facts.root, stateDir, log });
  const whatIf = new WhatIf({
    pointsSince,
    settings: () => pilot.settings,
    pageSize: facts.pageSize,
    memTotalBytes: facts.memTotalBytes,
    doJob,
    now,
  });
  const policy = new GuestPolicy({
    settings: policySettings(config.guests),
    keepAtExit: config.guests.keepAtExit,
    table,
    mode: () => pilot.mode,
    paused: () => pilot.paused,
    change: (work) => desk.change(work),
    records: {
      policy: new MergeRecords(stateDir, 'policy'),
      operator: new MergeRecords(stateDir, 'operator'),
    },
    control: controlNow,
    isAlone: () => facts.root && [undefined, process.pid].includes(findAgent(stateDir)?.pid),
    emit,
    monoMs,
    now,
    log,
  });
  return {
    policy,
    calls: {
      why: (guest, signal) => desk.why(guest, signal),
      map: (guest, signal) => desk.map(guest, signal),
      merge: (call, signal) => desk.merge(call, signal),
      policy: () => policy.report(),
      whatIf: (question, signal) => whatIf.ask(question, signal),
    },
  };
}

/** null: its process cannot be read now. */
function controlNow(guest: GuestIdentity): PolicyGuest['control'] {
  const reading = readProcessFacts('/', guest.pids[0] ?? 0, guest.startTicks);
  if (reading.state !== 'read') return null;
  const control = controlOf(guest, reading.facts, false);
  return control.type === 'qmp' ? { switchable: true, why: '' } : { switchable: false, why: control.why };
}

/** The table of guests: who there is, what each saves and costs, and what was counted for it. */

import type { Derived } from '../model/derived.js';
import type { GuestAccount, GuestIdentity, GuestRow, GuestTable } from '../model/guest.js';
import type { ProcessLifetimes } from '../model/probe.js';
import type { ProcessRaw, Sample } from '../model/raw.js';
import { accountsOf, type GuestProcesses } from './accounts.js';
import { GuestLedger, type LedgerEntry } from './ledger.js';
import { GuestLifetimes } from './lifetimes.js';
import { GuestRegistry, type Known, type ReadFacts } from './registry.js';

export interface GuestInput {
  readonly sample: Sample;
  readonly derived: Derived;
  readonly pageSize: number;
  /** GiB that are worth one core. */
  readonly gibPerCore: number;
  /** Processes that may be guests without KSM having to do with them; those of the sample need not be there. */
  readonly others?: readonly Known[];
  /** Merge lifetimes by process, where they are measured. */
  readonly lifetimes?: ProcessLifetimes | undefined;
}

/** Kinds whose merge state is the main process's: the rest are helpers of a virtual machine. */
const MACHINES: ReadonlySet<string> = new Set([
  'libvirt',
  'openstack',
  'kubevirt',
  'proxmox',
  'qemu',
  'cloud-hypervisor',
  'firecracker',
  'kata',
]);

export class GuestBoard {
  readonly #registry: GuestRegistry;
  readonly #ledger = new GuestLedger();
  readonly #lifetimes = new GuestLifetimes();

  /** @param read reads one process, bounded and without throwing: readProcessFacts of kernel/process-facts.ts */
  constructor(read: ReadFacts) {
    this.#registry = new GuestRegistry(read);
  }

  update(input: GuestInput): GuestTable {
    const { sample, derived, pageSize, gibPerCore } = input;
    const processes = processesOf(input);
    const { guests, pending } = this.#registry.update([...processes.values()], sample.monoMs);
    const told = {
      startTicks: new Map([...processes].map(([pid, { startTicks }]) => [pid, startTicks])),
      identities: identitiesOf(guests, pending),
      monoMs: sample.monoMs,
    };
    this.#ledger.update({ ...told, rows: derived.processes });
    this.#lifetimes.update({ ...told, lifetimes: input.lifetimes });
    const accounts = accountsOf({
      ksm: sample.ksm,
      ksmdCores: derived.ksmdCpuPct === null ? null : derived.ksmdCpuPct / 100,
      gibPerCore,
      pageSize,
      guests: guests.map((guest) => withProcesses(guest, processes)),
    });
    const rows: GuestRow[] = [];
    for (const [index, guest] of guests.entries()) {
      const account = accounts.guests[index];
      if (account === undefined) continue;
      const { identity } = guest;
      rows.push(rowOf(guest, account, this.#ledger.of(identity), this.#lifetimes.medianSec(identity)));
    }
    return { timeMs: sample.timeMs, guests: rows, rest: accounts.rest, pending: pending.size };
  }
}

/** Each field by name: with four spreads a row took 23 us more, as objects made so get slow properties. */
function rowOf(guest: GuestIdentity, account: GuestAccount, entry: LedgerEntry, lifetime: number | null): GuestRow {
  return {
    kind: guest.kind,
    name: guest.name,
    id: guest.id,
    identity: guest.identity,
    key: guest.key,
    pids: guest.pids,
    startTicks: guest.startTicks,
    doubts: guest.doubts,
    mergeableBytes: account.mergeableBytes,
    savedBytes: account.savedBytes,
    zeroBytes: account.zeroBytes,
    rmapItemBytes: account.rmapItemBytes,
    ksmdCores: account.ksmdCores,
    worthCores: account.worthCores,
    merge: account.merge,
    mergesTotal: entry.mergesTotal,
    cowBreaksTotal: entry.cowBreaksTotal,
    cowBreaksSeen: entry.cowBreaksSeen,
    zeroBreaksTotal: entry.zeroBreaksTotal,
    mergesPerSec: entry.mergesPerSec,
    cowBreaksPerSec: entry.cowBreaksPerSec,
    mergeLifetimeP50Sec: lifetime,
  };
}

/** Of a process that the sample does not list, only a kernel that sees offers can say that it offers nothing. */
function processesOf({ sample, others = [] }: GuestInput): ReadonlyMap<number, ProcessRaw> {
  const processes = new Map<number, ProcessRaw>(sample.processes.map((process) => [process.pid, process]));
  for (const { pid, startTicks, comm } of others) {
    if (processes.has(pid)) continue;
    processes.set(pid, { pid, startTicks, comm, ...(sample.seesOffers === true ? { ksm_mergeable: false } : {}) });
  }
  return processes;
}

function identitiesOf(guests: readonly GuestIdentity[], pending: ReadonlySet<number>): ReadonlyMap<number, string> {
  const identities = new Map<number, string>();
  for (const { identity, pids } of guests) for (const pid of pids) if (!pending.has(pid)) identities.set(pid, identity);
  return identities;
}

function withProcesses({ kind, pids }: GuestIdentity, processes: ReadonlyMap<number, ProcessRaw>): GuestProcesses {
  const [main] = pids;
  const own: ProcessRaw[] = [];
  for (const pid of pids) {
    const process = processes.get(pid);
    if (process !== undefined) own.push(process);
  }
  return {
    processes: own,
    ...(MACHINES.has(kind) && main !== undefined ? { machine: main } : {}),
  };
}

/** Switches the merging of one running QEMU guest on or off: looked at, checked, done, verified. */

import { KsmpilotError } from '../errors.js';
import { readMeminfo } from '../kernel/meminfo.js';
import { readMemoryRoom, type MemoryRoom } from '../kernel/memory-limit.js';
import { glanceAtProcess } from '../kernel/process-facts.js';
import type { MergeGoal } from '../model/guest-answer.js';
import type { ProcessFacts } from '../model/guest.js';
import { listMemoryBackends, queryName, setMerge, type MemoryBackend } from '../qmp/backends.js';
import { QmpConnection, type QmpOptions } from '../qmp/connection.js';
import { openSocketPath } from '../qmp/socket-path.js';
import { unmergeRisk, type UnmergeRisk } from '../risk.js';
import type { Control } from './control.js';
import type { MergeRecord, MergeRecords } from './merge-record.js';
import { neededBytes, readStanding, type MergeStanding } from './standing.js';

export interface MergeChange {
  readonly backend: MemoryBackend;
  readonly to: boolean;
}

/** What there is and what would be done. */
export interface MergePlan {
  readonly goal: MergeGoal;
  readonly backends: readonly MemoryBackend[];
  /** Empty: it is as asked for already. */
  readonly changes: readonly MergeChange[];
  readonly standing: MergeStanding;
  /** Of what is switched off; undefined where nothing is, or the host does not tell. */
  readonly risk: UnmergeRisk | undefined;
  /** The tightest limit above the guest's process. */
  readonly room: MemoryRoom | undefined;
}

export interface SwitchHost {
  readonly root: string;
  readonly pageSize: number;
  readonly records: MergeRecords;
  readonly qmp?: QmpOptions;
}

type QmpControl = Extract<Control, { type: 'qmp' }>;

export class MergeSwitch {
  readonly #host: SwitchHost;
  readonly #facts: ProcessFacts;
  readonly #control: QmpControl;

  /** @param facts of the guest's QEMU */
  constructor(host: SwitchHost, facts: ProcessFacts, control: QmpControl) {
    this.#host = host;
    this.#facts = facts;
    this.#control = control;
  }

  /** Connects briefly, reads, and leaves the monitor to others. @throws KsmpilotError */
  async plan(goal: MergeGoal): Promise<MergePlan> {
    const record = this.#record(goal);
    return this.#withMonitor(async (qmp) => this.#planOf(goal, record, await listMemoryBackends(qmp)));
  }

  /**
   * Looks again, since time has passed, and changes what differs. What was is kept on disk before.
   *
   * @returns how the process stands afterwards
   * @throws KsmpilotError MEMORY_SHORT with the figures, and nothing was changed; MERGE_NOT_FOLLOWED; those of QMP
   */
  async carryOut(goal: MergeGoal): Promise<{ readonly plan: MergePlan; readonly after: MergeStanding }> {
    const record = this.#record(goal);
    return this.#withMonitor(async (qmp) => {
      const plan = this.#planOf(goal, record, await listMemoryBackends(qmp));
      checkMemory(plan);
      const { records, pageSize, root } = this.#host;
      if (plan.changes.length > 0) {
        records.keep(this.#facts, new Map(plan.changes.map(({ backend }) => [backend.path, backend.merge])));
      }
      records.claim(this.#facts);
      for (const { backend, to } of plan.changes) await setMerge(qmp, backend, to);
      const after = readStanding(this.#facts.pid, pageSize, root);
      checkFollowed(plan, after);
      if (goal === 'restore') records.forget(this.#facts);
      return { plan, after };
    });
  }

  #record(goal: MergeGoal): MergeRecord {
    return goal === 'restore' ? this.#host.records.load(this.#facts) : new Map();
  }

  #planOf(goal: MergeGoal, record: MergeRecord, backends: readonly MemoryBackend[]): MergePlan {
    const { root, pageSize } = this.#host;
    if (backends.length === 0) {
      throw new KsmpilotError('QMP_REFUSED', 'QEMU has no memory backend that could be switched', {
        hint: 'A QEMU before 5.0, with memory that was not named: start it with -machine mem-merge=off or on.',
      });
    }
    const changes = backends.flatMap((backend): MergeChange[] => {
      const to = goal === 'restore' ? (record.get(backend.path) ?? backend.merge) : goal === 'on';
      return to === backend.merge ? [] : [{ backend, to }];
    });
    const standing = readStanding(this.#facts.pid, pageSize, root);
    const unmerges = changes.some(({ to }) => !to);
    return {
      goal,
      backends,
      changes,
      standing,
      risk: unmerges ? riskOf(standing, root) : undefined,
      room: unmerges ? readMemoryRoom(this.#facts.cgroup ?? '', root) : undefined,
    };
  }

  async #withMonitor<T>(work: (qmp: QmpConnection) => Promise<T>): Promise<T> {
    const { root } = this.#host;
    const { pid, startTicks } = this.#facts;
    if (glanceAtProcess(root, pid)?.startTicks !== startTicks) {
      throw new KsmpilotError('PROCESS_ABSENT', `process ${pid} has ended`, { hint: 'Was the guest restarted?' });
    }
    const qmp = await this.#connect();
    try {
      await this.#checkName(qmp);
      return await work(qmp);
    } finally {
      qmp.close();
    }
  }

  /** The first socket that can be had; of those that cannot, the first one's reason. */
  async #connect(): Promise<QmpConnection> {
    let first: unknown;
    for (const path of this.#control.sockets) {
      try {
        const socket = openSocketPath(decoded(path), { ...this.#facts, uid: this.#facts.uid, root: this.#host.root });
        try {
          return await QmpConnection.open(socket.path, { ...this.#host.qmp, name: socket.name });
        } finally {
          socket.close();
        }
      } catch (error) {
        if (!(error instanceof KsmpilotError)) throw error;
        first ??= error;
      }
    }
    throw first;
  }

  /** Two guests that were given one path: the later one has it, and is not the one that was meant. */
  async #checkName(qmp: QmpConnection): Promise<void> {
    const told = await queryName(qmp);
    const expected = this.#control.name === undefined ? undefined : decoded(this.#control.name);
    if (told === expected) return;
    const name = (text: string | undefined): string => (text === undefined ? 'without a name' : JSON.stringify(text));
    throw new KsmpilotError(
      'QMP_FAILED',
      `at the guest's monitor answers a guest ${name(told)}, not ${name(expected)}`,
      {
        hint: 'Another QEMU was started with the same socket path: give each its own.',
      },
    );
  }
}

function riskOf(standing: MergeStanding, root: string): UnmergeRisk | undefined {
  const { MemAvailable, MemTotal } = readMeminfo(root) ?? {};
  if (MemAvailable === undefined || MemTotal === undefined) return undefined;
  return unmergeRisk({
    neededBytes: neededBytes(standing),
    availableBytes: MemAvailable * 1024,
    memTotalBytes: MemTotal * 1024,
  });
}

/** @throws KsmpilotError MEMORY_SHORT */
export function checkMemory({ changes, risk, room }: MergePlan): void {
  if (!changes.some(({ to }) => !to)) return;
  if (risk === undefined) {
    throw new KsmpilotError('MEMORY_SHORT', 'this kernel does not tell how much memory is available', {
      hint: 'It needs MemAvailable in /proc/meminfo (Linux 3.14).',
    });
  }
  const { neededBytes: needed, availableBytes, marginBytes } = risk;
  const figures = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
  if (!risk.fits) {
    throw new KsmpilotError(
      'MEMORY_SHORT',
      `unmerging takes up to ${figures(needed)}; ${figures(availableBytes)} are available, of which ${figures(marginBytes)} must be left`,
      { hint: 'Make memory free first: move or stop other guests, or shrink some by their balloons.' },
    );
  }
  if (room !== undefined && needed > room.roomBytes) {
    throw new KsmpilotError(
      'MEMORY_SHORT',
      `unmerging takes up to ${figures(needed)}; the control group ${room.group} has room for ${figures(room.roomBytes)} below its limit of ${figures(room.limitBytes)}`,
      { hint: `Raise its limit first: memory.max in /sys/fs/cgroup${room.group}, or MemoryMax= of its unit.` },
    );
  }
}

/** Of the memory switched, this much may be missing: areas that the kernel cannot merge, as device memory in between. */
const SLACK = 0.05;

/** @throws KsmpilotError MERGE_NOT_FOLLOWED */
function checkFollowed({ changes, standing }: MergePlan, after: MergeStanding): void {
  const sum = (to: boolean): number =>
    changes
      .filter((change) => change.to === to && !change.backend.share)
      .reduce((all, { backend }) => all + backend.sizeBytes, 0);
  const [on, off] = [sum(true), sum(false)];
  const low = standing.mergeableBytes + on * (1 - SLACK) - off;
  const high = Math.max(0, standing.mergeableBytes - off) + on + off * SLACK;
  if (after.mergeableBytes >= low && after.mergeableBytes <= high) return;
  const mib = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MiB`;
  throw new KsmpilotError(
    'MERGE_NOT_FOLLOWED',
    `QEMU took the change, but ${mib(after.mergeableBytes)} of its memory are mergeable now, and were ${mib(standing.mergeableBytes)} before`,
    {
      hint:
        on > 0
          ? 'Memory in huge pages (hugetlbfs) and shared memory never merge. `ksmpilot guest GUEST merge restore` puts back what was.'
          : 'The kernel log may say why: dmesg | tail. `ksmpilot guest GUEST merge restore` puts back what was.',
    },
  );
}

/** The text of a byte string. A path that is not UTF-8 is not found. */
function decoded(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

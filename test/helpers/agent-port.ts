/** A small agent for tests of the services and of the CLI: its data is set by the test, its calls are recorded. */

import { KsmpilotError } from '../../src/agent/errors.js';
import { EMPTY_TALLY, tallied, type DecisionTally } from '../../src/agent/model/decision-tally.js';
import type { Derived, Point, ProcessRow } from '../../src/agent/model/derived.js';
import type { AgentEvent, RecordedDecision } from '../../src/agent/model/event.js';
import type { GuestAccount, GuestRow, GuestTable } from '../../src/agent/model/guest.js';
import type { HostInfo } from '../../src/agent/model/host.js';
import type { Baseline, RestoreReport } from '../../src/agent/model/knobs.js';
import type { CowTotals } from '../../src/agent/model/probe.js';
import type { SideChannelReport } from '../../src/agent/model/side-channel.js';
import type { AgentPort, GuestCalls, LogPort, PastCalls } from '../../src/agent/rpc/port.js';
import { Ring } from '../../src/agent/store/ring.js';
import type { Mode, TunerSettings } from '../../src/tuner/types.js';

export class TestAgent implements AgentPort {
  readonly calls: string[] = [];
  readonly points = new Ring<Point>(1000);
  readonly events = new Ring<AgentEvent>(1000);
  readonly pointListeners = new Set<(point: Point) => void>();
  readonly eventListeners = new Set<(event: AgentEvent) => void>();
  hostInfo: HostInfo = testHost();
  currentMode: Mode = 'observe';
  isPaused = false;
  recorded: RecordedDecision[] = [];
  currentSettings: TunerSettings = {
    gibPerCore: 8,
    maxCpuPct: 50,
    minFullScanSec: 2,
    maxFullScanSec: 600,
    mayStart: true,
    mayStop: true,
    smartScan: true,
  };
  savedBaseline: Baseline | undefined;
  restoreReport: RestoreReport = { restored: [], left: [], failed: [] };
  /** Thrown by the next call that changes something. */
  refusal: Error | undefined;
  guestTable: GuestTable | undefined;
  sideChannelReport: SideChannelReport = { state: 'off', detail: 'off: a test', threshold: 0.5, suspects: [] };

  host(): HostInfo {
    return this.hostInfo;
  }
  latest(): Point | undefined {
    return this.points.newest;
  }
  pointsSince(sinceMs: number): readonly Point[] {
    return this.points.since((point) => point.sample.timeMs >= sinceMs);
  }
  onPoint(listener: (point: Point) => void): () => void {
    this.pointListeners.add(listener);
    return () => this.pointListeners.delete(listener);
  }
  sideChannel(): SideChannelReport {
    return this.sideChannelReport;
  }
  guests(): GuestTable | undefined {
    return this.guestTable;
  }
  eventsSince(sinceMs: number): readonly AgentEvent[] {
    return this.events.since((event) => event.timeMs >= sinceMs);
  }
  onEvent(listener: (event: AgentEvent) => void): () => void {
    this.eventListeners.add(listener);
    return () => this.eventListeners.delete(listener);
  }
  mode(): Mode {
    return this.currentMode;
  }
  paused(): boolean {
    return this.isPaused;
  }
  decisions(count: number): readonly RecordedDecision[] {
    return this.recorded.slice(-count);
  }
  decisionTally(): DecisionTally {
    return this.recorded.reduce(tallied, EMPTY_TALLY);
  }
  settings(): TunerSettings {
    return this.currentSettings;
  }
  configJson(): string {
    return JSON.stringify({ mode: this.currentMode });
  }
  baseline(): Baseline | undefined {
    return this.savedBaseline;
  }
  async setMode(mode: Mode): Promise<void> {
    this.#called(`setMode ${mode}`);
    await Promise.resolve();
    this.currentMode = mode;
  }
  pause(): void {
    this.#called('pause');
    this.isPaused = true;
  }
  resume(): void {
    this.#called('resume');
    this.isPaused = false;
  }
  async restore(): Promise<RestoreReport> {
    this.#called('restore');
    await Promise.resolve();
    this.currentMode = 'observe';
    return this.restoreReport;
  }
  updateSettings(change: Partial<TunerSettings>): void {
    this.#called(`updateSettings ${JSON.stringify(change)}`);
    const next = { ...this.currentSettings, ...change };
    if (next.minFullScanSec > next.maxFullScanSec) {
      throw new KsmpilotError('CONFIG_INVALID', 'tuner.minFullScanSec is above tuner.maxFullScanSec.');
    }
    this.currentSettings = next;
  }

  /** Set by the tests of these calls. */
  guestCalls: GuestCalls = {
    why: () => Promise.reject(noGuest()),
    map: () => Promise.reject(noGuest()),
    merge: () => Promise.reject(noGuest()),
    policy: () => ({ active: false, mode: this.currentMode, mergingGroup: undefined, rows: [] }),
    whatIf: () => Promise.reject(new KsmpilotError('HISTORY_SHORT', 'there is no history.')),
  };

  /** Set by the tests of these calls. */
  past: PastCalls = {
    history: () => Promise.reject(new KsmpilotError('HISTORY_UNAVAILABLE', 'there is no history: it is switched off')),
    events: () => Promise.resolve({ events: this.events.last(1000), more: false }),
  };

  addPoint(point: Point): void {
    this.points.push(point);
    for (const listener of [...this.pointListeners]) listener(point);
  }
  addEvent(event: AgentEvent): void {
    this.events.push(event);
    for (const listener of [...this.eventListeners]) listener(event);
  }

  #called(what: string): void {
    this.calls.push(what);
    const refusal = this.refusal;
    this.refusal = undefined;
    if (refusal !== undefined) throw refusal;
  }
}

function noGuest(): KsmpilotError {
  return new KsmpilotError('GUEST_ABSENT', 'no guest of this host is called that');
}

export class RecordingLog implements LogPort {
  readonly lines: { level: string; message: string; fields: Readonly<Record<string, unknown>> }[] = [];
  info(message: string, fields = {}): void {
    this.lines.push({ level: 'info', message, fields });
  }
  warn(message: string, fields = {}): void {
    this.lines.push({ level: 'warn', message, fields });
  }
  error(message: string, fields = {}): void {
    this.lines.push({ level: 'error', message, fields });
  }
}

export function testHost(change: Partial<HostInfo> = {}): HostInfo {
  return {
    hostname: 'hv1',
    kernelRelease: '6.18.0',
    machine: 'x86_64',
    pageSize: 4096,
    cpus: 2,
    ksmpilotVersion: '0.1.0',
    ksmPresent: true,
    ksmFeatures: ['run', 'pages_to_scan'],
    probes: [],
    rivals: [],
    problems: [],
    root: true,
    agentStartedMs: 1_700_000_000_000,
    ...change,
  };
}

/** Everything that a host can fail to say is null. */
export function testDerived(seq: number, change: Partial<Derived> = {}): Derived {
  return {
    seq,
    timeMs: 1_700_000_000_000 + seq * 1000,
    savedBytes: null,
    profitBytes: null,
    memory: null,
    ksmdCpuPct: null,
    scanPagesPerSec: null,
    skippedPagesPerSec: null,
    mergesPerSec: null,
    cowBreaksPerSec: null,
    mergesTotal: null,
    cowBreaksTotal: null,
    cowBreaksAttributedTotal: null,
    cowBreaksUnattributedTotal: null,
    cowBreaksEstimatedTotal: null,
    zeroBreaksTotal: null,
    fullScansTotal: null,
    netCores: null,
    offeredBytes: null,
    memAvailableBytes: null,
    cpuPressurePct: null,
    memoryPressurePct: null,
    unmergeNeededBytes: null,
    unmergeUsableBytes: null,
    processes: [],
    ...change,
  };
}

export function testRow(change: Partial<ProcessRow> & Pick<ProcessRow, 'pid' | 'comm'>): ProcessRow {
  return {
    savedBytes: null,
    mergingPages: null,
    zeroPages: null,
    rmapItems: null,
    profitBytes: null,
    anonBytes: null,
    mergesTotal: null,
    cowBreaksTotal: null,
    cowBreaksSeen: null,
    zeroBreaksTotal: null,
    ended: false,
    ...change,
  };
}

/** A guest of which nothing but its name is known. */
export function testGuest(change: Partial<GuestRow> & Pick<GuestRow, 'kind' | 'name' | 'pids'>): GuestRow {
  const [pid = 0] = change.pids;
  return {
    id: `${pid}@${pid}`,
    identity: `${change.kind}/${change.name}`,
    key: `${change.kind}/${change.name}#${pid}.${pid}`,
    startTicks: pid,
    doubts: [],
    ...NO_ACCOUNT,
    mergesTotal: null,
    cowBreaksTotal: null,
    cowBreaksSeen: null,
    zeroBreaksTotal: null,
    mergesPerSec: null,
    cowBreaksPerSec: null,
    mergeLifetimeP50Sec: null,
    ...change,
  };
}

const NO_ACCOUNT: GuestAccount = {
  mergeableBytes: null,
  savedBytes: null,
  zeroBytes: null,
  rmapItemBytes: null,
  ksmdCores: null,
  worthCores: null,
  merge: null,
};

export function testGuests(guests: readonly GuestRow[], rest: Partial<GuestAccount> = {}, pending = 0): GuestTable {
  return { timeMs: 1_700_000_000_000, guests, rest: { ...NO_ACCOUNT, ...rest }, pending };
}

/** What the COW program tells before anything broke. */
export function testCow(): CowTotals {
  return {
    tier: 'tracepoint',
    attributed: 0,
    byUser: 0,
    byKernel: 0,
    byGuest: 0,
    zero: 0,
    mergeLifetime: [],
    lifetimeSampledOneIn: 1,
  };
}

export function testPoint(
  seq: number,
  change: Partial<Derived> = {},
  parts: Partial<Pick<Point['sample'], 'ksm' | 'ksmd'>> & { readonly probes?: Partial<Point['probes']> } = {},
): Point {
  const derived = testDerived(seq, change);
  return {
    sample: {
      seq,
      timeMs: derived.timeMs,
      monoMs: seq * 1000,
      ...(parts.ksm === undefined ? {} : { ksm: parts.ksm }),
      ...(parts.ksmd === undefined ? {} : { ksmd: parts.ksmd }),
      processes: [],
      sources: [],
    },
    probes: { processes: [], lostEvents: 0, states: [], ...parts.probes },
    derived,
  };
}

export function testDecision(id: number, change: Partial<RecordedDecision['decision']> = {}): RecordedDecision {
  return {
    timeMs: 1_700_000_000_000 + id * 1000,
    written: true,
    decision: {
      id,
      monoMs: id * 1000,
      phase: 'track',
      reason: `Reason of decision ${id}.`,
      wanted: null,
      changes: [],
      estimates: [],
      expectation: null,
      outcome: null,
      ...change,
    },
  };
}

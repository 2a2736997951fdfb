/** The past of the host that never was, as GetHistory and ListEvents tell it: frames of fake-frames.ts, rolled up. */

import type { EventFrame } from '../../proto/generated/ksmpilot/v1/EventFrame.js';
import type { History } from '../../proto/generated/ksmpilot/v1/History.js';
import type { SampleFrame } from '../../proto/generated/ksmpilot/v1/SampleFrame.js';
import { decisionsAt, eventsAt, frameAt, type Profile } from './fake-frames.js';

export interface FakePast {
  readonly startedMs: number;
  /** Seconds of history before the agent's start. */
  readonly pastSec: number;
  readonly profile: Profile;
}

interface Asked {
  readonly from_ms: number;
  readonly to_ms: number;
  readonly points: number;
  readonly fields: readonly string[];
  readonly guest: string;
}

const HOUR_SEC = 3_600;
const DAY_SEC = 86_400;
/** Resolutions of the real thing: samples, minutes, hours. */
const RESOLUTIONS = [1, 60, HOUR_SEC] as const;
/** Samples that a point is made of here, however long it is. */
const PARTS = 3;

/** Before the agent's start the host was busy by day and quiet by night. */
export function pastFrame(timeMs: number, { startedMs, profile }: FakePast): SampleFrame {
  const sec = (timeMs - startedMs) / 1_000;
  if (sec >= 0) return frameAt(0, timeMs, sec, profile);
  const ofDay = (timeMs / 1_000) % DAY_SEC;
  const busy = 0.5 - 0.5 * Math.cos((2 * Math.PI * ofDay) / DAY_SEC);
  const frame = frameAt(0, timeMs, 260 + ((timeMs / 1_000) % 300), profile);
  const part = 0.35 + 0.65 * busy;
  const scaled = (value: number | string | { toString(): string } | undefined): number =>
    Math.round(Number(value) * part);
  return {
    ...frame,
    saved_bytes: scaled(frame.saved_bytes),
    profit_bytes: scaled(frame.profit_bytes),
    unmerge_needed_bytes: scaled(frame.saved_bytes),
    ksmd_cpu_pct: Number(frame.ksmd_cpu_pct) * part,
    net_cores: Number(frame.net_cores) * part,
  };
}

export function historyOf(past: FakePast, asked: Asked, nowMs: number): History {
  const oldestMs = past.startedMs - past.pastSec * 1_000;
  const fromMs = Math.max(asked.from_ms, oldestMs);
  const toMs = Math.min(asked.to_ms === 0 ? nowMs : asked.to_ms, nowMs);
  const most = asked.points === 0 ? 600 : asked.points;
  const least = (toMs - fromMs) / 1_000 / most;
  const base = RESOLUTIONS.findLast((resolution) => resolution <= Math.max(1, least)) ?? 1;
  const step = Math.max(1, Math.ceil(least / base)) * base * 1_000;
  const times: number[] = [];
  for (let at = Math.ceil(fromMs / step) * step; at < toMs; at += step) times.push(at);
  const rows = times.map((at) =>
    Array.from({ length: step === 1_000 ? 1 : PARTS }, (_, part) => pastFrame(at + (part * step) / PARTS, past)),
  );
  // A guest has a part of what the host has, each another.
  const share = asked.guest === '' ? 1 : 0.04 + (asked.guest.length % 7) / 30;
  const names = asked.fields.filter((name) => rows[0] !== undefined && valueOf(rows[0][0], name) !== undefined);
  return {
    resolution_ms: step,
    time_ms: times,
    oldest_ms: oldestMs,
    problem: '',
    columns: names.map((name) => {
      const known = rows.map((parts) => parts.map((frame) => (valueOf(frame, name) ?? NaN) * share));
      const isRaw = step === 1_000;
      return {
        name,
        mean: known.map((values) => values.reduce((sum, value) => sum + value, 0) / values.length),
        min: isRaw ? [] : known.map((values) => Math.min(...values)),
        max: isRaw ? [] : known.map((values) => Math.max(...values)),
      };
    }),
  };
}

function valueOf(frame: SampleFrame | undefined, name: string): number | undefined {
  const value: unknown = frame?.[name as keyof SampleFrame] ?? frame?.knobs?.[name as keyof typeof frame.knobs];
  return typeof value === 'number' ? value : undefined;
}

/** A decision every three hours before the agent's start, a guest every seven; then those of the stream. */
export function pastEvents(
  past: FakePast,
  { from_ms: fromMs, to_ms, kinds, limit }: { from_ms: number; to_ms: number; kinds: readonly string[]; limit: number },
  nowMs: number,
): { events: EventFrame[]; more: boolean } {
  const toMs = to_ms === 0 ? nowMs : to_ms;
  const { startedMs, pastSec } = past;
  const [pattern] = decisionsAt(startedMs, 100);
  const events: EventFrame[] = [];
  for (let sec = 3 * HOUR_SEC; sec < pastSec; sec += 3 * HOUR_SEC) {
    const time_ms = startedMs - sec * 1_000;
    events.push({ time_ms, kind: 'EVENT_KIND_DECISION', text: 'Decided.', decision: { ...pattern, id: sec, time_ms } });
  }
  for (let sec = 5 * HOUR_SEC; sec < pastSec; sec += 7 * HOUR_SEC) {
    const comm = `guest-${sec / HOUR_SEC}`;
    const text = `${comm} (${sec % 4_000}) offered memory for merging.`;
    events.push({
      time_ms: startedMs - sec * 1_000,
      kind: 'EVENT_KIND_PROCESS_ENTERED',
      text,
      process: { pid: 1, comm },
    });
  }
  const all = [...events, ...eventsAt(startedMs, (nowMs - startedMs) / 1_000)]
    .filter(({ time_ms, kind }) => {
      const at = Number(time_ms);
      return at >= fromMs && at <= toMs && (kinds.length === 0 || kinds.includes(String(kind)));
    })
    .sort((a, b) => Number(a.time_ms) - Number(b.time_ms));
  const most = limit === 0 ? 500 : limit;
  return { events: all.slice(-most), more: all.length > most };
}

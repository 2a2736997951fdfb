/**
 * One line of `bpftrace -f json` -> one ProbeMessage. Never throws: what is not understood becomes `unparsed` and is
 * counted. Variants seen: 0.17 and 0.23 print `{"type":"attached_probes","data":{"probes":15}}`, 0.27 adds `"count"`;
 * blank lines stand for empty maps; integers above 2^63 are strings in 0.27; `helper_error` since 0.23.
 */

import type { FullScan } from '../model/probe.js';

/** One bar as bpftrace prints it: min <= value <= max, both inclusive; absent where there is no bound. */
export interface HistEntry {
  readonly min?: number;
  readonly max?: number;
  readonly count: number;
}

export type ProbeMessage =
  /** Printed before attaching: not yet a sign of life. */
  | { readonly kind: 'attaching'; readonly probes: number }
  /** A frame of `program` begins; its maps follow. */
  | { readonly kind: 'tick'; readonly program: string }
  | { readonly kind: 'tock'; readonly program: string }
  /** Key parts are joined by `,` as bpftrace prints them; a map without keys has the key ``. */
  | { readonly kind: 'map'; readonly name: string; readonly entries: ReadonlyMap<string, number | string> }
  | { readonly kind: 'hist'; readonly name: string; readonly entries: readonly HistEntry[] }
  | { readonly kind: 'scan'; readonly scan: FullScan }
  | { readonly kind: 'enter' | 'exit'; readonly pid: number; readonly comm: string }
  | { readonly kind: 'bases'; readonly pageOffset: string; readonly vmemmap: string }
  | { readonly kind: 'lost'; readonly events: number }
  /** Anything else that bpftrace said in good form. */
  | { readonly kind: 'other'; readonly text: string }
  | { readonly kind: 'unparsed'; readonly text: string };

/** Longest piece of a line that is quoted in a message. */
const QUOTE = 200;

/** undefined: a blank line. */
export function parseLine(line: string): ProbeMessage | undefined {
  if (line.trim() === '') return undefined;
  let parsed: unknown;
  try {
    parsed = JSON.parse(line);
  } catch {
    return unparsed(line);
  }
  if (!isRecord(parsed) || typeof parsed.type !== 'string') return unparsed(line);
  return parseObject(parsed.type, parsed.data) ?? unparsed(line);
}

function parseObject(type: string, data: unknown): ProbeMessage | undefined {
  switch (type) {
    case 'attached_probes':
      return isRecord(data) && typeof data.probes === 'number' ? { kind: 'attaching', probes: data.probes } : undefined;
    case 'printf':
      return typeof data === 'string' ? parseText(data) : undefined;
    case 'map':
      return parseMap(data);
    case 'hist':
      return parseHist(data);
    case 'lost_events':
      return isRecord(data) && typeof data.events === 'number' ? { kind: 'lost', events: data.events } : undefined;
    default:
      return { kind: 'other', text: `${type}: ${(JSON.stringify(data) as string | undefined) ?? ''}`.slice(0, QUOTE) };
  }
}

const SCAN =
  /^scan seq=(\d+) us=(\d+) cpu_us=(\d+) rmap=(\d+) new=(\d+) into=(\d+) zero=(\d+) fail=(\d+) removed=(\d+)\n?$/;

/** The printf lines of bpf/*.bt. */
function parseText(text: string): ProbeMessage {
  const frame = /^(tick|tock) (\w+)(?: \d+)?\n?$/.exec(text);
  if (frame !== null) return { kind: frame[1] as 'tick' | 'tock', program: frame[2] ?? '' };
  const move = /^(enter|exit) pid=(\d+) comm=(.*?)\n?$/s.exec(text);
  if (move !== null) return { kind: move[1] as 'enter' | 'exit', pid: Number(move[2]), comm: move[3] ?? '' };
  const bases = /^calibrated page_offset_base=(0x[0-9a-f]+) vmemmap_base=(0x[0-9a-f]+)\n?$/.exec(text);
  if (bases !== null) return { kind: 'bases', pageOffset: bases[1] ?? '', vmemmap: bases[2] ?? '' };
  const scan = SCAN.exec(text);
  if (scan !== null) {
    const [seq = 0, durationUs = 0, cpuUs = 0, rmapItems = 0, mergesNew = 0, mergesInto = 0, mergesZero = 0, ...rest] =
      scan.slice(1).map(Number);
    const [failures = 0, removals = 0] = rest;
    return {
      kind: 'scan',
      scan: { seq, durationUs, cpuUs, rmapItems, mergesNew, mergesInto, mergesZero, failures, removals },
    };
  }
  return { kind: 'other', text: text.trim().slice(0, QUOTE) };
}

/** `{"@cow": {"4242,0": 31}}`, or `{"@n": 7}` for a map without keys. */
function parseMap(data: unknown): ProbeMessage | undefined {
  const [name, value] = onlyEntry(data) ?? [];
  if (name === undefined) return undefined;
  const entries = new Map<string, number | string>();
  for (const [key, cell] of isRecord(value) ? Object.entries(value) : [['', value] as const]) {
    if (typeof cell !== 'number' && typeof cell !== 'string') return undefined;
    entries.set(key, cell);
  }
  return { kind: 'map', name, entries };
}

/** `{"@service_ns": [{"min": 1024, "max": 2047, "count": 2}]}`. */
function parseHist(data: unknown): ProbeMessage | undefined {
  const [name, value] = onlyEntry(data) ?? [];
  if (name === undefined || !Array.isArray(value)) return undefined;
  const entries: HistEntry[] = [];
  for (const bar of value as unknown[]) {
    if (!isRecord(bar) || typeof bar.count !== 'number') return undefined;
    entries.push({
      ...(typeof bar.min === 'number' && { min: bar.min }),
      ...(typeof bar.max === 'number' && { max: bar.max }),
      count: bar.count,
    });
  }
  return { kind: 'hist', name, entries };
}

function onlyEntry(data: unknown): [string, unknown] | undefined {
  const entries = isRecord(data) ? Object.entries(data) : [];
  return entries.length === 1 ? entries[0] : undefined;
}

function unparsed(line: string): ProbeMessage {
  return { kind: 'unparsed', text: line.slice(0, QUOTE) };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

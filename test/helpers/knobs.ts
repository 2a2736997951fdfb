import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const KSM = '/sys/kernel/mm/ksm';

/** In the order in which they are put back: the advisor forbids writing pages_to_scan, and `run` starts it all. */
const KNOBS = [
  'advisor_mode',
  'advisor_max_cpu',
  'advisor_min_pages_to_scan',
  'advisor_max_pages_to_scan',
  'advisor_target_scan_time',
  'pages_to_scan',
  'sleep_millisecs',
  'smart_scan',
  'use_zero_pages',
  'max_page_sharing',
  'merge_across_nodes',
  'stable_node_chains_prune_millisecs',
  'run',
] as const;

type Knob = (typeof KNOBS)[number];

/** Reads until stdin ends, whatever ended the other side, then puts back each knob that differs: $1 name, $2 value. */
const RESTORE = `cat >/dev/null; cd ${KSM}; while [ $# -gt 1 ]; do [ "$(knob "$1")" = "$2" ] || put "$1" "$2"; shift 2; done`;
/** max_page_sharing and merge_across_nodes are refused while pages are shared, as they are when a test was killed. */
const PUT = `put() { echo "$2" 2>/dev/null >"$1" || { echo 2 >run; echo "$2" >"$1"; }; }`;
/** The selected word of `[none] scan-time`, or the number. */
const KNOB = `knob() { sed 's/.*\\[\\(.*\\)\\].*/\\1/' "$1"; }`;

/** Remembers every knob; `restore` puts them back, and a watchdog does so if this process dies before. */
export function saveKnobs(): { restore(): Promise<void> } {
  const found = KNOBS.flatMap((name) => {
    const value = readKnob(name);
    return value === undefined ? [] : [name, value];
  });
  const watchdog = spawn('/bin/sh', ['-c', `${KNOB}; ${PUT}; ${RESTORE}`, 'ksmpilot-knobs', ...found], {
    detached: true,
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  const ended = new Promise<void>((resolve) => watchdog.once('close', () => resolve()));
  return {
    async restore(): Promise<void> {
      watchdog.stdin.end();
      await ended;
      const wrong = found.filter((name, index) => index % 2 === 0 && readKnob(name as Knob) !== found[index + 1]);
      if (wrong.length > 0) throw new Error(`not restored: ${wrong.join(', ')}`);
    },
  };
}

export function writeKnobs(values: Partial<Record<Knob, number | string>>): void {
  for (const name of KNOBS) {
    const value = values[name];
    if (value !== undefined) writeFileSync(`${KSM}/${name}`, String(value));
  }
}

/** A file of /sys/kernel/mm/ksm as a number. */
export function readKsm(name: string): number {
  return Number(readFileSync(`${KSM}/${name}`, 'utf8'));
}

/** A counter of /proc/vmstat. */
export function readVmstat(name: string): number {
  return Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(readFileSync('/proc/vmstat', 'utf8'))?.[1]);
}

/** Waits until `condition` holds; fails with its name after `timeoutMs`. */
export async function until(what: string, condition: () => boolean, timeoutMs = 30_000): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`not within ${timeoutMs} ms: ${what}`);
    await sleep(50);
  }
}

function readKnob(name: Knob): string | undefined {
  try {
    const text = readFileSync(`${KSM}/${name}`, 'utf8').trim();
    return /\[(.+)\]/.exec(text)?.[1] ?? text;
  } catch {
    return undefined;
  }
}

/** What of this host decides which programs can run. Reads /proc and /sys and asks bpftrace its version; starts no probe. */

import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { KsmpilotError } from '../errors.js';
import { bpftraceVersion } from './bpftrace.js';
import { type HostFacts, WANTED_SYMBOLS, WANTED_TRACEPOINTS } from './tier.js';

export interface FactsOptions {
  readonly bpftracePath: string;
  /** Folder that stands for `/`. */
  readonly root?: string;
}

const TRACEFS_MOUNTS = ['sys/kernel/tracing', 'sys/kernel/debug/tracing'];

export async function gatherHostFacts({ bpftracePath, root = '/' }: FactsOptions): Promise<HostFacts> {
  const tracefs = TRACEFS_MOUNTS.map((mount) => join(root, mount)).find((mount) => isFolder(join(mount, 'events')));
  return {
    arch: process.arch,
    root: process.geteuid?.() === 0,
    bpftrace: await versionOf(bpftracePath),
    tracefs,
    tracepoints: presentTracepoints(tracefs),
    btf: existsSync(join(root, 'sys/kernel/btf/vmlinux')),
    ...findSymbols(readOrEmpty(join(root, 'proc/kallsyms')), WANTED_SYMBOLS),
    kprobes: kprobesOf(root, tracefs),
    lockdown: /\[(\w+)\]/.exec(readOrEmpty(join(root, 'sys/kernel/security/lockdown')))?.[1],
    // The kernel clears the flag where it runs with four levels in spite of the CPU.
    pagingLevels: /^flags\s*:.*\bla57\b/m.test(readOrEmpty(join(root, 'proc/cpuinfo'))) ? 5 : 4,
  };
}

/** Modules bring tracepoints along when they are loaded, so this can change. */
export function presentTracepoints(tracefs: string | undefined): ReadonlySet<string> {
  if (tracefs === undefined) return new Set();
  return new Set(WANTED_TRACEPOINTS.filter((name) => isFolder(join(tracefs, 'events', ...name.split(':')))));
}

/**
 * Which of the names /proc/kallsyms lists, as functions or variables of the kernel proper, and what the compiler made of
 * others: a clone such as `do_wp_page.isra.0` may lack arguments, and a `.cold` or `.part.0` is a piece of a function.
 */
export function findSymbols(kallsyms: string, wanted: readonly string[]): Pick<HostFacts, 'symbols' | 'renamed'> {
  const symbols = new Set<string>();
  const renamed = new Map<string, string>();
  for (const name of wanted) {
    const escaped = name.replace(/[^\w]/g, '\\$&');
    if (new RegExp(`^[0-9a-f]+ [a-zA-Z] ${escaped}$`, 'm').test(kallsyms)) symbols.add(name);
    const clone = new RegExp(` (${escaped}\\.(?:isra|constprop|part)\\S*)$`, 'm').exec(kallsyms)?.[1];
    if (clone !== undefined && !symbols.has(name)) renamed.set(name, clone);
  }
  return { symbols, renamed };
}

/** bpftrace sets kprobes by perf's kprobe source, or by tracefs' kprobe_events. */
function kprobesOf(root: string, tracefs: string | undefined): HostFacts['kprobes'] {
  const has =
    existsSync(join(root, 'sys/bus/event_source/devices/kprobe')) ||
    (tracefs !== undefined && existsSync(join(tracefs, 'kprobe_events')));
  if (!has) return 'absent';
  return readOrEmpty(join(root, 'sys/kernel/debug/kprobes/enabled')).trim() === '0' ? 'disarmed' : 'on';
}

async function versionOf(path: string): Promise<HostFacts['bpftrace']> {
  try {
    return { path, version: await bpftraceVersion(path) };
  } catch (error) {
    return error instanceof KsmpilotError
      ? error
      : new KsmpilotError('BPFTRACE_FAILED', `${path} --version: ${String(error)}`, { cause: error });
  }
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

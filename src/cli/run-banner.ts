/** What `run` says once it runs, on stderr. Pure. */

import type { AgentAccess } from '../agent/agent.js';
import type { Config } from '../agent/config.js';
import type { Point } from '../agent/model/derived.js';
import type { Demo } from './demo.js';
import { formatBytes, formatPct } from './format.js';

export interface BannerInput {
  readonly config: Config;
  readonly access: AgentAccess;
  /** Of the page; undefined: none. */
  readonly url: string | undefined;
  readonly demo: Pick<Demo, 'describe' | 'shareableBytes'> | undefined;
  readonly autoByDemo: boolean;
  /** `run` is 0. */
  readonly stopped: boolean;
}

const MODE_MEANS = {
  observe: 'watches, writes nothing',
  advise: 'says what it would do, writes nothing',
  auto: 'moves run, pages_to_scan, sleep_millisecs and smart_scan; put back at the end',
} as const;

export function banner({ config, access, url, demo, autoByDemo, stopped }: BannerInput): string {
  const lines = ['', 'ksmpilot runs.'];
  if (url !== undefined) {
    lines.push(`  page   ${url}`);
    lines.push(
      `  switch modes on the page with the token in this address: ${url.replace(/\/$/, '')}/#token=${access.token}`,
    );
  }
  lines.push(`  gRPC   ${access.address}${access.socketPath === undefined ? '' : ` and ${access.socketPath}`}`);
  const why = autoByDemo ? ' (because of --demo; --mode says otherwise)' : '';
  lines.push(`  mode   ${config.mode}${why}: ${MODE_MEANS[config.mode]}`);
  if (stopped && config.mode !== 'auto') {
    lines.push('         KSM is stopped (run is 0), so nothing will merge; --mode auto starts it, or:');
    lines.push('         echo 1 > /sys/kernel/mm/ksm/run');
  }
  lines.push(`  probes ${probesText(config.probes)}`);
  if (demo !== undefined) lines.push(...demoLines(demo));
  lines.push('  stop   Ctrl-C', '');
  return `${lines.join('\n')}\n`;
}

/** One line for `systemctl status`. */
export function serviceStatus({ sample, derived }: Point): string {
  const run = sample.ksm?.run;
  const state = run === undefined ? '' : `; run is ${run}`;
  return `saves ${formatBytes(derived.savedBytes)}, ksmd takes ${formatPct(derived.ksmdCpuPct)} of a core${state}`;
}

/** Which tier serves is known when bpftrace has tried it; the log says so then, and the views do. */
function probesText({ enabled, exact }: Config['probes']): string {
  if (!enabled) return 'off: no merges and no COW breaks per process';
  return `starting${exact ? ' (each COW break is counted)' : ''}; "ksmpilot status" says which tier serves`;
}

function demoLines(demo: Pick<Demo, 'describe' | 'shareableBytes'>): readonly string[] {
  const mib = Math.round(demo.shareableBytes() / 2 ** 20);
  return [
    `  demo   these are demonstration guests, started by ksmpilot and removed at its end; they can share ${mib} MiB:`,
    ...demo.describe().map(({ name, text }) => `           ${name.padEnd(12)} ${text}`),
  ];
}

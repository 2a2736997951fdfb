// What ksmpilot itself costs: CPU and memory of the agent and of its bpftrace at one sample a second, over SECONDS.
// Usage: node bench/footprint.mjs [SECONDS=60] [-- ARGS for `ksmpilot run`, e.g. --demo --mode auto]
// Prints one JSON object. Needs a build (npm run build) and, for the probes, root.
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const TICKS_PER_SEC = 100; // USER_HZ on every Linux architecture in use
const SETTLE_SEC = 10; // bpftrace compiles and attaches; demonstration guests fill their memory

const split = process.argv.indexOf('--');
const seconds = Number(process.argv[2] === '--' ? 60 : (process.argv[2] ?? 60));
const args = split === -1 ? [] : process.argv.slice(split + 1);
const stateDir = mkdtempSync(join(tmpdir(), 'ksmpilot-footprint-'));
const bin = fileURLToPath(new URL('../bin/ksmpilot', import.meta.url));

const agent = spawn(
  process.execPath,
  [bin, 'run', '--state-dir', stateDir, '--grpc', '127.0.0.1:0', '--http', '127.0.0.1:0', ...args],
  { stdio: ['ignore', 'ignore', 'inherit'] },
);
try {
  await sleep(SETTLE_SEC * 1000);
  if (agent.exitCode !== null) throw new Error(`the agent ended with ${agent.exitCode}`);
  const before = measure();
  await sleep(seconds * 1000);
  const after = measure();
  const report = { seconds, args };
  for (const name of ['agent', 'bpftrace']) {
    if (after[name] === undefined || before[name]?.pid !== after[name].pid) continue;
    report[name] = {
      cpu_pct_of_one_core: round(((after[name].ticks - before[name].ticks) / TICKS_PER_SEC / seconds) * 100),
      rss_mib: round(after[name].rssKb / 1024),
      private_dirty_mib: round(after[name].privateDirtyKb / 1024),
    };
  }
  console.log(JSON.stringify(report, null, 2));
} finally {
  agent.kill('SIGTERM');
  await new Promise((resolve) => (agent.exitCode === null ? agent.once('exit', resolve) : resolve()));
  rmSync(stateDir, { recursive: true, force: true });
}

/** CPU ticks and memory of the agent and of the bpftrace that it started. */
function measure() {
  const found = { agent: usage(agent.pid) };
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
      if (parent === agent.pid && stat.includes('(bpftrace)')) found.bpftrace = usage(Number(pid));
    } catch {
      // The process ended between listing and reading.
    }
  }
  return found;
}

function usage(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  const kb = (key) => Number(new RegExp(`^${key}:\\s+(\\d+)`, 'm').exec(rollup)?.[1] ?? 0);
  return {
    pid,
    ticks: Number(fields[11]) + Number(fields[12]),
    rssKb: kb('Rss'),
    privateDirtyKb: kb('Private_Dirty'),
  };
}

function round(value) {
  return Math.round(value * 100) / 100;
}

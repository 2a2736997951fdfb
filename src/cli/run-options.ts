/** The flags of `ksmpilot run`, and how they lie over the configuration file. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { mergeConfig, readConfigFile, validateConfig, type Config } from '../agent/config.js';
import { defaultStateDir } from '../agent/state-dir.js';

/** Read when --config is not given and the file exists. */
export const DEFAULT_CONFIG_FILE = '/etc/ksmpilot/config.yaml';

/** /run is memory. */
const DEMO_HISTORY_MB = 32;

export interface RunFlags {
  readonly mode?: string;
  readonly config?: string;
  readonly demo?: boolean;
  readonly qemu?: string;
  readonly qemuKernel?: string;
  readonly yes?: boolean;
  readonly exact?: boolean;
  readonly interval?: string;
  readonly grpc?: string;
  readonly groupSocket?: string;
  /** `--http ADDRESS` gives the address, `--no-http` false. */
  readonly http?: string | boolean;
  readonly stateDir?: string;
  readonly price?: string;
  readonly maxCpu?: string;
  readonly mayStart?: boolean;
  readonly mayStop?: boolean;
  readonly smartScan?: boolean;
  readonly history?: boolean;
  readonly probes?: boolean;
  readonly bpftrace?: string;
  readonly logLevel?: string;
  readonly logFormat?: string;
}

export function addRunOptions(command: Command): Command {
  return command
    .option('--mode <mode>', 'observe (default), advise or auto; with --demo the default is auto')
    .option('--config <file>', `YAML settings, see docs/config.md (default: ${DEFAULT_CONFIG_FILE} if it exists)`)
    .option('--demo', 'also start demonstration guests: real processes with mergeable memory')
    .addOption(
      new Option('--qemu <n>', '--demo with so many virtual machines under QEMU in place of processes').implies({
        demo: true,
      }),
    )
    .option('--qemu-kernel <file>', 'with --qemu: the Linux kernel they boot (default: the one that runs here)')
    .option('--yes', "with --demo: go on although somebody else's memory is mergeable on this host")
    .option('--exact', 'count every COW break, estimate none: slows page faults where these are traced')
    .option('--interval <ms>', 'milliseconds between two samples')
    .option('--grpc <host:port>', 'address of the gRPC services')
    .option('--group-socket <path>', 'also serve gRPC on this Unix socket, for the group of its folder')
    .option('--http <host:port>', 'address of the page')
    .option('--no-http', 'no page')
    .option('--state-dir <dir>', 'folder for token, lock, baseline and socket')
    .option('--price <gib>', 'GiB of memory, held for an hour, worth one CPU core for an hour')
    .option('--max-cpu <pct>', 'most that ksmd may use, per cent of one core')
    .option('--no-may-start', 'auto mode must not switch run from 0 to 1')
    .option('--no-may-stop', 'auto mode must not switch run from 1 to 0 between rounds of scanning')
    .option('--no-smart-scan', 'auto mode must leave smart_scan alone')
    .option('--no-history', 'keep nothing of the past on disk')
    .option('--no-probes', 'run no BPF programs')
    .option('--bpftrace <path>', 'the bpftrace binary')
    .option('--log-level <level>', 'debug, info, warn, error or silent')
    .option('--log-format <format>', 'auto, json or text');
}

export interface RunPlan {
  readonly config: Config;
  /** The file that was read, if any. */
  readonly configFile: string | undefined;
  /** True where --demo chose auto because nobody named a mode. */
  readonly autoByDemo: boolean;
}

/** Throws CONFIG_INVALID or CONFIG_UNREADABLE. */
export function planRun(flags: RunFlags, fileExists: (path: string) => boolean = existsSync): RunPlan {
  const configFile = flags.config ?? (fileExists(DEFAULT_CONFIG_FILE) ? DEFAULT_CONFIG_FILE : undefined);
  const file = configFile === undefined ? {} : readConfigFile(configFile);
  const autoByDemo = flags.demo === true && flags.mode === undefined && file['mode'] === undefined;
  const merged = mergeConfig(file, {
    mode: flags.mode ?? (autoByDemo ? 'auto' : undefined),
    intervalMs: numberOf(flags.interval),
    stateDir: flags.stateDir,
    grpc: { address: flags.grpc, groupSocket: flags.groupSocket },
    http: {
      address: typeof flags.http === 'string' ? flags.http : undefined,
      enabled: flags.http === false ? false : undefined,
    },
    log: { level: flags.logLevel, format: flags.logFormat },
    tuner: {
      gibPerCore: numberOf(flags.price),
      maxCpuPct: numberOf(flags.maxCpu),
      mayStart: flags.mayStart === false ? false : undefined,
      mayStop: flags.mayStop === false ? false : undefined,
      smartScan: flags.smartScan === false ? false : undefined,
    },
    history: historySettings(flags),
    probes: {
      enabled: flags.probes === false ? false : undefined,
      exact: flags.exact === true ? true : undefined,
      bpftrace: flags.bpftrace,
    },
  });
  const source = configFile === undefined ? 'flags' : `${configFile} and flags`;
  return { config: validateConfig(merged, source), configFile, autoByDemo };
}

/** A demonstration leaves the history of the host alone: it has a small one of its own, which ends with the boot. */
function historySettings({ history, demo, stateDir }: RunFlags): Record<string, unknown> {
  if (history === false) return { enabled: false };
  return demo === true ? { dir: join(stateDir ?? defaultStateDir(), 'demo-history'), maxMb: DEMO_HISTORY_MB } : {};
}

/** A flag's text as a number; text that is none stays text, so that validation names the key. */
function numberOf(text: string | undefined): number | string | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  return text.trim() === '' || Number.isNaN(value) ? text : value;
}

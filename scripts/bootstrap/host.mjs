// @ts-check
/** What the host itself should have, got through Debian's apt-get where that is possible; never without saying so. */
import { existsSync, readFileSync } from 'node:fs';
import { findProgram, runCommand } from './command.mjs';
import { say } from './say.mjs';

/**
 * @typedef {object} HostTool
 * @property {string} name what is looked for: a program on PATH, or a file when it begins with a slash
 * @property {string} debianPackage
 * @property {string} purpose completes "NAME is missing (needed for PURPOSE)"
 */

/** @satisfies {Record<string, HostTool>} */
export const HOST_TOOLS = {
  bpftrace: { name: 'bpftrace', debianPackage: 'bpftrace', purpose: 'the kernel probes' },
  chromium: { name: 'chromium', debianPackage: 'chromium', purpose: 'the browser tests' },
  compiler: { name: 'cc', debianPackage: 'gcc', purpose: 'the kernel tests' },
  headers: { name: '/usr/include/stdio.h', debianPackage: 'libc6-dev', purpose: 'the kernel tests' },
  debootstrap: { name: '/usr/sbin/debootstrap', debianPackage: 'debootstrap', purpose: 'the test of the package' },
  shellcheck: { name: 'shellcheck', debianPackage: 'shellcheck', purpose: 'checking the commands of the documents' },
  curl: { name: 'curl', debianPackage: 'curl', purpose: 'running the commands of the documents' },
  jq: { name: 'jq', debianPackage: 'jq', purpose: 'running the commands of the documents' },
  openssl: { name: 'openssl', debianPackage: 'openssl', purpose: 'running the commands of the documents' },
  protoc: { name: 'protoc', debianPackage: 'protobuf-compiler', purpose: 'the example in Python' },
  pythonPlugin: {
    name: 'grpc_python_plugin',
    debianPackage: 'protobuf-compiler-grpc',
    purpose: 'the example in Python',
  },
  pythonGrpc: {
    name: '/usr/lib/python3/dist-packages/grpc/__init__.py',
    debianPackage: 'python3-grpcio',
    purpose: 'the example in Python',
  },
  strip: { name: 'strip', debianPackage: 'binutils', purpose: 'making packages' },
};

/** Longest a single apt-get may take, in milliseconds; chromium is a 100 MB download. */
const APT_TIMEOUT_MS = 10 * 60_000;

const APT_OPTIONS = ['-o', 'DPkg::Lock::Timeout=120', '-o', 'Acquire::Retries=1', '-o', 'Acquire::http::Timeout=20'];

/**
 * @typedef {object} HostView
 * @property {boolean} root
 * @property {boolean} apt apt-get is there
 * @property {boolean} allowed the host may be changed: KSMPILOT_HOST_SETUP is not 0
 */

/** @returns {HostView} */
export function viewHost() {
  return {
    root: process.getuid?.() === 0,
    apt: findProgram('apt-get') !== undefined,
    allowed: process.env['KSMPILOT_HOST_SETUP'] !== '0',
  };
}

/**
 * What to do about missing tools. Pure, so that each case can be tested without breaking a host.
 *
 * @param {readonly HostTool[]} missing
 * @param {HostView} host
 * @returns {{ install: string[], advice: string | undefined }} packages to install now, or the one command to run
 */
export function planTools(missing, { root, apt, allowed }) {
  if (missing.length === 0) return { install: [], advice: undefined };
  const packages = missing.map((tool) => tool.debianPackage);
  if (root && apt && allowed) return { install: packages, advice: undefined };
  const command = apt
    ? `${root ? '' : 'sudo '}apt-get install -y ${packages.join(' ')}`
    : `install ${packages.join(' ')} with this distribution's package manager`;
  return { install: [], advice: command };
}

/**
 * Installs what is missing where it may, else says the one command. A failure stops nothing: ksmpilot runs without
 * bpftrace and says what it cannot see, and a test that lacks something says so itself.
 *
 * @param {readonly HostTool[]} tools
 */
export async function ensureTools(tools) {
  const missing = tools.filter((tool) => !isPresent(tool));
  const { install, advice } = planTools(missing, viewHost());
  for (const tool of missing) say(`${tool.name} is missing (needed for ${tool.purpose}).`);
  if (advice !== undefined) say(`  To get it: ${advice}`);
  if (install.length === 0) return;

  say(
    `Installing with apt-get: ${install.join(' ')} (KSMPILOT_HOST_SETUP=0 keeps ksmpilot from changing the host) ...`,
  );
  let failure = await aptInstall(install);
  if (failure !== undefined) {
    say('  apt-get does not know it or has an old list: running apt-get update first ...');
    await apt(['update'], 'apt-get update');
    failure = await aptInstall(install);
  }
  if (failure === undefined) {
    say(`  installed: ${install.join(' ')}`);
    return;
  }
  say(`  apt-get could not install it:\n${failure.replace(/^/gm, '  | ')}`);
  say(`  Going on without. To get it: apt-get update && apt-get install -y ${install.join(' ')}`);
}

/**
 * Mounts tracefs where the kernel has it and nobody did; bpftrace finds no tracepoint without it.
 */
export async function ensureTracefs() {
  // Not by looking inside: only root may.
  if (existsSync('/proc/mounts') && hasTracefs(readFileSync('/proc/mounts', 'utf8'))) return;
  if (!existsSync('/sys/kernel/tracing')) return; // a kernel without tracing: the agent says what that means
  const command = 'mount -t tracefs tracefs /sys/kernel/tracing';
  const { root, allowed } = viewHost();
  if (!root || !allowed) {
    say(`tracefs is not mounted (needed for the kernel probes).\n  To mount it: ${root ? '' : 'sudo '}${command}`);
    return;
  }
  const result = await runCommand(command.split(' '), { quiet: true, timeoutMs: 10_000 });
  if (result.code === 0) say('Mounted tracefs at /sys/kernel/tracing (bpftrace needs it; it stays mounted).');
  else say(`tracefs could not be mounted: ${result.tail}\n  Going on without the kernel probes.`);
}

/** @param {string} mounts as in /proc/mounts */
export function hasTracefs(mounts) {
  return /^\S+ \/sys\/kernel\/(debug\/)?tracing tracefs /m.test(mounts);
}

/** @param {HostTool} tool */
function isPresent(tool) {
  return tool.name.startsWith('/') ? existsSync(tool.name) : findProgram(tool.name) !== undefined;
}

/**
 * @param {readonly string[]} packages
 * @returns {Promise<string | undefined>} apt-get's last words when it failed
 */
async function aptInstall(packages) {
  const result = await apt(['install', '-y', '--no-install-recommends', ...packages], 'apt-get install');
  if (result.code === 0) return undefined;
  return result.timedOut ? `no end after ${APT_TIMEOUT_MS / 60_000} minutes` : lastLines(result.tail, 6);
}

/**
 * @param {readonly string[]} args
 * @param {string} label
 */
function apt(args, label) {
  return runCommand(['apt-get', '-q', ...APT_OPTIONS, ...args], {
    quiet: true,
    label,
    timeoutMs: APT_TIMEOUT_MS,
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
}

/**
 * @param {string} text
 * @param {number} count
 */
function lastLines(text, count) {
  return text.split('\n').slice(-count).join('\n');
}

// @ts-check
/**
 * Debian packages without touching the host: an apt of our own with its own lists and an empty dpkg status, so that
 * apt resolves what a bare system would need. It checks signatures; we keep each file's SHA-256 and check it before
 * every later use, so a cache that has everything needs no network.
 */
import { createHash } from 'node:crypto';
import {
  createReadStream,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { execFile } from 'node:child_process';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { runCommand } from '../bootstrap/command.mjs';
import { ScriptFailure, say } from '../bootstrap/say.mjs';

/**
 * @typedef {import('./targets.mjs').Release} Release
 *
 * @typedef {object} PackageSet
 * @property {Release} release
 * @property {string} name of the set; its cache is called so
 * @property {readonly string[]} packages
 * @property {'closure' | 'dependency'} take `closure`: the packages with all that they need; `dependency`: of one meta
 *   package, the package that it stands for and nothing else
 *
 * @typedef {{ file: string, sha256: string }} Deb `file`: path
 */

const execFileAsync = promisify(execFile);

const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

/** Longest a single apt-get may take, in milliseconds. */
const APT_TIMEOUT_MS = 10 * 60_000;

/**
 * The files of a set: those of the last time where they are all still whole, else what the mirror has now.
 *
 * @param {string} cache
 * @param {PackageSet} set
 * @param {{ update?: boolean }} [options] `update`: ask the mirror in any case
 * @returns {Promise<readonly Deb[]>}
 */
export async function getPackages(cache, set, { update = false } = {}) {
  const manifest = join(cache, 'sets', `${set.release}-${set.name}.json`);
  if (!update) {
    const debs = await readManifest(cache, manifest, set);
    if (debs !== undefined) return debs;
  }
  const apt = await openApt(cache, set.release, update);
  say(`Getting Debian packages (${set.release}): ${set.packages.join(' ')} ...`);
  const archives = join(cache, 'debs', set.release);
  const debs = [];
  for (const file of await download(apt, set, archives)) debs.push({ file, sha256: await sha256(file) });
  mkdirSync(join(cache, 'sets'), { recursive: true });
  const entries = debs.map(({ file, sha256 }) => ({ file: basename(file), sha256 }));
  writeFileSync(manifest, `${JSON.stringify({ packages: set.packages, debs: entries }, null, 1)}\n`);
  dropUnlisted(cache, set.release);
  return debs;
}

/**
 * Removes packages that no set of this release has any more.
 *
 * @param {string} cache
 * @param {Release} release
 */
function dropUnlisted(cache, release) {
  const sets = readdirSync(join(cache, 'sets')).filter((name) => name.startsWith(`${release}-`));
  const listed = sets.map((name) => readFileSync(join(cache, 'sets', name), 'utf8')).join();
  const archives = join(cache, 'debs', release);
  for (const file of readdirSync(archives)) {
    if (file.endsWith('.deb') && !listed.includes(`"${file}"`)) rmSync(join(archives, file));
  }
}

/**
 * The set unpacked, in a folder named by its content.
 *
 * @param {string} cache
 * @param {PackageSet} set
 * @param {{ update?: boolean }} [options]
 * @returns {Promise<{ tree: string, key: string, debs: readonly Deb[] }>}
 */
export async function unpackedSet(cache, set, options) {
  const debs = await getPackages(cache, set, options);
  const key = digest(debs.map((deb) => deb.sha256).join('\n'));
  const name = `${set.release}-${set.name}-`;
  const tree = join(cache, 'trees', `${name}${key}`);
  if (existsSync(tree)) return { tree, key, debs };
  const trees = join(cache, 'trees');
  mkdirSync(trees, { recursive: true });
  for (const old of readdirSync(trees).filter((entry) => entry.startsWith(name))) {
    rmSync(join(trees, old), { recursive: true, force: true });
  }
  const half = `${tree}.half`;
  mkdirSync(half);
  for (const { file } of debs) await run(['dpkg-deb', '-x', file, half], `${basename(file)} cannot be unpacked`);
  renameSync(half, tree);
  return { tree, key, debs };
}

/**
 * @param {string} text
 * @returns {string} 16 hexadecimal digits of its SHA-256
 */
export function digest(text) {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

/**
 * Version of a package, by the name of its file.
 *
 * @param {readonly Deb[]} debs
 * @param {RegExp} name
 * @returns {string | undefined}
 */
export function versionOf(debs, name) {
  for (const { file } of debs) {
    const [, found = '', version = ''] = /^([^_]+)_([^_]+)_/.exec(basename(file)) ?? [];
    if (name.test(found)) return decodeURIComponent(version);
  }
  return undefined;
}

/**
 * Runs a program that has to succeed.
 *
 * @param {string[]} argv
 * @param {string} failure how the message begins when it does not
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, label?: string, timeoutMs?: number, hint?: string }} [options]
 */
export async function run(argv, failure, { hint, ...options } = {}) {
  const result = await runCommand(argv, { quiet: true, ...options });
  if (result.code === 0) return result.tail;
  if (result.missing) {
    throw new ScriptFailure(
      `${failure}: there is no ${argv[0]} on this host.`,
      'the rig needs a Debian host (apt, dpkg, e2fsprogs).',
    );
  }
  const end = result.timedOut ? 'no end in time' : `${argv[0]} ended with ${result.code ?? result.signal}`;
  throw new ScriptFailure(`${failure}: ${end}\n${result.tail.replace(/^/gm, '  | ')}`, hint);
}

/**
 * What a program says on stdout, all of it.
 *
 * @param {string[]} argv
 * @param {string} failure
 */
async function ask([program = '', ...args], failure) {
  try {
    const { stdout } = await execFileAsync(program, args, {
      maxBuffer: 16 * 1024 * 1024,
      env: { ...process.env, LC_ALL: 'C' },
    });
    return stdout;
  } catch (error) {
    throw new ScriptFailure(`${failure}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/**
 * @param {string} cache
 * @param {string} manifest
 * @param {PackageSet} set
 * @returns {Promise<readonly Deb[] | undefined>}
 */
async function readManifest(cache, manifest, set) {
  let known;
  try {
    known = JSON.parse(readFileSync(manifest, 'utf8'));
  } catch {
    return undefined; // absent or cut short
  }
  if (String(known.packages) !== String(set.packages)) return undefined;
  const debs = [];
  for (const { file, sha256: wanted } of known.debs) {
    const path = join(cache, 'debs', set.release, file);
    if (!existsSync(path)) return undefined;
    if ((await sha256(path)) !== wanted) {
      say(`${file} in the cache is not the file that was downloaded; getting it again.`);
      rmSync(path);
      return undefined;
    }
    debs.push({ file: path, sha256: wanted });
  }
  return debs.length === 0 ? undefined : debs;
}

/**
 * @param {string} cache
 * @param {Release} release
 * @param {boolean} update
 * @returns {Promise<string[]>} options of apt-get and apt-cache
 */
async function openApt(cache, release, update) {
  if (!existsSync(KEYRING)) {
    throw new ScriptFailure(
      `${KEYRING} is missing: packages could not be checked.`,
      'apt-get install debian-archive-keyring',
    );
  }
  const state = join(cache, 'apt', release);
  const archives = join(cache, 'debs', release);
  for (const folder of [join(state, 'lists/partial'), join(archives, 'partial')])
    mkdirSync(folder, { recursive: true });
  writeFileSync(join(state, 'status'), '');
  writeFileSync(join(state, 'sources.list'), sources(release));
  const options = [
    ...[`Dir::State=${state}`, `Dir::State::lists=${state}/lists`, `Dir::State::status=${state}/status`],
    ...[`Dir::Cache=${state}`, `Dir::Cache::archives=${archives}`],
    ...[
      `Dir::Etc::sourcelist=${state}/sources.list`,
      'Dir::Etc::sourceparts=/dev/null',
      'Dir::Etc::preferencesparts=/dev/null',
    ],
    ...['APT::Architecture=amd64', 'APT::Architectures=amd64', 'APT::Sandbox::User=root', 'Debug::NoLocking=1'],
    ...['Acquire::Languages=none', 'Acquire::Retries=1', 'Acquire::http::Timeout=20'],
  ].flatMap((option) => ['-o', option]);
  const stamp = join(state, 'updated');
  const listed = existsSync(stamp) && Date.now() - Number(readFileSync(stamp, 'utf8')) < 3600_000;
  if (update || !listed) {
    say(`Reading what Debian ${release} has ...`);
    await run(['apt-get', '-q', ...options, 'update', '--error-on=any'], `Debian's lists (${release}) cannot be had`, {
      label: 'apt-get update',
      timeoutMs: APT_TIMEOUT_MS,
      hint: `the rig needs a Debian mirror: ${mirrors().main} did not do; KSMPILOT_DEBIAN_MIRROR and KSMPILOT_DEBIAN_SECURITY_MIRROR name others.`,
    });
    writeFileSync(stamp, String(Date.now()));
  }
  return options;
}

/**
 * @param {string[]} apt
 * @param {PackageSet} set
 * @param {string} archives
 * @returns {Promise<string[]>} paths
 */
async function download(apt, { packages, take }, archives) {
  const failure = `${packages.join(' ')} cannot be downloaded`;
  const options = { label: 'apt-get', timeoutMs: APT_TIMEOUT_MS, cwd: archives };
  if (take === 'closure') {
    const install = [...apt, 'install', '-y', '--no-install-recommends'];
    const plan = await ask(['apt-get', ...install, '--simulate', ...packages], failure);
    await run(['apt-get', '-q', ...install, '--download-only', ...packages], failure, options);
    return filesOfPlan(plan).map((file) => join(archives, file));
  }
  const name = /Depends: (\S+)/.exec(await ask(['apt-cache', ...apt, 'depends', ...packages], failure))?.[1];
  if (name === undefined) throw new ScriptFailure(`${packages.join(' ')} stands for no package.`);
  const record = await ask(['apt-cache', ...apt, 'show', '--no-all-versions', name], failure);
  await run(['apt-get', '-q', ...apt, 'download', name], failure, options);
  return [join(archives, fileName(name, field(record, 'Version'), field(record, 'Architecture')))];
}

/**
 * Names of the package files that a simulated installation would use.
 *
 * @param {string} plan lines such as `Inst libc6 (2.36-9 Debian:12/stable [amd64]) []`
 */
export function filesOfPlan(plan) {
  const lines = plan.matchAll(/^Inst (\S+) \((\S+) .*?\[(\w+)\]\)/gm);
  return [...lines].map(([, name = '', version = '', arch = '']) => fileName(name, version, arch));
}

/**
 * As apt calls it in its archives: a colon in the version is escaped.
 *
 * @param {string} name
 * @param {string} version
 * @param {string} arch
 */
function fileName(name, version, arch) {
  return `${name}_${version.replaceAll(':', '%3a')}_${arch}.deb`;
}

/**
 * @param {string} record of apt-cache show
 * @param {string} name
 */
function field(record, name) {
  return new RegExp(`^${name}: (.*)$`, 'm').exec(record)?.[1] ?? '';
}

/** @param {Release} release */
function sources(release) {
  const { main, security } = mirrors();
  const signed = `[signed-by=${KEYRING}]`;
  return `deb ${signed} ${main} ${release} main\ndeb ${signed} ${security} ${release}-security main\n`;
}

function mirrors() {
  const { KSMPILOT_DEBIAN_MIRROR: main, KSMPILOT_DEBIAN_SECURITY_MIRROR: security } = process.env;
  return {
    main: main ?? 'http://deb.debian.org/debian',
    security: security ?? 'http://deb.debian.org/debian-security',
  };
}

/** @param {string} file */
async function sha256(file) {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

// @ts-check
/** Are the npm packages in node_modules those of package-lock.json? And how they get there. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { boundToUs, runCommand } from './command.mjs';
import { explainNpmFailure } from './npm-failure.mjs';
import { ScriptFailure, say } from './say.mjs';

/**
 * @typedef {{ version?: string, integrity?: string, optional?: boolean, devOptional?: boolean, link?: boolean }} LockEntry
 * @typedef {{ packages?: Record<string, LockEntry> }} LockFile
 */

/**
 * Compares what is wanted with what npm says it installed (its hidden lockfile, written as the last step of an
 * installation) and with what is there. A stamp of our own would miss a half-removed node_modules and would reinstall
 * over a good `npm ci` made by hand.
 *
 * @param {string} root
 * @returns {string | undefined} why an installation is needed, or undefined when none is
 */
export function missingPackages(root) {
  const wanted = readLock(join(root, 'package-lock.json'));
  if (wanted === undefined) throw new ScriptFailure('package-lock.json is missing or not JSON.', 'clone again.');
  const installed = readLock(join(root, 'node_modules', '.package-lock.json'));
  if (installed === undefined) return 'packages are not installed yet';
  const difference = lockDifference(wanted, installed);
  if (difference !== undefined) return difference;
  for (const path of Object.keys(installed.packages ?? {})) {
    if (!existsSync(join(root, path, 'package.json'))) return `${nameOf(path)} is missing from node_modules`;
  }
  return undefined;
}

/**
 * The first package that is wanted and not installed in that very version. An optional package may be absent (other
 * platform, or it could not be installed), but not present in another version.
 *
 * @param {LockFile} wanted
 * @param {LockFile} installed
 * @returns {string | undefined}
 */
export function lockDifference(wanted, installed) {
  for (const [path, want] of Object.entries(wanted.packages ?? {})) {
    if (path === '' || want.link === true) continue;
    const have = installed.packages?.[path];
    if (have === undefined) {
      if (want.optional === true || want.devOptional === true) continue;
      return `${nameOf(path)} ${want.version ?? ''} is not installed`.replace('  ', ' ');
    }
    if (have.version !== want.version || have.integrity !== want.integrity) {
      return `${nameOf(path)} ${have.version ?? '?'} is installed, ${want.version ?? '?'} is wanted`;
    }
  }
  return undefined;
}

/**
 * Installs exactly package-lock.json. Install scripts stay off: nothing we use needs one, and a host that saves memory
 * for virtual machines is no place to run strangers' scripts as root.
 *
 * @param {string} root
 * @param {string} why
 */
export async function installPackages(root, why) {
  say(`Installing npm packages (${why}) ...`);
  const startedMs = Date.now();
  const result = await runCommand(
    boundToUs([
      ...npmProgram(process.env),
      'ci',
      '--include=dev',
      '--include=optional',
      '--ignore-scripts',
      '--no-audit',
      '--no-fund',
      '--loglevel=warn', // npm start --silent must not silence what explains a failure
      '--fetch-retries=2',
      '--fetch-retry-mintimeout=2000',
      '--fetch-retry-maxtimeout=15000',
    ]),
    { cwd: root, label: 'installing npm packages', quiet: true },
  );
  if (result.code !== 0) {
    const { cause, cure } = explainNpmFailure(result);
    throw new ScriptFailure(`npm ci failed: ${cause}\n${gist(result.tail)}`, cure);
  }
  say(`  npm packages installed in ${((Date.now() - startedMs) / 1000).toFixed(1)} s`);
}

/**
 * The npm that started us, run by the very same Node; else the one on PATH.
 *
 * @param {NodeJS.ProcessEnv} env
 * @returns {string[]}
 */
export function npmProgram(env) {
  const path = env['npm_execpath'];
  if (path !== undefined && path.endsWith('npm-cli.js') && existsSync(path)) return [process.execPath, path];
  return ['npm'];
}

/**
 * @param {string} file
 * @returns {LockFile | undefined}
 */
function readLock(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined; // absent or cut short: both mean that it cannot vouch for anything
  }
}

/** @param {string} path such as node_modules/a/node_modules/@b/c */
function nameOf(path) {
  return path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
}

/**
 * npm's own words without the stack of its network library, indented.
 *
 * @param {string} tail
 */
function gist(tail) {
  const lines = tail.split('\n').filter((line) => !/^npm (error|ERR!)( {2,}| }|$)|^npm warn/.test(line));
  return lines
    .slice(-12)
    .map((line) => `  | ${line}`)
    .join('\n');
}

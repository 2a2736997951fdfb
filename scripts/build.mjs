// @ts-check
/** `npm run build`: types of the .proto, tsc, vite, into dist/. Says what it does on stderr; exit code 1 with the reason. */
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { endRunningCommands, runCommand } from './bootstrap/command.mjs';
import { withCheckoutLock } from './bootstrap/lock.mjs';
import { installPackages, missingPackages } from './bootstrap/packages.mjs';
import { ScriptFailure, say, sayFailure } from './bootstrap/say.mjs';
import { sourceHash, stampBuild } from './bootstrap/sources.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const STAGING = '.cache/proto-generated';
const GENERATED = 'proto/generated';

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    endRunningCommands();
    process.exit(1);
  });
}

try {
  // scripts/bootstrap/prepare.mjs holds the lock already when it starts this.
  if (process.env['KSMPILOT_CHECKOUT_LOCKED'] === '1') await build();
  else {
    await withCheckoutLock(ROOT, async () => {
      const why = missingPackages(ROOT);
      if (why !== undefined) await installPackages(ROOT, why);
      await build();
    });
  }
} catch (error) {
  sayFailure(error);
  process.exitCode = 1;
}

async function build() {
  const startedMs = Date.now();
  const hash = sourceHash(ROOT);
  await step('types of the gRPC messages', generateTypes);
  await step('TypeScript', compile);
  await step('page', bundlePage);
  stampBuild(ROOT, hash);
  say(`Built dist/ in ${((Date.now() - startedMs) / 1000).toFixed(1)} s`);
}

/**
 * @param {string} name
 * @param {() => Promise<void>} work
 */
async function step(name, work) {
  const startedMs = Date.now();
  say(`Building ${name} ...`);
  await work();
  say(`  ${((Date.now() - startedMs) / 1000).toFixed(1)} s`);
}

async function generateTypes() {
  rmSync(join(ROOT, STAGING), { recursive: true, force: true });
  const protos = filesUnder(join(ROOT, 'proto')).filter((file) => file.endsWith('.proto'));
  if (protos.length === 0) throw new ScriptFailure('there is no .proto file below proto/.');
  await run([
    'node_modules/@grpc/proto-loader/build/bin/proto-loader-gen-types.js',
    ...['--keepCase', '--longs', 'Number', '--enums', 'String', '--defaults', '--includeComments'],
    ...['--grpcLib', '@grpc/grpc-js', '--importFileExtension', '.js', '-O', STAGING, '-I', 'proto', '--', ...protos],
  ]);
  synchronise(join(ROOT, STAGING), join(ROOT, GENERATED));
}

async function compile() {
  await run(['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json']);
  removeOrphans(join(ROOT, 'dist'));
}

async function bundlePage() {
  const config = 'web/page/vite.config.ts';
  if (!existsSync(join(ROOT, config))) throw new ScriptFailure(`${config} is missing, so the page cannot be built.`);
  await run(['node_modules/vite/bin/vite.js', 'build', '--config', config, '--logLevel', 'warn']);
}

/** @param {string[]} args a script below node_modules and its arguments */
async function run(args) {
  const result = await runCommand([process.execPath, ...args], { cwd: ROOT });
  if (result.code === 0) return;
  const end = result.signal === null ? `exit code ${result.code}` : `ended by ${result.signal}`;
  throw new ScriptFailure(`${args[0]} failed with ${end}; its own words are above.`);
}

/**
 * Makes `to` hold exactly what `from` holds, touching only what differs, so that nothing that watches or reads the
 * generated types sees a moment without them.
 *
 * @param {string} from
 * @param {string} to
 */
function synchronise(from, to) {
  const wanted = new Set(filesUnder(from));
  for (const path of filesUnder(to)) {
    if (!wanted.has(path)) rmSync(join(to, path));
  }
  for (const path of wanted) {
    const content = readFileSync(join(from, path));
    const target = join(to, path);
    if (existsSync(target) && readFileSync(target).equals(content)) continue;
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, content);
  }
}

/**
 * Removes what tsc wrote from sources that are gone: a deleted module must not live on in dist/.
 *
 * @param {string} dist
 */
function removeOrphans(dist) {
  for (const path of filesUnder(dist)) {
    const source = path.replace(/\.js(\.map)?$/, '.ts');
    if (source === path || path.startsWith('web/page/')) continue;
    if (!existsSync(join(ROOT, source))) rmSync(join(dist, path));
  }
}

/**
 * @param {string} folder
 * @returns {string[]} paths relative to the folder; none when it is absent
 */
function filesUnder(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
}

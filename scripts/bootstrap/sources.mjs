// @ts-check
/** Is dist/ built from the sources that are there? Told by their content: git and rsync both play with mtimes. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** What the build reads. Generated types follow from the .proto files. */
const SOURCES = ['src', 'web', 'proto/ksmpilot', 'scripts/build.mjs', 'tsconfig.json', 'tsconfig.build.json'];
const SOURCE_FILES = ['package.json', 'package-lock.json'];

/** What a complete build has left. */
const RESULTS = ['src/cli/main.js', 'web/page/index.html'];

const STAMP = 'dist/.build-stamp';

/**
 * @param {string} root
 * @returns {string | undefined} why a build is needed, or undefined when none is
 */
export function staleBuild(root) {
  for (const file of RESULTS) {
    if (!existsSync(join(root, 'dist', file))) return 'not built yet';
  }
  let stamp;
  try {
    stamp = readFileSync(join(root, STAMP), 'utf8').trim();
  } catch {
    return 'the last build did not finish';
  }
  return stamp === sourceHash(root) ? undefined : 'sources have changed';
}

/**
 * Notes which sources dist/ was built from. The hash must be taken before the build, so that a file changed while it
 * ran makes the next start build again.
 *
 * @param {string} root
 * @param {string} hash
 */
export function stampBuild(root, hash) {
  const file = join(root, STAMP);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${hash}\n`);
}

/**
 * @param {string} root
 * @returns {string} SHA-256 over the names and contents of everything the build reads
 */
export function sourceHash(root) {
  const hash = createHash('sha256');
  for (const path of [...SOURCES, ...SOURCE_FILES].flatMap((source) => filesUnder(root, source))) {
    const content = readFileSync(join(root, path));
    hash.update(`${path}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex');
}

/**
 * @param {string} root
 * @param {string} path file or folder below root; absent gives nothing
 * @returns {string[]} paths below root, sorted
 */
function filesUnder(root, path) {
  let entries;
  try {
    entries = readdirSync(join(root, path), { withFileTypes: true });
  } catch (error) {
    const code = /** @type {NodeJS.ErrnoException} */ (error).code;
    if (code === 'ENOTDIR') return [path];
    if (code === 'ENOENT') return [];
    throw error;
  }
  return entries
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => (entry.isDirectory() ? filesUnder(root, `${path}/${entry.name}`) : [`${path}/${entry.name}`]));
}

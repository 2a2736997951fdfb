// @ts-check
/** A .deb from a tree, by dpkg-deb alone: the same tree gives the same bytes. */
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { run } from '../kernels/debian.mjs';
import { settle } from './tree.mjs';

/** postinst and friends, in deploy/deb. */
const SCRIPTS = ['postinst', 'prerm', 'postrm'];

/**
 * @param {object} options
 * @param {string} options.root checkout
 * @param {string} options.tree
 * @param {string} options.version
 * @param {number} options.epochSec
 * @param {string} options.file the .deb to write
 */
export async function makeDeb({ root, tree, version, epochSec, file }) {
  const control = join(tree, 'DEBIAN');
  const template = readFileSync(join(root, 'deploy/deb/control'), 'utf8');
  const changelog = join(tree, 'usr/share/doc/ksmpilot/changelog.gz');
  writeFileSync(changelog, gzipSync(debianChangelog(template, version, epochSec), { level: 9 }));
  try {
    const paths = filesBelow(tree);
    const sizeKib = paths.reduce((sum, path) => sum + Math.ceil(statSync(join(tree, path)).size / 1024), 0);
    mkdirSync(control);
    writeFileSync(join(control, 'control'), controlFile(template, { version, sizeKib }));
    writeFileSync(join(control, 'conffiles'), conffiles(paths));
    writeFileSync(
      join(control, 'md5sums'),
      paths
        .filter((path) => !path.startsWith('etc/'))
        .map(sum(tree))
        .join(''),
    );
    await settle(tree, epochSec);
    for (const name of SCRIPTS) cpSync(join(root, 'deploy/deb', name), join(control, name));
    await run(['chmod', '755', ...SCRIPTS.map((name) => join(control, name))], 'no modes set');
    await run(['touch', `--date=@${epochSec}`, control, ...SCRIPTS.map((name) => join(control, name))], 'no times set');
    // Two threads, however many cores there are: one thread writes other bytes than several.
    await run(
      ['dpkg-deb', '--root-owner-group', '-Zxz', '--threads-max=2', '--build', tree, file],
      'dpkg-deb made no package',
      { env: { ...process.env, SOURCE_DATE_EPOCH: String(epochSec) }, label: 'dpkg-deb', timeoutMs: 10 * 60_000 },
    );
  } finally {
    rmSync(control, { recursive: true, force: true });
  }
}

/**
 * @param {string} template
 * @param {{ version: string, sizeKib: number }} values
 */
export function controlFile(template, { version, sizeKib }) {
  return template.replace('@VERSION@', debianVersion(version)).replace('@SIZE@', String(sizeKib));
}

/**
 * In Debian's format, which apt-listchanges reads; what changed is told in NEWS.gz.
 *
 * @param {string} control of the package, for its maintainer
 * @param {string} version
 * @param {number} epochSec
 */
export function debianChangelog(control, version, epochSec) {
  const maintainer = /^Maintainer: (.*)$/m.exec(control)?.[1] ?? '';
  const date = new Date(epochSec * 1000).toUTCString().replace('GMT', '+0000');
  const entry = `ksmpilot (${debianVersion(version)}) unstable; urgency=medium`;
  return `${entry}\n\n  * Release ${version}; NEWS.gz beside this file tells what changed.\n\n -- ${maintainer}  ${date}\n`;
}

/**
 * `1.2.0-rc.1` comes before `1.2.0` in semver, and after it in Debian unless it is written with a tilde.
 *
 * @param {string} version
 */
export function debianVersion(version) {
  return version.replace('-', '~');
}

/**
 * Files that an operator may change, which an upgrade then leaves alone.
 *
 * @param {readonly string[]} paths
 */
export function conffiles(paths) {
  return paths
    .filter((path) => path.startsWith('etc/'))
    .map((path) => `/${path}\n`)
    .join('');
}

/**
 * @param {string} tree
 * @returns {string[]} sorted paths of its files
 */
export function filesBelow(tree) {
  return readdirSync(tree, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(tree.length + 1))
    .sort();
}

/** @param {string} tree */
function sum(tree) {
  return (/** @type {string} */ path) =>
    `${createHash('md5')
      .update(readFileSync(join(tree, path)))
      .digest('hex')}  ${path}\n`;
}

// @ts-check
/**
 * The files of the packages, laid out as on a host: usr/lib/ksmpilot with program, Node and bundled npm packages,
 * usr/bin/ksmpilot, units, man pages, completion, /etc/ksmpilot. The .deb and the tarball hold the same tree.
 */
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { npmProgram } from '../bootstrap/packages.mjs';
import { ScriptFailure, say } from '../bootstrap/say.mjs';
import { run } from '../kernels/debian.mjs';
import { isNeeded } from './prune.mjs';

/** Where things go, below the root of the tree. */
const PROGRAM = 'usr/lib/ksmpilot';

/** Source below the checkout, place below the root of the tree. */
const FILES = [
  ['deploy/bin/ksmpilot', 'usr/bin/ksmpilot'],
  ['deploy/systemd/ksmpilot.service', 'usr/lib/systemd/system/ksmpilot.service'],
  ['deploy/systemd/ksmpilot-web.service', 'usr/lib/systemd/system/ksmpilot-web.service'],
  ['deploy/systemd/sysusers.conf', 'usr/lib/sysusers.d/ksmpilot.conf'],
  ['deploy/systemd/tmpfiles.conf', 'usr/lib/tmpfiles.d/ksmpilot.conf'],
  ['deploy/config.yaml', 'etc/ksmpilot/config.yaml'],
  ['deploy/completion/ksmpilot.bash', 'usr/share/bash-completion/completions/ksmpilot'],
  ['deploy/completion/_ksmpilot', 'usr/share/zsh/vendor-completions/_ksmpilot'],
  ['deploy/completion/ksmpilot.fish', 'usr/share/fish/vendor_completions.d/ksmpilot.fish'],
  ['deploy/deb/copyright', 'usr/share/doc/ksmpilot/copyright'],
  ['deploy/deb/lintian-overrides', 'usr/share/lintian/overrides/ksmpilot'],
  ['README.md', 'usr/share/doc/ksmpilot/README.md'],
  ['package.json', `${PROGRAM}/package.json`],
  ['bin/ksmpilot', `${PROGRAM}/bin/ksmpilot`],
  ['bin/package.json', `${PROGRAM}/bin/package.json`],
];

/** Folders that are copied whole, apart from source maps, and from notes for people. */
const FOLDERS = ['dist', 'bpf', 'proto/ksmpilot'];

/**
 * Makes the tree in an empty folder.
 *
 * @param {object} options
 * @param {string} options.root checkout, built
 * @param {string} options.tree
 * @param {{ program: string, licence: string }} options.node
 * @param {number} options.epochSec every file's time, seconds since 1970: the same sources give the same package
 */
export async function makeTree({ root, tree, node, epochSec }) {
  for (const [from = '', to = ''] of FILES) place(join(root, from), join(tree, to));
  for (const folder of FOLDERS) copyFolder(join(root, folder), join(tree, PROGRAM, folder));
  for (const page of readdirSync(join(root, 'deploy/man'))) {
    const section = page.slice(page.lastIndexOf('.') + 1);
    zip(join(root, 'deploy/man', page), join(tree, `usr/share/man/man${section}/${page}.gz`));
  }
  zip(join(root, 'CHANGELOG.md'), join(tree, 'usr/share/doc/ksmpilot/NEWS.gz'));
  place(node.program, join(tree, PROGRAM, 'node'));
  place(node.licence, join(tree, 'usr/share/doc/ksmpilot/LICENSE.node'));
  await addPackages(root, join(tree, PROGRAM, 'node_modules'));
  await settle(tree, epochSec);
}

/**
 * The npm packages of package-lock.json that run on a host, without install scripts, and of each only what is loaded.
 *
 * @param {string} root
 * @param {string} target
 */
async function addPackages(root, target) {
  const work = `${target}.work`;
  mkdirSync(work, { recursive: true });
  for (const name of ['package.json', 'package-lock.json', '.npmrc']) cpSync(join(root, name), join(work, name));
  say('Installing the npm packages of the program ...');
  await run(
    [
      ...npmProgram(process.env),
      ...['ci', '--omit=dev', '--include=optional', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline'],
    ],
    'npm ci failed',
    { cwd: work, label: 'npm ci', timeoutMs: 10 * 60_000 },
  );
  const modules = join(work, 'node_modules');
  for (const entry of readdirSync(modules, { withFileTypes: true, recursive: true })) {
    const path = join(entry.parentPath, entry.name).slice(modules.length + 1);
    if (entry.isFile() && isNeeded(path)) place(join(modules, path), join(target, path));
  }
  rmSync(work, { recursive: true });
  if (!existsSync(join(target, 'koffi'))) {
    throw new ScriptFailure('npm did not install koffi, which tells systemd that the agent lives.');
  }
}

/**
 * @param {string} from
 * @param {string} to
 */
function place(from, to) {
  if (!existsSync(from)) throw new ScriptFailure(`${from} is missing.`, 'npm run build; npm run docs');
  mkdirSync(dirname(to), { recursive: true });
  cpSync(from, to, { dereference: true });
}

/**
 * @param {string} from
 * @param {string} to
 */
function copyFolder(from, to) {
  for (const entry of readdirSync(from, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile() || /\.map$|\.md$/.test(entry.name)) continue;
    const path = join(entry.parentPath, entry.name);
    place(path, join(to, path.slice(from.length + 1)));
  }
}

/**
 * @param {string} from
 * @param {string} to
 */
function zip(from, to) {
  mkdirSync(dirname(to), { recursive: true });
  writeFileSync(to, gzipSync(readFileSync(from), { level: 9 })); // zlib writes no time and no name
}

/**
 * Modes and times that depend on nothing but the sources. What can be executed is named, not found out: a checkout with
 * another umask gives the same package.
 *
 * @param {string} tree
 * @param {number} epochSec
 */
export async function settle(tree, epochSec) {
  const programs = new Set(
    ['usr/bin/ksmpilot', `${PROGRAM}/node`, `${PROGRAM}/bin/ksmpilot`].map((p) => join(tree, p)),
  );
  chmodSync(tree, 0o755);
  for (const entry of readdirSync(tree, { withFileTypes: true, recursive: true })) {
    const path = join(entry.parentPath, entry.name);
    chmodSync(path, entry.isDirectory() || programs.has(path) ? 0o755 : 0o644);
  }
  await run(['find', tree, '-exec', 'touch', '--no-dereference', `--date=@${epochSec}`, '{}', '+'], 'no times set');
}

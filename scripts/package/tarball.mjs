// @ts-check
/** The tarball: runs where it is unpacked, and installs with `tar -C / --strip-components=1`. */
import { basename, dirname } from 'node:path';
import { run } from '../kernels/debian.mjs';

/** What only Debian's tools read. */
const DEBIAN_ONLY = ['usr/share/lintian', 'usr/share/doc/ksmpilot/copyright'];

/**
 * @param {object} options
 * @param {string} options.tree its name is the tarball's only top folder
 * @param {number} options.epochSec
 * @param {string} options.file
 */
export async function makeTarball({ tree, epochSec, file }) {
  const name = basename(tree);
  await run(
    [
      ...['tar', '--create', '--file', file, '--use-compress-program', 'gzip -6n', '--directory', dirname(tree)],
      ...['--sort=name', '--format=posix', '--pax-option=exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime'],
      ...[`--mtime=@${epochSec}`, '--owner=0', '--group=0', '--numeric-owner'],
      ...DEBIAN_ONLY.map((path) => `--exclude=${name}/${path}`),
      name,
    ],
    'tar made no tarball',
    { label: 'tar', timeoutMs: 10 * 60_000 },
  );
}

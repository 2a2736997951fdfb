import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { packageRoot } from '../../src/agent/paths.js';

export const RELEASES = ['bookworm', 'trixie'] as const;
export type Release = (typeof RELEASES)[number];

const asked = process.env.KSMPILOT_TEST_RELEASES?.split(',');

/** The releases of Debian that are asked for, else these. */
export function releasesOr(byDefault: readonly Release[]): readonly Release[] {
  return asked === undefined ? byDefault : RELEASES.filter((release) => asked.includes(release));
}

/** Where the Debians are kept that debootstrap made. */
export const ROOTS = join(packageRoot, '.cache/package/roots');

/** What cannot be had is a failure where the test was asked for, else a skip that says so. */
export const REQUIRED = process.env.CI === 'true' || process.env.KSMPILOT_TEST_RELEASES !== undefined;

let made: Promise<void> | undefined;

/**
 * The two packages: new ones, made once for all releases, or the .deb that KSMPILOT_TEST_PACKAGE names with the tarball
 * beside it. Paths.
 */
export async function packages(): Promise<{ deb: string; tarball: string }> {
  const given = process.env.KSMPILOT_TEST_PACKAGE;
  if (given === undefined) await (made ??= makePackages());
  const folder = given === undefined ? join(packageRoot, 'dist-packages') : dirname(given);
  return { deb: given ?? only(folder, '_amd64.deb'), tarball: only(folder, '-linux-x64.tar.gz') };
}

/** Takes longer than vitest waits for a worker that is blocked, so it runs beside this one. */
async function makePackages(): Promise<void> {
  const child = spawn(process.execPath, ['scripts/package.mjs'], {
    cwd: packageRoot,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`npm run package ended with ${code ?? 'a signal'}; its own words are above`);
}

function only(folder: string, ending: string): string {
  const [name, ...more] = readdirSync(folder).filter((entry) => entry.endsWith(ending));
  if (name === undefined || more.length > 0) throw new Error(`${folder} should have one file *${ending}`);
  return join(folder, name);
}

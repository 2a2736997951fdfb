import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { onTestFinished } from 'vitest';

export type Release = '6.18' | '6.12' | '6.1' | '5.10';

const FIXTURES = fileURLToPath(new URL('../fixtures', import.meta.url));

/** A captured tree of /proc and /sys, to read from. See test/fixtures/README.md. */
export function fixtureTree(release: Release): string {
  return join(FIXTURES, release);
}

/** An empty folder that goes when the test ends. */
export function temporaryFolder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'ksmpilot-test-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  // mkdtemp makes 0700; some tests read as another user.
  chmodSync(dir, 0o755);
  return dir;
}

/** A copy of a captured tree, to write to. */
export function copiedTree(release: Release): string {
  const root = join(temporaryFolder(), release);
  cpSync(fixtureTree(release), root, { recursive: true });
  return root;
}

/** Writes one file below `root`, with the folders above it. */
export function put(root: string, path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

/** Where the knobs are in a tree. */
export const KSM = 'sys/kernel/mm/ksm';

/** Runs `act` without root's rights, so that a mode of 0 refuses for real. Tests that are not root run it as they are. */
export function withoutRoot<T>(act: () => T): T {
  if (process.geteuid?.() !== 0) return act();
  const nobody = 65534;
  process.seteuid?.(nobody);
  try {
    return act();
  } finally {
    process.seteuid?.(0);
  }
}

/** The error that `act` throws; fails the test when it throws none. */
export function thrownBy(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

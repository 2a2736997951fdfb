// @ts-check
/** A kernel with its images at hand: what the command line and the tests use. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withCheckoutLock } from '../bootstrap/lock.mjs';
import { prepareImages } from './images.mjs';
import { runGuest } from './machine.mjs';

/** Packages, unpacked trees and images: about 2 GB for all guests. Removing it costs a download. */
export const CACHE = fileURLToPath(new URL('../../.cache/kernels', import.meta.url));

/**
 * @typedef {object} Rig
 * @property {import('./images.mjs').Images['versions']} versions
 * @property {(run: Omit<import('./machine.mjs').GuestRun, 'images'>) => Promise<import('./machine.mjs').GuestEnd>} run
 */

/**
 * Gets and builds what is missing. Throws a ScriptFailure where packages cannot be had.
 *
 * @param {{ kernel: string, bpftrace: string }} guest
 * @param {{ update?: boolean | undefined, cache?: string }} [options]
 * @returns {Promise<Rig>}
 */
export async function openRig(guest, { update = false, cache = CACHE } = {}) {
  mkdirSync(join(cache, 'images'), { recursive: true });
  const images = await withCheckoutLock(cache, () => prepareImages(cache, guest, { update }));
  return { versions: images.versions, run: (options) => runGuest({ ...options, images }) };
}

// @ts-check
/** From a fresh clone to something that runs: packages, host tools, build. Does nothing when nothing is missing. */
import { runCommand } from './command.mjs';
import { ensureTools, ensureTracefs } from './host.mjs';
import { withCheckoutLock } from './lock.mjs';
import { installPackages, missingPackages } from './packages.mjs';
import { ScriptFailure } from './say.mjs';
import { staleBuild } from './sources.mjs';

/**
 * @param {object} options
 * @param {string} options.root the checkout
 * @param {readonly import('./host.mjs').HostTool[]} [options.tools] host tools worth installing for what comes next
 * @param {boolean} [options.tracefs] mount tracefs where it is missing
 */
export async function prepare({ root, tools = [], tracefs = false }) {
  if (missingPackages(root) !== undefined || staleBuild(root) !== undefined) {
    await withCheckoutLock(root, async () => {
      // Looked at again: whoever held the lock before us may have done it all.
      const why = missingPackages(root);
      if (why !== undefined) await installPackages(root, why);
      if (why !== undefined || staleBuild(root) !== undefined) await build(root);
    });
  }
  await ensureTools(tools);
  if (tracefs) await ensureTracefs();
}

/** @param {string} root */
async function build(root) {
  // A process of its own: the build needs packages that were not there when this one began.
  const result = await runCommand([process.execPath, 'scripts/build.mjs'], {
    cwd: root,
    label: 'building',
    env: { ...process.env, KSMPILOT_CHECKOUT_LOCKED: '1' },
  });
  if (result.code !== 0) {
    throw new ScriptFailure(
      'the build failed; its own words are above.',
      'if you changed no source, run git status and git stash, then npm start again.',
    );
  }
}

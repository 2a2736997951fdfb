// @ts-check
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { programArguments, startsAgent } from './arguments.mjs';
import { endRunningCommands } from './command.mjs';
import { HOST_TOOLS } from './host.mjs';
import { prepare } from './prepare.mjs';
import { sayFailure } from './say.mjs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Exit codes of a process that a signal ended, as shells count them. */
const SIGNALS = /** @type {const} */ ({ SIGHUP: 129, SIGINT: 130, SIGTERM: 143 });

/**
 * Prepares the checkout and runs the program in this process.
 *
 * @param {readonly string[]} given command line as after `npm start --`
 */
export async function launch(given) {
  const args = programArguments(given);
  const unwatch = endChildrenOnSignal();
  try {
    const agent = startsAgent(args);
    await prepare({ root: ROOT, tools: agent ? [HOST_TOOLS.bpftrace] : [], tracefs: agent });
  } catch (error) {
    sayFailure(error);
    process.exitCode = 1;
    return;
  } finally {
    unwatch();
  }
  goWhereTheUserIs(process.env['INIT_CWD']);
  process.argv = [process.argv[0] ?? 'node', join(ROOT, 'bin', 'ksmpilot'), ...args];
  await import(pathToFileURL(join(ROOT, 'dist', 'src', 'cli', 'main.js')).href);
}

/**
 * Until the program runs and has handlers of its own, a signal ends what the launcher started, then the launcher.
 *
 * @returns {() => void} puts things back
 */
function endChildrenOnSignal() {
  const handlers = Object.entries(SIGNALS).map(([signal, code]) => {
    const handler = () => {
      endRunningCommands();
      process.exit(code);
    };
    process.on(signal, handler);
    return () => process.off(signal, handler);
  });
  return () => handlers.forEach((off) => off());
}

/**
 * npm starts scripts in the package's folder; relative paths on the command line are meant from where the user is.
 *
 * @param {string | undefined} folder
 */
function goWhereTheUserIs(folder) {
  if (folder === undefined) return;
  try {
    process.chdir(folder);
  } catch {
    return; // removed meanwhile, or not ours to enter: the package's folder does as well
  }
}

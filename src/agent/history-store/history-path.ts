import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Config } from '../config.js';
import type { StateDirOwner } from '../state-dir.js';

const FILE = 'history.db';

/**
 * Where the past is kept: in `history.dir`; beside the state of an agent that has a folder of its own, as a second agent
 * or a test has; else /var/lib/ksmpilot for root, $XDG_STATE_HOME/ksmpilot for others. Touches nothing.
 */
export function historyPath(
  { history, stateDir }: Pick<Config, 'history' | 'stateDir'>,
  owner: Pick<StateDirOwner, 'uid' | 'env'> = { uid: process.geteuid?.() ?? -1, env: process.env },
): string {
  if (history.dir !== undefined) return join(history.dir, FILE);
  if (stateDir !== undefined) return join(stateDir, 'history', FILE);
  if (owner.uid === 0) return join('/var/lib/ksmpilot', FILE);
  const state = owner.env['XDG_STATE_HOME'];
  // The base directory specification: a relative path is to be ignored.
  return join(state?.startsWith('/') === true ? state : join(homedir(), '.local', 'state'), 'ksmpilot', FILE);
}

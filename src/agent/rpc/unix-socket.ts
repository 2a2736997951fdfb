import { chmodSync, lstatSync, unlinkSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import { errnoOf, KsmpilotError } from '../errors.js';

/** sun_path holds 108 bytes with its ending 0 (unix(7)). */
const MAX_PATH_BYTES = 107;

/** Where an agent with this state directory listens, and where the CLI looks for it. */
export function socketIn(stateDir: string): string {
  return join(stateDir, 'agent.sock');
}

/**
 * Makes a path ready to be listened on: its folder is ours alone, and what a killed agent left there is removed.
 *
 * The folder is what keeps others out: between bind(2) and chmod(2) the socket itself is as open as the umask says.
 *
 * @throws KsmpilotError STATE_DIR_UNUSABLE, AGENT_RUNNING when somebody answers on the socket, BIND_REFUSED.
 */
export async function prepareSocket(path: string): Promise<void> {
  const folder = lstatSync(dirname(path), { throwIfNoEntry: false });
  if (!folder?.isDirectory() || (folder.mode & 0o077) !== 0 || folder.uid !== process.geteuid?.()) {
    throw new KsmpilotError('STATE_DIR_UNUSABLE', `${dirname(path)} is not a folder that only its owner can enter.`, {
      hint: `Give it to the user of the agent: chmod 0700 ${dirname(path)}`,
    });
  }
  await clearSocket(path);
}

/**
 * Removes what a killed agent left at the path.
 *
 * @throws KsmpilotError STATE_DIR_UNUSABLE, AGENT_RUNNING when somebody answers on the socket, BIND_REFUSED.
 */
export async function clearSocket(path: string): Promise<void> {
  if (Buffer.byteLength(path) > MAX_PATH_BYTES) {
    throw new KsmpilotError('BIND_REFUSED', `the socket path ${path} is longer than ${MAX_PATH_BYTES} bytes.`, {
      hint: 'Choose a shorter state folder.',
    });
  }
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isSocket()) {
    throw new KsmpilotError('STATE_DIR_UNUSABLE', `${path} is there and is not a socket.`, { hint: `Remove ${path}.` });
  }
  if (await answers(path)) {
    throw new KsmpilotError('AGENT_RUNNING', `another agent listens on ${path}.`, { hint: 'Stop it first.' });
  }
  removeSocket(path);
}

/** Only the owner may connect: connect(2) asks for write permission on the socket file. */
export function closeToOthers(path: string): void {
  chmodSync(path, 0o600);
}

export function removeSocket(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
  }
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => {
      socket.destroy();
      resolve(false);
    });
  });
}

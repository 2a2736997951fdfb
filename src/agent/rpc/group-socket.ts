import { chmodSync, lstatSync } from 'node:fs';
import { dirname } from 'node:path';
import { KsmpilotError } from '../errors.js';
import { clearSocket } from './unix-socket.js';

/**
 * A second Unix socket, for a page that runs as another user. Its folder says who may connect: the group of the folder.
 * The folder has the set-group-ID bit, so that the socket gets that group without a capability to give files away.
 * Whoever connects may read; what changes the host needs a token here as everywhere.
 */

const GROUP_OR_OTHER_WRITE = 0o022;
const OTHER = 0o007;
const SET_GROUP_ID = 0o2000;

/**
 * Makes the path ready to be listened on.
 *
 * @throws KsmpilotError STATE_DIR_UNUSABLE where the folder lets others in, AGENT_RUNNING, BIND_REFUSED
 */
export async function prepareGroupSocket(path: string): Promise<void> {
  const folder = dirname(path);
  const stats = lstatSync(folder, { throwIfNoEntry: false });
  const why = !stats?.isDirectory()
    ? 'is no folder'
    : stats.uid !== process.geteuid?.()
      ? `belongs to uid ${stats.uid}`
      : (stats.mode & (GROUP_OR_OTHER_WRITE | OTHER)) !== 0
        ? `has mode ${(stats.mode & 0o7777).toString(8)}: only its owner may write there, and others may not enter`
        : (stats.mode & SET_GROUP_ID) === 0
          ? 'lacks the set-group-ID bit, which gives the socket its group'
          : undefined;
  if (why !== undefined) {
    throw new KsmpilotError('STATE_DIR_UNUSABLE', `the folder of the group socket, ${folder}, ${why}.`, {
      hint: `install -d -o root -g ksmpilot -m 2750 ${folder}`,
    });
  }
  await clearSocket(path);
}

/** Owner and group may connect: connect(2) asks for write permission on the socket file. */
export function openToGroup(path: string): void {
  chmodSync(path, 0o660);
}

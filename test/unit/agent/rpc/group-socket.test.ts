import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openToGroup, prepareGroupSocket } from '../../../../src/agent/rpc/group-socket.js';

let dir: string;
let path: string;
beforeEach(() => {
  dir = join(mkdtempSync(join(tmpdir(), 'ksmpilot-group-')), 'web');
  mkdirSync(dir);
  chmodSync(dir, 0o2750);
  path = join(dir, 'agent.sock');
});
afterEach(() => rmSync(join(dir, '..'), { recursive: true, force: true }));

test('a folder of the group is taken, and the socket is for owner and group', async () => {
  await prepareGroupSocket(path);
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(path, resolve));
  openToGroup(path);
  expect((statSync(path).mode & 0o777).toString(8)).toBe('660');
  expect(statSync(path).gid).toBe(statSync(dir).gid);
  await expect(prepareGroupSocket(path)).rejects.toMatchObject({ code: 'AGENT_RUNNING' });
  await new Promise((resolve) => server.close(resolve));
});

test.each([
  [0o2755, 'others may not enter'],
  [0o2770, 'only its owner may write there'],
  [0o750, 'set-group-ID'],
])('a folder of mode %o is refused', async (mode, why) => {
  chmodSync(dir, mode);
  await expect(prepareGroupSocket(path)).rejects.toMatchObject({ code: 'STATE_DIR_UNUSABLE' });
  await expect(prepareGroupSocket(path)).rejects.toThrow(why);
});

test('a missing folder is refused, and the cure names it', async () => {
  await expect(prepareGroupSocket(join(dir, 'absent', 'agent.sock'))).rejects.toMatchObject({
    code: 'STATE_DIR_UNUSABLE',
    hint: `install -d -o root -g ksmpilot -m 2750 ${join(dir, 'absent')}`,
  });
});

import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { closeToOthers, prepareSocket, removeSocket } from '../../../../src/agent/rpc/unix-socket.js';

let dir: string;
let path: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'ksmpilot-sock-'));
  path = join(dir, 'agent.sock');
});
afterEach(() => {
  rmSync(dir, { recursive: true, force: true });
});

test('nothing there: fine', async () => {
  await prepareSocket(path);
  expect(existsSync(path)).toBe(false);
});

test('the socket of a killed agent is removed', async () => {
  // A process that ends without closing leaves the file, as kill -9 does.
  const script = `require('node:net').createServer().listen(process.argv[1], () => process.kill(process.pid, 'SIGKILL'))`;
  expect(() => execFileSync(process.execPath, ['-e', script, path], { stdio: 'ignore' })).toThrow();
  expect(statSync(path).isSocket()).toBe(true);
  await prepareSocket(path);
  expect(existsSync(path)).toBe(false);
});

test('the socket of a living agent is left alone', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(path, resolve));
  closeToOthers(path);
  expect((statSync(path).mode & 0o777).toString(8)).toBe('600');
  await expect(prepareSocket(path)).rejects.toMatchObject({ code: 'AGENT_RUNNING' });
  expect(existsSync(path)).toBe(true);
  await new Promise((resolve) => server.close(resolve));
});

test('something that is no socket is not removed', async () => {
  writeFileSync(path, 'mine');
  await expect(prepareSocket(path)).rejects.toMatchObject({ code: 'STATE_DIR_UNUSABLE' });
  expect(existsSync(path)).toBe(true);
});

test('a folder that is open to others, a link, or missing is refused', async () => {
  chmodSync(dir, 0o750);
  await expect(prepareSocket(path)).rejects.toMatchObject({ code: 'STATE_DIR_UNUSABLE' });
  chmodSync(dir, 0o700);
  symlinkSync(dir, join(dir, 'link'));
  await expect(prepareSocket(join(dir, 'link', 'agent.sock'))).rejects.toMatchObject({ code: 'STATE_DIR_UNUSABLE' });
  await expect(prepareSocket(join(dir, 'none', 'agent.sock'))).rejects.toMatchObject({ code: 'STATE_DIR_UNUSABLE' });
});

test('a path too long for the kernel is refused with the reason', async () => {
  await expect(prepareSocket(join(dir, 'x'.repeat(120)))).rejects.toMatchObject({
    code: 'BIND_REFUSED',
    message: expect.stringContaining('107 bytes') as string,
  });
});

test('removing what is gone is fine', () => {
  expect(() => removeSocket(path)).not.toThrow();
});

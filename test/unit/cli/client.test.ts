import { createServer, type AddressInfo } from 'node:net';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { validateConfig } from '../../../src/agent/config.js';
import { KsmpilotError } from '../../../src/agent/errors.js';
import { socketIn } from '../../../src/agent/rpc/unix-socket.js';
import { createToken } from '../../../src/agent/token.js';
import type { AgentClient } from '../../../src/cli/client.js';
import { withAgent } from '../../../src/cli/client.js';
import { chooseTarget, DEFAULT_ADDRESS } from '../../../src/cli/connection.js';
import { startHarness } from '../../helpers/rpc.js';

let stateDir: string;
beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), 'ksmpilot-cli-'));
});
afterEach(() => {
  rmSync(stateDir, { recursive: true, force: true });
});

test('the default address is that of the settings', () => {
  expect(DEFAULT_ADDRESS).toBe(validateConfig({}, 'test').grpc.address);
});

test('the address given, else the socket of the folder given, else loopback', async () => {
  // Never another agent than that of the folder, which may be on the usual port.
  expect(chooseTarget({ stateDir })).toBe(`unix:${socketIn(stateDir)}`);
  expect(chooseTarget({ address: '127.0.0.1:9' })).toBe('127.0.0.1:9');
  await using harness = await startHarness({ socketPath: socketIn(stateDir) });
  expect(chooseTarget({ stateDir })).toBe(`unix:${socketIn(stateDir)}`);
  expect(chooseTarget({ stateDir, address: harness.address })).toBe(harness.address);
  const host = await withAgent({ stateDir }, (agent) => agent.host());
  expect(host.hostname).toBe('hv1');
});

test('a proxy in the environment is not used', async () => {
  await using harness = await startHarness();
  process.env['http_proxy'] = 'http://127.0.0.1:1';
  try {
    const host = await withAgent({ address: harness.address }, (agent) => agent.host());
    expect(host.hostname).toBe('hv1');
  } finally {
    delete process.env['http_proxy'];
  }
});

async function failure(work: (agent: AgentClient) => Promise<unknown>, address: string): Promise<KsmpilotError> {
  return withAgent({ address, stateDir }, work).then(
    () => expect.unreachable(),
    (error: unknown) => {
      expect(error).toBeInstanceOf(KsmpilotError);
      return error as KsmpilotError;
    },
  );
}

test('nobody listens: where, and how to start an agent', async () => {
  const error = await failure((agent) => agent.status(), '127.0.0.1:1');
  expect(error).toMatchObject({ code: 'AGENT_UNREACHABLE', message: 'no agent answers at 127.0.0.1:1.' });
  expect(error.hint).toContain('ksmpilot run');
});

test('somebody else listens', async () => {
  const other = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.resume().end('HTTP/1.1 400 Bad Request\r\n\r\n');
  });
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const error = await failure((agent) => agent.status(), `127.0.0.1:${(other.address() as AddressInfo).port}`);
  expect(error.code).toBe('AGENT_UNREACHABLE');
  await new Promise((resolve) => other.close(resolve));
});

test('token: missing, wrong, right', async () => {
  await using harness = await startHarness();
  const missing = await failure((agent) => agent.pause(), harness.address);
  expect(missing).toMatchObject({ code: 'TOKEN_MISSING' });
  expect(missing.message).toContain(join(stateDir, 'token'));
  createToken(stateDir);
  const wrong = await failure((agent) => agent.pause(), harness.address);
  expect(wrong.code).toBe('TOKEN_MISSING');
  expect(wrong.message).toContain("not this agent's");
  expect(wrong.hint).toContain('authorization');
  expect(harness.agent.calls).toEqual([]);

  await using right = await startHarness({ token: createToken(stateDir) });
  const tuner = await withAgent({ address: right.address, stateDir }, (agent) => agent.pause());
  expect(tuner.paused).toBe(true);
});

test("the agent's refusal arrives with its code, message and hint apart", async () => {
  await using harness = await startHarness({ token: createToken(stateDir) });
  harness.agent.refusal = new KsmpilotError('MODE_REFUSED', 'ksmtuned runs.', { hint: 'Stop it.' });
  expect(await failure((agent) => agent.setMode('MODE_AUTO'), harness.address)).toMatchObject({
    code: 'MODE_REFUSED',
    message: 'ksmtuned runs.',
    hint: 'Stop it.',
  });
  harness.agent.refusal = new KsmpilotError('MODE_REFUSED', 'No reason.');
  const bare = await failure((agent) => agent.setMode('MODE_AUTO'), harness.address);
  expect(bare).toMatchObject({ message: 'No reason.', hint: undefined });
});

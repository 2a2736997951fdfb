import { mkdtempSync, rmSync, statSync, existsSync, chmodSync } from 'node:fs';
import { connect as connectHttp2, constants } from 'node:http2';
import { request } from 'node:http';
import { connect as connectTcp, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { credentials, makeClientConstructor, status } from '@grpc/grpc-js';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { loadService } from '../../../../src/agent/rpc/proto.js';
import { RpcServer } from '../../../../src/agent/rpc/server.js';
import { RecordingLog, TestAgent } from '../../../helpers/agent-port.js';
import { bearer, call, connect, refusal, startHarness, TOKEN } from '../../../helpers/rpc.js';

let stateDir: string;
beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), 'ksmpilot-rpc-'));
});
afterEach(() => {
  rmSync(stateDir, { recursive: true, force: true });
});

function server(address: string, change: { socketPath?: string } = {}): RpcServer {
  return new RpcServer({
    port: new TestAgent(),
    token: TOKEN,
    address,
    log: new RecordingLog(),
    ...change,
  });
}

const hostname = async (target: string): Promise<string> => {
  const client = connect(target);
  try {
    return (await call<{ hostname: string }>((done) => client.getHost({}, done))).hostname;
  } finally {
    client.close();
  }
};

test.each(['0.0.0.0:0', '[::]:0', '192.0.2.1:0', 'example.org:0'])('refuses to bind %s', async (address) => {
  await expect(server(address).start()).rejects.toMatchObject({
    code: 'BIND_REFUSED',
    hint: expect.any(String) as string,
  });
});

test('a port in use is named, with the cure; nothing stays behind', async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const address = `127.0.0.1:${(other.address() as AddressInfo).port}`;
  const socketPath = join(stateDir, 'agent.sock');
  const refused = server(address, { socketPath });
  await expect(refused.start()).rejects.toMatchObject({
    code: 'PORT_IN_USE',
    message: expect.stringContaining(address) as string,
    hint: expect.stringContaining('--grpc') as string,
  });
  expect(existsSync(socketPath)).toBe(false);
  await new Promise((resolve) => other.close(resolve));
  await refused.start();
  await refused.stop();
});

test('serves on a Unix socket that only its owner may use, and removes it', async () => {
  const socketPath = join(stateDir, 'agent.sock');
  const first = server('127.0.0.1:0', { socketPath });
  await first.start();
  const { mode } = statSync(socketPath);
  expect((mode & 0o777).toString(8)).toBe('600');
  expect(statSync(socketPath).isSocket()).toBe(true);
  expect(await hostname(`unix:${socketPath}`)).toBe('hv1');
  // A changing call needs the token there as well.
  const client = connect(`unix:${socketPath}`);
  const refused = await refusal(call((done) => client.pause({}, done)));
  expect(refused.code).toBe(status.UNAUTHENTICATED);
  expect(await call<unknown>((done) => client.pause({}, bearer(), done))).toMatchObject({ paused: true });
  client.close();
  await first.stop();
  expect(existsSync(socketPath)).toBe(false);
});

test('a folder that others can enter is refused, and then the port is free again', async () => {
  chmodSync(stateDir, 0o755);
  const refused = server('127.0.0.1:0', { socketPath: join(stateDir, 'agent.sock') });
  await expect(refused.start()).rejects.toMatchObject({ code: 'STATE_DIR_UNUSABLE' });
  chmodSync(stateDir, 0o700);
  await refused.start();
  await refused.stop();
});

test('stop before start, and twice', async () => {
  const idle = server('127.0.0.1:0');
  await idle.stop();
  await idle.start();
  await Promise.all([idle.stop(), idle.stop()]);
});

test('a call that hangs does not keep the server from stopping', async () => {
  await using harness = await startHarness();
  harness.agent.setMode = () => new Promise(() => undefined);
  const hanging = refusal(call((done) => harness.client.setMode({ mode: 'MODE_ADVISE' }, bearer(), done)));
  await hostname(harness.address);
  const began = performance.now();
  await harness.server.stop();
  expect(performance.now() - began).toBeLessThan(4000);
  expect([status.UNAVAILABLE, status.CANCELLED, status.INTERNAL]).toContain((await hanging).code);
});

/** Sends bytes to the port and waits for the server to close, at most a second. */
function sendRaw(address: string, bytes: Buffer): Promise<void> {
  const port = Number(address.split(':')[1]);
  return new Promise((resolve) => {
    const socket = connectTcp(port, '127.0.0.1', () => socket.write(bytes));
    const end = (): void => {
      socket.destroy();
      resolve();
    };
    socket.on('error', end);
    socket.on('close', end);
    socket.setTimeout(1000, end);
    socket.resume();
  });
}

test('garbage on the port: raw bytes, broken HTTP/2, HTTP/1', async () => {
  await using harness = await startHarness();
  const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
  const noise = Buffer.from(Array.from({ length: 5000 }, (_, index) => (index * 7919) % 256));
  await sendRaw(harness.address, noise);
  await sendRaw(harness.address, Buffer.concat([preface, noise]));
  await sendRaw(harness.address, preface.subarray(0, 7));
  const answered = await new Promise<string>((resolve) => {
    const sent = request(`http://${harness.address}/`, (response) => {
      response.resume();
      resolve(`HTTP ${response.statusCode ?? 0}`);
    });
    sent.on('error', () => resolve('closed'));
    sent.setTimeout(1000, () => sent.destroy());
    sent.end();
  });
  expect(answered).not.toBe('HTTP 200');
  expect(await hostname(harness.address)).toBe('hv1');
});

/** One HTTP/2 request that looks like gRPC, with a body of the caller's making. */
function rawCall(
  address: string,
  path: string,
  body: Buffer,
  type = 'application/grpc',
): Promise<Record<string, unknown>> {
  return new Promise((resolve, reject) => {
    const session = connectHttp2(`http://${address}`);
    session.on('error', reject);
    const stream = session.request({
      [constants.HTTP2_HEADER_METHOD]: 'POST',
      [constants.HTTP2_HEADER_PATH]: path,
      [constants.HTTP2_HEADER_CONTENT_TYPE]: type,
      te: 'trailers',
    });
    const seen: Record<string, unknown> = {};
    stream.on('response', (headers) => {
      Object.assign(seen, headers);
    });
    stream.on('trailers', (trailers) => {
      Object.assign(seen, trailers);
    });
    stream.on('error', () => undefined);
    stream.on('close', () => {
      session.destroy();
      resolve(seen);
    });
    stream.resume();
    stream.end(body);
  });
}

test('garbage in calls: unknown method, wrong type, broken and oversized messages', async () => {
  await using harness = await startHarness();
  const { address } = harness;
  const path = '/ksmpilot.v1.Ksmpilot/GetTuner';
  const message = (body: Buffer, length = body.length): Buffer => {
    const head = Buffer.alloc(5);
    head.writeUInt32BE(length, 1);
    return Buffer.concat([head, body]);
  };
  expect(await rawCall(address, '/ksmpilot.v1.Ksmpilot/NoSuch', message(Buffer.alloc(0)))).toMatchObject({
    'grpc-status': String(status.UNIMPLEMENTED),
  });
  expect(await rawCall(address, path, message(Buffer.alloc(0)), 'text/html')).toMatchObject({ ':status': 415 });
  const broken = await rawCall(address, path, message(Buffer.from([0x08, 0xff, 0xff])));
  expect(broken['grpc-status']).toBeDefined();
  expect(broken['grpc-status']).not.toBe('0');
  expect(await rawCall(address, path, message(Buffer.alloc(70_000)))).toMatchObject({
    'grpc-status': String(status.RESOURCE_EXHAUSTED),
  });
  expect(await rawCall(address, path, message(Buffer.alloc(10), 0xffff_ffff))).toMatchObject({
    'grpc-status': String(status.RESOURCE_EXHAUSTED),
  });
  expect(await hostname(address)).toBe('hv1');
});

test('a client with another idea of the message gets an error or the defaults, and nothing breaks', async () => {
  await using harness = await startHarness();
  const { GetTuner } = loadService().service;
  const Odd = makeClientConstructor({ GetTuner: { ...GetTuner, requestSerialize: (bytes: Buffer) => bytes } }, 'Odd');
  const client = new Odd(harness.address, credentials.createInsecure());
  const send = client['GetTuner'] as (body: Buffer, done: (error: Error | null) => void) => void;
  for (const body of [Buffer.from('0800', 'hex'), Buffer.from('fa0f0131', 'hex'), Buffer.from('08ff', 'hex')]) {
    await new Promise<void>((resolve) => send.call(client, body, () => resolve()));
  }
  client.close();
  expect(await hostname(harness.address)).toBe('hv1');
});

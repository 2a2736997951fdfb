import { once } from 'node:events';
import { connect as connectHttp2, constants, type ClientHttp2Session, type IncomingHttpHeaders } from 'node:http2';
import { connect as connectTcp } from 'node:net';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makePageDir, startFakePage, type FakePage } from '../helpers/fake-page.js';
import { ask } from '../helpers/http.js';
import { bearer, call, startHarness, type Harness } from '../helpers/rpc.js';
import { SEED } from './fuzz.js';
import { mutant, mutantBytes } from './mutant.js';
import { INPUTS, type Entry } from './plan.js';

// The page's server and the agent's, real ones on real sockets, before clients that speak nonsense.

const TEST_MS = 180_000;
/** Inputs under way at once. */
const AT_ONCE = 20;
/** A server that waits for the rest of a request is left after this. */
const PATIENCE_MS = 300;
/** Heap after all inputs, above what it was before. */
const GROWTH_MAX = 100 * 2 ** 20;

let page: FakePage;
let files: Awaited<ReturnType<typeof makePageDir>>;
let agent: Harness;
/** What the page's server calls a failure of its own. */
const defects: string[] = [];

beforeAll(async () => {
  files = await makePageDir();
  const rates = { perRemote: { perSec: 1e6, burst: 1e6 }, inAll: { perSec: 1e6, burst: 1e6 } };
  const warn = (fields: object, text: string): void => {
    if (text === 'a request failed') defects.push(inspect(fields));
  };
  const log = { info: () => undefined, warn };
  page = await startFakePage({ historySec: 60 }, { pageDir: files.dir, rates, log });
  agent = await startHarness({ limits: { callsPerEntry: { perSec: 1e6, burst: 1e6 } } });
});

afterAll(async () => {
  await agent[Symbol.asyncDispose]();
  await page.stop();
  await files.remove();
});

/** As many inputs as the plan says, some at once; then memory is as before, nearly. */
function flood<Input>(entry: Entry, inputs: fc.Arbitrary<Input>, take: (input: Input) => Promise<void>): void {
  it(
    `${entry}: ${INPUTS[entry]} inputs, KSMPILOT_SEED=${SEED}`,
    async () => {
      const before = process.memoryUsage().heapUsed;
      const many = fc.array(inputs, { minLength: AT_ONCE, maxLength: AT_ONCE });
      const property = fc.asyncProperty(many, async (batch) => {
        await Promise.all(batch.map(take));
      });
      // Not made smaller: each try takes its time on the sockets.
      await fc.assert(property, { numRuns: INPUTS[entry] / AT_ONCE, seed: SEED, endOnFailure: true });
      expect(process.memoryUsage().heapUsed - before).toBeLessThan(GROWTH_MAX);
    },
    TEST_MS,
  );
}

/** Sends the bytes, and resolves to what came before the server closed or went silent. */
async function exchange(port: number, bytes: Uint8Array): Promise<Buffer> {
  const socket = connectTcp(port, '127.0.0.1');
  const answer: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => answer.push(chunk));
  socket.on('error', () => undefined);
  const closed = once(socket, 'close');
  socket.setTimeout(PATIENCE_MS, () => socket.destroy());
  socket.end(bytes);
  await closed;
  return Buffer.concat(answer);
}

describe('the page', () => {
  const request = (line: string, ...more: string[]): string =>
    [`${line} HTTP/1.1`, 'Host: 127.0.0.1:PORT', ...more, '', ''].join('\r\n');
  const json = ['Content-Type: application/json', 'Authorization: Bearer secret'];
  const requests = mutant(
    request('GET /api/status?agent=hv-7', 'Connection: close'),
    request(
      'GET /api/history?from_ms=0&to_ms=0&points=10&fields=saved_bytes',
      'Cookie: ksmpilot-1=x',
      'Connection: close',
    ),
    request('GET /assets/index-B5HGyGWK.js', 'Connection: close', 'Accept-Encoding: gzip'),
    request('GET /metrics', 'Connection: close'),
    `${request('POST /api/mode', ...json, 'Content-Length: 15', 'Connection: close')}{"mode":"auto"}`,
    `${request('POST /api/session', ...json, 'Transfer-Encoding: chunked')}10\r\n{"token":"secre"}\r\n0\r\n\r\n`,
    request('GET /api/stream', 'Upgrade: websocket', 'Connection: Upgrade'),
  );
  flood('HTTP over a socket', requests, async (text) => {
    const answer = await exchange(page.port, Buffer.from(text.replaceAll('PORT', String(page.port))));
    const [, status] = /^HTTP\/1\.1 (\d{3}) /.exec(answer.toString('latin1')) ?? [];
    if (answer.length > 0 && status === undefined) throw new Error(`no HTTP: ${answer.toString('latin1', 0, 200)}`);
    if (status === '500') throw new Error(`a defect: ${answer.toString()}`);
    if (answer.includes('root:') || answer.toString().endsWith('\r\nsecret')) throw new Error('a file from elsewhere');
  });

  it('serves well-formed requests after all that', async () => {
    expect(await ask({ port: page.port, path: '/api/status' })).toMatchObject({ status: 200 });
    expect(defects).toEqual([]);
  });
});

describe('the agent', () => {
  const port = (): number => Number(agent.address.split(':').at(-1));

  const preface = Buffer.concat([
    Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
    Buffer.from([0, 0, 6, 4, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 100]), // SETTINGS, MAX_CONCURRENT_STREAMS
    Buffer.from([0, 0, 4, 8, 0, 0, 0, 0, 0, 0, 0xff, 0, 0]), // WINDOW_UPDATE
    Buffer.from([0, 0, 8, 6, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8]), // PING
    Buffer.from([0, 0, 4, 1, 4, 0, 0, 0, 1, 0x82, 0x86, 0x84, 0x41]), // HEADERS
    Buffer.from([0, 0, 5, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0]), // DATA
    Buffer.from([0, 0, 4, 3, 0, 0, 0, 0, 1, 0, 0, 0, 8]), // RST_STREAM
  ]);
  flood('HTTP/2 over a socket', mutantBytes(preface), async (bytes) => {
    await exchange(port(), bytes);
  });

  const METHODS = [
    'GetHost',
    'GetStatus',
    'StreamSamples',
    'StreamEvents',
    'ListGuests',
    'GetTuner',
    'GetHistory',
    'ListEvents',
    'WhyGuest',
    'WhatIf',
    'SetMode',
    'UpdateSettings',
    'SetGuestMerge',
    'NoSuchMethod',
  ];
  const call2 = fc.record({
    method: fc.constantFrom(...METHODS),
    token: fc.boolean(),
    /** Of the message, as its frame says; else some other number. */
    length: fc.option(fc.nat(2 ** 32 - 1), { nil: undefined, freq: 3 }),
    compressed: fc.constantFrom(0, 0, 0, 1, 255),
    message: mutantBytes(
      Buffer.from([0x08, 0x90, 0x1c, 0x10, 0x01]),
      Buffer.from([0x0a, 0x04, 0x76, 0x6d, 0x2f, 0x31, 0x10, 0x02]),
      Buffer.from([0x0a, 0x09, 0x09, 0, 0, 0, 0, 0, 0, 0x20, 0x40]),
    ),
  });
  let session: ClientHttp2Session | undefined;
  flood('gRPC with wrong messages', call2, async ({ method, token, length, compressed, message }) => {
    if (session === undefined || session.destroyed || session.closed) {
      session = connectHttp2(`http://${agent.address}`).on('error', () => undefined);
    }
    const frame = Buffer.alloc(5);
    frame.writeUInt8(compressed, 0);
    frame.writeUInt32BE(length ?? message.length, 1);
    const stream = session.request({
      ':method': 'POST',
      ':path': `/ksmpilot.v1.Ksmpilot/${method}`,
      'content-type': 'application/grpc',
      te: 'trailers',
      ...(token ? { authorization: `Bearer ${String(bearer().get('authorization')[0]).slice(7)}` } : {}),
    });
    let status: unknown;
    let said: unknown;
    const note = (headers: IncomingHttpHeaders): void => {
      status ??= headers['grpc-status'];
      said ??= headers['grpc-message'];
    };
    stream.on('response', note).on('trailers', note);
    stream.on('error', () => undefined).resume();
    const closed = once(stream, 'close');
    stream.setTimeout(PATIENCE_MS, () => stream.close(constants.NGHTTP2_CANCEL));
    stream.end(Buffer.concat([frame, message]));
    await closed;
    // 2: unknown, and 13: internal, which grpc-js says of bytes that are no message.
    const text = decodeURIComponent(String(said));
    if (String(status) === '2' || (String(status) === '13' && text.includes('INTERNAL')))
      throw new Error(`a defect: ${String(status)} ${text}`);
  });

  it('answers well-formed calls after all that, and has no stream left open', async () => {
    session?.destroy();
    expect(await call((done) => agent.client.getHost({}, done))).toMatchObject({
      hostname: expect.any(String) as string,
    });
    await expect.poll(() => agent.server.streamStats.open, { timeout: 5000 }).toBe(0);
  });
});

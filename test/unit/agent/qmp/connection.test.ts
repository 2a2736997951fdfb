import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { QmpConnection } from '../../../../src/agent/qmp/connection.js';
import { FakeQmp, GREETING, type FakeQmpOptions } from '../../../helpers/fake-qmp.js';
import { temporaryFolder } from '../../../helpers/kernel-tree.js';

const SHORT = { greetingMs: 200, answerMs: 200 };

async function fake(options: FakeQmpOptions = {}): Promise<FakeQmp> {
  const server = await FakeQmp.listen(join(temporaryFolder(), 'qmp'), options);
  onTestFinished(() => server[Symbol.asyncDispose]());
  return server;
}

async function ask(server: FakeQmp, command = 'query-status'): Promise<unknown> {
  const qmp = await QmpConnection.open(server.path, SHORT);
  try {
    return await qmp.execute(command);
  } finally {
    qmp.close();
  }
}

it('agrees on the protocol, asks, and leaves', async () => {
  const server = await fake({ name: 'web' });
  await expect(ask(server, 'query-name')).resolves.toEqual({ name: 'web' });
  expect(server.commands).toEqual(['qmp_capabilities', 'query-name']);
});

it('passes over events, before the greeting too', async () => {
  const event = '{"event": "RTC_CHANGE", "timestamp": {}, "data": {}}\r\n';
  const server = await fake({
    greeting: event + GREETING + event,
    answer: (_, id) => `${event}{"return": {"running": true}, "id": ${id}}\r\n${event}`,
  });
  await expect(ask(server)).resolves.toEqual({ running: true });
});

it('takes a monitor that spreads its answers over lines', async () => {
  const server = await fake({
    greeting: '{\r\n    "QMP": {\r\n        "capabilities": [\r\n        ]\r\n    }\r\n}\r\n',
    answer: (_, id) => `{\r\n    "return": {\r\n        "x": 1\r\n    },\r\n    "id": ${id}\r\n}\r\n`,
  });
  await expect(ask(server)).resolves.toEqual({ x: 1 });
});

it("tells QEMU's refusal in its own words, and can go on", async () => {
  const server = await fake({
    answer: (command, id) =>
      command === 'bad' ? `{"error": {"class": "DeviceNotFound", "desc": "No such path"}, "id": ${id}}\r\n` : undefined,
  });
  const qmp = await QmpConnection.open(server.path, SHORT);
  await expect(qmp.execute('bad')).rejects.toMatchObject({
    code: 'QMP_REFUSED',
    message: 'QEMU refuses bad: No such path (DeviceNotFound)',
  });
  await expect(qmp.execute('query-name')).resolves.toEqual({});
  qmp.close();
  await expect(qmp.execute('query-name')).rejects.toMatchObject({ code: 'QMP_FAILED' });
});

const BAD: readonly (readonly [string, FakeQmpOptions, RegExp])[] = [
  ['speaks garbage', { greeting: 'HTTP/1.1 400 Bad Request\r\n' }, /"HTTP\/1.1 400 Bad Request", which is not QMP/],
  ['is the human monitor', { greeting: 'QEMU 7.2.22 monitor - type help\r\n(qemu) ' }, /not QMP/],
  ['never ends a line', { greeting: 'x'.repeat(2 ** 20 + 1) }, /more than 1048576 characters/],
  ['answers before it greets', { greeting: '{"return": {}}\r\n' }, /before its greeting/],
  ['answers another question', { answer: () => '{"return": {}, "id": 99}\r\n' }, /another answer/],
  ['greets twice', { answer: () => GREETING }, /another answer/],
  ['keeps silent', { answer: () => '' }, /no answer to qmp_capabilities within 0.2 s/],
];

it.each(BAD)('%s: said so', async (_, options, message) => {
  await expect(ask(await fake(options))).rejects.toMatchObject({
    code: 'QMP_FAILED',
    message: expect.stringMatching(message) as string,
  });
});

it('takes silence instead of a greeting for another client', async () => {
  await expect(ask(await fake({ greeting: '' }))).rejects.toMatchObject({ code: 'QMP_TAKEN' });
});

it('takes events without end for silence', async () => {
  const server = await fake({ answer: () => '{"event": "X", "data": {}}\r\n'.repeat(1000) });
  await expect(ask(server)).rejects.toMatchObject({ code: 'QMP_FAILED' });
});

it('tells that QEMU ended meanwhile', async () => {
  const server = await fake({ answer: () => '' });
  const qmp = ask(server);
  const failed = expect(qmp).rejects.toMatchObject({
    code: 'QMP_FAILED',
    message: expect.stringContaining('QEMU closed the connection') as string,
  });
  while (server.commands.length === 0) await sleep(5);
  server.drop();
  await failed;
});

it('tells why a socket cannot be reached', async () => {
  const dir = temporaryFolder();
  await expect(QmpConnection.open(join(dir, 'none'))).rejects.toMatchObject({ code: 'QMP_UNREACHABLE' });
  writeFileSync(join(dir, 'file'), '');
  await expect(QmpConnection.open(join(dir, 'file'))).rejects.toMatchObject({ code: 'QMP_UNREACHABLE' });
  mkdirSync(join(dir, 'folder'));
  await expect(QmpConnection.open(join(dir, 'folder'))).rejects.toMatchObject({ code: 'QMP_UNREACHABLE' });
});

it('tells that others wait already', async () => {
  const path = join(temporaryFolder(), 'full');
  const server: Server = createServer(() => undefined);
  await new Promise<void>((resolve) => server.listen({ path, backlog: 1 }, resolve));
  onTestFinished(() => {
    server.close();
  });
  // What a greeting never comes from is taken, whether the queue was full or not.
  await expect(QmpConnection.open(path, SHORT)).rejects.toMatchObject({ code: 'QMP_TAKEN' });
});

import {
  credentials,
  makeClientConstructor,
  status,
  type ClientReadableStream,
  type ServiceError,
} from '@grpc/grpc-js';
import { expect, test } from 'vitest';
import { service as definition } from 'grpc-health-check';
import { TestAgent, testPoint } from '../../../helpers/agent-port.js';
import { Collected, startHarness, until } from '../../../helpers/rpc.js';

interface Answer {
  readonly status: string;
}
type Check = (request: { service: string }, done: (error: ServiceError | null, answer?: Answer) => void) => void;
type Watch = (request: { service: string }) => ClientReadableStream<Answer>;

/** The stock client of the standard service: nothing of ksmpilot in it. */
function healthClient(address: string): {
  check: (name: string) => Promise<string>;
  watch: (name: string) => Collected<Answer>;
  close: () => void;
} {
  const Client = makeClientConstructor(definition, 'Health');
  const client = new Client(address, credentials.createInsecure());
  const methods = client as unknown as { check: Check; watch: Watch };
  return {
    check: (service) =>
      new Promise((resolve, reject) => {
        methods.check.call(client, { service }, (error, answer) => {
          if (error !== null) reject(error);
          else resolve(answer?.status ?? 'nothing');
        });
      }),
    watch: (service) => new Collected(methods.watch.call(client, { service })),
    close: () => client.close(),
  };
}

test('SERVING once samples flow, NOT_SERVING when they stop, and again', async () => {
  await using harness = await startHarness({ staleAfterMs: 100 });
  const health = healthClient(harness.address);
  expect(await health.check('')).toBe('NOT_SERVING');
  const watched = health.watch('ksmpilot.v1.Ksmpilot');
  await watched.first(1);
  harness.agent.addPoint(testPoint(0));
  expect(await health.check('')).toBe('SERVING');
  expect(await health.check('ksmpilot.v1.Ksmpilot')).toBe('SERVING');
  await watched.first(3);
  harness.agent.addPoint(testPoint(1));
  expect((await watched.first(4)).map((answer) => answer.status)).toEqual([
    'NOT_SERVING',
    'SERVING',
    'NOT_SERVING',
    'SERVING',
  ]);
  watched.cancel();
  health.close();
});

test('an agent that has a sample already serves from the start; stopping says NOT_SERVING first', async () => {
  const agent = new TestAgent();
  agent.addPoint(testPoint(0));
  await using harness = await startHarness({}, agent);
  const health = healthClient(harness.address);
  expect(await health.check('')).toBe('SERVING');
  await harness.server.stop();
  expect(harness.server.health).toBe('NOT_SERVING');
  expect(agent.pointListeners.size).toBe(0);
  health.close();
});

test('unknown names: NOT_FOUND for check, SERVICE_UNKNOWN for watch, and watching them is bounded', async () => {
  await using harness = await startHarness({ limits: { streams: 3 } });
  const health = healthClient(harness.address);
  await expect(health.check('no.such.Service')).rejects.toMatchObject({ code: status.NOT_FOUND });
  const watches = [1, 2, 3].map((index) => health.watch(`no.such.Service${index}`));
  for (const watch of watches) expect(await watch.first(1)).toEqual([{ status: 'SERVICE_UNKNOWN' }]);
  const fourth = health.watch('');
  await until(() => fourth.error !== undefined, 'the refusal');
  expect(fourth.error).toMatchObject({ code: status.RESOURCE_EXHAUSTED });
  for (const watch of watches) watch.cancel();
  await until(() => harness.server.streamStats.open === 0, 'their end');
  health.close();
});

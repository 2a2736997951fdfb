import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { credentials, loadPackageDefinition, type Client, type ClientDuplexStream } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { FileDescriptorProto } from 'protobufjs/ext/descriptor/index.js';
import { expect, test } from 'vitest';
import { startHarness } from '../../../helpers/rpc.js';

interface Answer {
  readonly list_services_response: { readonly service: { readonly name: string }[] } | null;
  readonly file_descriptor_response: { readonly file_descriptor_proto: Buffer[] } | null;
}
interface Reflection extends Client {
  serverReflectionInfo(): ClientDuplexStream<object, Answer>;
}

const protoDir = join(dirname(createRequire(import.meta.url).resolve('@grpc/reflection')), '../proto');

test.each(['v1', 'v1alpha'])('reflection %s lists the services and describes ours', async (version) => {
  const loaded = loadPackageDefinition(
    loadSync(`grpc/reflection/${version}/reflection.proto`, {
      keepCase: true,
      defaults: true,
      includeDirs: [protoDir],
    }),
  ) as unknown as {
    grpc: { reflection: Record<string, { ServerReflection: new (...args: unknown[]) => Reflection }> };
  };
  const Client = loaded.grpc.reflection[version]?.ServerReflection;
  if (Client === undefined) expect.unreachable();
  await using harness = await startHarness();
  const client = new Client(harness.address, credentials.createInsecure());
  const ask = (request: object): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const stream = client.serverReflectionInfo();
      stream.on('error', reject);
      stream.on('data', (answer: Answer) => {
        resolve(answer);
        stream.end();
      });
      stream.write(request);
    });

  const listed = await ask({ list_services: '*' });
  expect(listed.list_services_response?.service.map(({ name }) => name).sort()).toEqual([
    'grpc.health.v1.Health',
    'ksmpilot.v1.Ksmpilot',
  ]);
  const described = await ask({ file_containing_symbol: 'ksmpilot.v1.Ksmpilot' });
  const files = (described.file_descriptor_response?.file_descriptor_proto ?? []).map((bytes) =>
    FileDescriptorProto.decode(bytes).toJSON(),
  );
  const ours = files.find((file) => file['package'] === 'ksmpilot.v1');
  expect(ours).toMatchObject({ syntax: 'proto3', service: [{ name: 'Ksmpilot' }] });
  const methods = (ours?.['service'] as { method: { name: string; serverStreaming?: boolean }[] }[])[0]?.method ?? [];
  expect(methods.find(({ name }) => name === 'StreamSamples')).toMatchObject({ serverStreaming: true });
  client.close();
});

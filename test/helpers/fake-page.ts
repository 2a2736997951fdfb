/** A gateway in front of a fake agent, for tests. */

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Gateway, type GatewayOptions } from '../../web/gateway/gateway.js';
import { FakeAgent, PROTO_DIR, type FakeAgentOptions } from './fake-agent.js';

export interface FakePage {
  readonly agent: FakeAgent;
  readonly agentPort: number;
  readonly gateway: Gateway;
  readonly url: string;
  readonly port: number;
  /** What the gateway logged. */
  readonly logged: string[];
  stop(): Promise<void>;
}

export async function startFakePage(
  agentOptions: FakeAgentOptions = {},
  gatewayOptions: Partial<GatewayOptions> = {},
): Promise<FakePage> {
  const agent = new FakeAgent(agentOptions);
  const agentPort = await agent.start();
  const logged: string[] = [];
  const note = (_fields: object, text: string): void => {
    logged.push(text);
  };
  const gateway = new Gateway({
    address: '127.0.0.1:0',
    agents: [{ name: 'hv-7', address: `127.0.0.1:${agentPort}` }],
    pageDir: join(import.meta.dirname, 'no-page-here'),
    protoDir: PROTO_DIR,
    log: { info: note, warn: note },
    ...gatewayOptions,
  });
  const { url } = await gateway.start();
  return {
    agent,
    agentPort,
    gateway,
    url,
    port: Number(new URL(url).port),
    logged,
    stop: async () => {
      await gateway.stop();
      agent.stop();
    },
  };
}

/** A folder like the built page, and a secret beside it that must not be served. */
export async function makePageDir(): Promise<{ dir: string; remove: () => Promise<void> }> {
  const root = await mkdtemp(join(tmpdir(), 'ksmpilot-page-'));
  const dir = join(root, 'page');
  await mkdir(join(dir, 'assets'), { recursive: true });
  await writeFile(join(root, 'secret.txt'), 'secret');
  await writeFile(join(dir, 'index.html'), '<!doctype html><title>ksmpilot</title>');
  await writeFile(join(dir, 'assets', 'index-B5HGyGWK.js'), 'export {};');
  return { dir, remove: () => rm(root, { recursive: true }) };
}

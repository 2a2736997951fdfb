/** A gateway in front of several fake agents, for tests. */

import { join } from 'node:path';
import { Gateway, type GatewayOptions } from '../../web/gateway/gateway.js';
import { FakeAgent, PROTO_DIR, type FakeAgentOptions } from './fake-agent.js';

export interface FakeFleet {
  readonly agents: readonly FakeAgent[];
  readonly ports: readonly number[];
  readonly url: string;
  readonly port: number;
  readonly logged: string[];
  stop(): Promise<void>;
}

export async function startFakeFleet(
  hosts: readonly (FakeAgentOptions & { readonly name: string; readonly readingToken?: string })[],
  options: Partial<GatewayOptions> = {},
): Promise<FakeFleet> {
  const agents = hosts.map(
    ({ name, ...host }) => new FakeAgent({ hostname: name, token: `token-of-${name}`, ...host }),
  );
  const ports = await Promise.all(agents.map((agent) => agent.start()));
  const logged: string[] = [];
  const note = (_fields: object, text: string): void => {
    logged.push(text);
  };
  const gateway = new Gateway({
    address: '127.0.0.1:0',
    agents: hosts.map(({ name, readingToken }, index) => ({
      name,
      address: `127.0.0.1:${ports[index] ?? 0}`,
      token: readingToken,
    })),
    pageDir: join(import.meta.dirname, 'no-page-here'),
    protoDir: PROTO_DIR,
    log: { info: note, warn: note },
    ...options,
  });
  const { url } = await gateway.start();
  return {
    agents,
    ports,
    url,
    port: Number(new URL(url).port),
    logged,
    stop: async () => {
      await gateway.stop();
      for (const agent of agents) agent.stop();
    },
  };
}

/** A host whose figures are these multiples of the usual ones. */
export function scaled(saved: number, cost: number, breaks = 1): Pick<FakeAgentOptions, 'change'> {
  const times = (value: number | undefined, by: number): number | undefined =>
    value === undefined ? undefined : value * by;
  return {
    change: (frame) => {
      const saved_bytes = Math.round(times(Number(frame.saved_bytes ?? 0), saved) ?? 0);
      const ksmd_cpu_pct = times(frame.ksmd_cpu_pct as number | undefined, cost);
      const cow_breaks_per_sec = times(frame.cow_breaks_per_sec as number | undefined, breaks);
      return {
        ...frame,
        saved_bytes,
        ...(ksmd_cpu_pct !== undefined && {
          ksmd_cpu_pct,
          net_cores: saved_bytes / 2 ** 30 / 8 - ksmd_cpu_pct / 100,
        }),
        ...(cow_breaks_per_sec !== undefined && { cow_breaks_per_sec }),
      };
    },
  };
}

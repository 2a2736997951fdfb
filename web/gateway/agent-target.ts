/** Which agents to serve a page for, and what to call them. Pure. */

import { isIP } from 'node:net';
import { GatewayError } from './errors.js';

/** What a connection to an agent off this host is secured with; PEM. */
export interface AgentTls {
  /** Who may have signed the agent's certificate; undefined: the authorities that Node knows. */
  readonly ca?: Buffer | undefined;
  /** Of this gateway, for agents that ask for it; both or none. */
  readonly cert?: Buffer | undefined;
  readonly key?: Buffer | undefined;
  /** Name that the agent's certificate must have; undefined: the host of its address. */
  readonly name?: string | undefined;
}

export interface AgentTarget {
  /** Unique among the agents of a gateway; what `?agent=` names. */
  readonly name: string;
  /** `HOST:PORT` or `unix:/path`. */
  readonly address: string;
  /** Undefined: plain text on this host; TLS with the usual authorities elsewhere. */
  readonly tls?: AgentTls | undefined;
  /** For reading only, where nobody is signed in; changes never use it. */
  readonly token?: string | undefined;
}

/** What addresses take in the way of names: no quotes, no blanks, no separators of queries. */
const NAME = /^[\w.:@[\]-]{1,64}$/;

/** A host name as the name of its agent. */
export function agentName(hostname: string): string {
  return hostname.replaceAll(/[^\w.:@-]/g, '_').slice(0, 64) || 'agent';
}

/**
 * Reads `[NAME=]HOST:PORT` and `[NAME=]unix:/path` as they come from the command line. Without a name an agent is called
 * by its host, or by its whole address where two have one host. Throws CONFIG_INVALID.
 */
export function agentTargets(texts: readonly string[]): readonly AgentTarget[] {
  const parsed = texts.map(parseAgent);
  const hosts = parsed.map(({ host }) => host);
  const targets = parsed.map(({ name, host, address }) => ({
    name: name ?? (hosts.filter((other) => other === host).length === 1 ? host : address),
    address,
  }));
  return withUniqueNames(targets);
}

/** Throws CONFIG_INVALID for a name that two have, or that cannot stand in an address. */
export function withUniqueNames<Target extends { readonly name: string }>(
  targets: readonly Target[],
): readonly Target[] {
  const seen = new Set<string>();
  for (const { name } of targets) {
    if (!NAME.test(name)) {
      throw new GatewayError(
        'CONFIG_INVALID',
        `${JSON.stringify(name)} cannot be the name of an agent`,
        'Take up to 64 letters, digits and . : @ _ - of them.',
      );
    }
    if (seen.has(name)) {
      throw new GatewayError('CONFIG_INVALID', `two agents are called ${name}`, 'Name them: --agent NAME=HOST:PORT.');
    }
    seen.add(name);
  }
  return targets;
}

function parseAgent(text: string): { name: string | undefined; host: string; address: string } {
  const [, name, address = ''] = /^(?:([^=]*)=)?(.*)$/.exec(text) ?? [];
  const path = /^unix:(\/[^\s\0]+)$/.exec(address)?.[1];
  if (path !== undefined) return { name, host: 'localhost', address };
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([\w.-]+)):(\d{1,5})$/.exec(address);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  if (host === undefined || !(port > 0 && port <= 65_535) || (match?.[1] !== undefined && isIP(host) !== 6)) {
    throw new GatewayError(
      'CONFIG_INVALID',
      `"${text}" is not the address of an agent`,
      'Give [NAME=]HOST:PORT, such as hv-7=hv-7.example:50576, or [NAME=]unix:/run/ksmpilot/agent.sock.',
    );
  }
  return { name, host, address };
}

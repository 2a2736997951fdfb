/** The flags of `ksmpilot web`, and its settings file. */

import { readFileSync } from 'node:fs';
import { agentTargets, withUniqueNames, type AgentTarget, type AgentTls } from '../../web/gateway/agent-target.js';
import { readConfigFile } from '../agent/config.js';
import { errnoOf, KsmpilotError } from '../agent/errors.js';
import { validateWebConfig, type WebConfig } from '../agent/web-config.js';
import type { PageTls } from './page-certificate.js';

export interface WebFlags {
  readonly agent?: readonly string[];
  readonly http?: string;
  readonly prometheus?: string;
  readonly config?: string;
  readonly logLevel?: string;
  readonly logFormat?: string;
}

export interface WebPlan {
  readonly agents: readonly AgentTarget[];
  readonly address: string;
  /** HTTPS; undefined: plain HTTP, on loopback only. */
  readonly tls: PageTls | undefined;
  readonly prometheus: string | undefined;
  readonly log: WebConfig['log'];
}

/** Throws CONFIG_INVALID, CONFIG_UNREADABLE, or a GatewayError CONFIG_INVALID. */
export function planWeb(flags: WebFlags): WebPlan {
  const file = validateWebConfig(
    flags.config === undefined ? {} : readConfigFile(flags.config),
    flags.config ?? 'flags',
  );
  const { log } = validateWebConfig(
    { log: { ...file.log, ...defined({ level: flags.logLevel, format: flags.logFormat }) } },
    'flags',
  );
  const written = flags.agent ?? [];
  const agents = written.length > 0 ? agentTargets(written) : agentsOf(file.agents);
  const prometheus = flags.prometheus ?? file.prometheus;
  if (agents.length === 0 && prometheus === undefined) {
    throw new KsmpilotError('CONFIG_INVALID', 'there is no agent to serve a page for.', {
      hint: 'Give --agent HOST:PORT, once for each host, or --prometheus URL.',
    });
  }
  return { agents, address: flags.http ?? file.http.address, tls: file.http.tls, prometheus, log };
}

type AgentSetting = WebConfig['agents'][number];

function agentsOf(settings: readonly AgentSetting[]): readonly AgentTarget[] {
  const plain = agentTargets(settings.map((one) => (typeof one === 'string' ? one : textOf(one))));
  return withUniqueNames(
    settings.map((one, index): AgentTarget => {
      const target = plain[index] ?? { name: '', address: '' };
      if (typeof one === 'string') return target;
      const { tls, tokenFile } = one;
      return {
        ...target,
        ...(tls !== false && { tls: tls === true ? {} : tlsOf(tls) }),
        ...(tokenFile !== undefined && { token: readBytes(tokenFile).toString('utf8').trim() }),
      };
    }),
  );
}

function textOf({ name, address }: { readonly name?: string | undefined; readonly address: string }): string {
  return name === undefined ? address : `${name}=${address}`;
}

function tlsOf({
  ca,
  cert,
  key,
  name,
}: {
  ca?: string | undefined;
  cert?: string | undefined;
  key?: string | undefined;
  name?: string | undefined;
}): AgentTls {
  if ((cert === undefined) !== (key === undefined)) {
    throw new KsmpilotError('CONFIG_INVALID', 'agents.tls: cert and key belong together.', {
      hint: 'Give both, or none.',
    });
  }
  return {
    ...(ca !== undefined && { ca: readBytes(ca) }),
    ...(cert !== undefined && { cert: readBytes(cert) }),
    ...(key !== undefined && { key: readBytes(key) }),
    ...(name !== undefined && { name }),
  };
}

function readBytes(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new KsmpilotError('CONFIG_UNREADABLE', `cannot read ${path}: ${errnoOf(error) ?? String(error)}`, {
      hint: 'Name a file that this user may read.',
      cause: error,
    });
  }
}

function defined(values: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
  );
}

import { join } from 'node:path';
import { appendAudit } from './audit-log.js';
import { CertificateFiles } from './auth/certificate-files.js';
import { TokenStore } from './auth/token-store.js';
import type { Config } from './config.js';
import { errnoOf } from './errors.js';
import type { Log } from './log.js';
import { CallAudit } from './rpc/audit.js';
import type { RpcServerOptions } from './rpc/server.js';

/** Bursts are this many seconds of the rate: a page that opens asks for everything at once. */
const BURST_SEC = 4;

/** The file of tokens where no setting names one: kept over boots for root, who has a place for that. */
export function defaultTokenFile(stateDir: string, uid: number = process.geteuid?.() ?? 0): string {
  return uid === 0 ? '/etc/ksmpilot/tokens.json' : join(stateDir, 'tokens.json');
}

type AccessOptions = Pick<RpcServerOptions, 'tokens' | 'certificates' | 'tls' | 'audit' | 'limits'>;

/** Who may call the agent over gRPC, how often, and where that is written down, from its settings. */
export function accessControl(
  config: Pick<Config, 'auth' | 'grpc'>,
  { stateDir, auditDir, log }: { readonly stateDir: string; readonly auditDir: string; readonly log: Log },
): AccessOptions {
  const { limits, tls } = config.grpc;
  return {
    tokens: new TokenStore({ path: config.auth.tokenFile ?? defaultTokenFile(stateDir), log }),
    certificates: config.auth.certificates,
    ...(tls === undefined ? {} : { tls: new CertificateFiles({ paths: tls, log }) }),
    audit: auditTo(auditDir, log),
    limits: {
      streams: limits.streams,
      streamsPerRemote: limits.streamsPerMachine,
      connections: limits.connections,
      connectionsPerRemote: limits.connectionsPerMachine,
      callsPerRemote: { perSec: limits.callsPerSec, burst: limits.callsPerSec * BURST_SEC },
    },
  };
}

/** To the one audit log, and to the agent's log as well, which the system's journal keeps over boots. */
function auditTo(dir: string, log: Log): CallAudit {
  let isBroken = false;
  return new CallAudit({
    write: ({ actor, ...entry }) => {
      log.info('audit', { ...entry, actor });
      try {
        appendAudit(dir, entry, actor);
        isBroken = false;
      } catch (error) {
        if (!isBroken) log.error('the audit log cannot be written', { dir, error: errnoOf(error) ?? String(error) });
        isBroken = true;
      }
    },
  });
}

import { join } from 'node:path';
import { Option, type Command } from 'commander';
import { GatewayError } from '../../web/gateway/errors.js';
import { Gateway } from '../../web/gateway/gateway.js';
import { KsmpilotError } from '../agent/errors.js';
import { createLog } from '../agent/log.js';
import { packageRoot } from '../agent/paths.js';
import { processIo, type Io } from './io.js';
import { pageCertificate } from './page-certificate.js';
import { planWeb, type WebFlags } from './web-plan.js';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** The page alone, without privileges, for the agents of one or many hosts. */
export function registerWeb(program: Command, io: Io = processIo): void {
  program
    .command('web')
    .description('the page for the agents of several hosts, with an overview of all; needs no root')
    .addOption(
      new Option('--agent <address>', '[NAME=]HOST:PORT or [NAME=]unix:/PATH of an agent; once for each').argParser(
        (text: string, before: readonly string[] | undefined) => [...(before ?? []), text],
      ),
    )
    .option('--http <host:port>', 'address of the page (default: 127.0.0.1:8576)')
    .option('--prometheus <url>', 'read the overview of all hosts from this Prometheus server')
    .option('--config <file>', 'YAML settings in place of flags, see docs/fleet.md')
    .option('--log-level <level>', 'debug, info, warn, error or silent')
    .option('--log-format <format>', 'auto, json or text')
    .action(async (flags: WebFlags) => {
      const plan = catalogued(() => planWeb(flags));
      const log = createLog(plan.log);
      const gateway = catalogued(
        () =>
          new Gateway({
            address: plan.address,
            agents: plan.agents,
            prometheus: plan.prometheus,
            ...pageCertificate(plan.tls, log),
            pageDir: join(packageRoot, 'dist', 'web', 'page'),
            protoDir: join(packageRoot, 'proto'),
            log: {
              info: (fields, text) => log.info(text, { ...fields }),
              warn: (fields, text) => log.warn(text, { ...fields }),
            },
          }),
      );
      const asked = firstSignal();
      try {
        const { url } = await gateway.start();
        io.stderr.write(banner(url, plan.agents, plan.prometheus));
        await asked.signal;
      } catch (error) {
        throw inCatalogue(error);
      } finally {
        asked.release();
        await gateway.stop();
      }
    });
}

function banner(
  url: string,
  agents: readonly { readonly name: string; readonly address: string }[],
  prometheus: string | undefined,
): string {
  const wide = Math.max(0, ...agents.map(({ name }) => name.length));
  return [
    '',
    'ksmpilot web runs.',
    `  page   ${url}`,
    ...agents.map(({ name, address }) => `  agent  ${name.padEnd(wide)}  ${address}`),
    ...(prometheus === undefined ? [] : ['  fleet  as Prometheus has it']),
    '  stop   Ctrl-C',
    '',
    '',
  ].join('\n');
}

function firstSignal(): { readonly signal: Promise<void>; readonly release: () => void } {
  let release = (): void => undefined;
  const signal = new Promise<void>((resolve) => {
    const stop = (): void => resolve();
    for (const name of SIGNALS) process.on(name, stop);
    release = () => {
      for (const name of SIGNALS) process.off(name, stop);
    };
  });
  return { signal, release: () => release() };
}

function catalogued<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw inCatalogue(error);
  }
}

function inCatalogue(error: unknown): unknown {
  if (!(error instanceof GatewayError)) return error;
  return new KsmpilotError(error.code, error.message, { hint: error.hint, cause: error });
}

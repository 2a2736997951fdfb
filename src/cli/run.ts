import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { agentName } from '../../web/gateway/agent-target.js';
import { Gateway } from '../../web/gateway/gateway.js';
import { GatewayError } from '../../web/gateway/errors.js';
import { Agent, type AgentAccess } from '../agent/agent.js';
import type { Config } from '../agent/config.js';
import { formatError, KsmpilotError } from '../agent/errors.js';
import { createLog, type Log } from '../agent/log.js';
import { readKsmFile } from '../agent/kernel/ksm-sysfs.js';
import { packageRoot } from '../agent/paths.js';
import { createNotifier, type ServiceNotifier } from '../agent/sd-notify.js';
import { type Demo, prepareDemo } from './demo.js';
import { processIo, type Io } from './io.js';
import { banner, serviceStatus } from './run-banner.js';
import { pageCertificate } from './page-certificate.js';
import { addRunOptions, planRun, type RunFlags } from './run-options.js';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export function registerRun(program: Command, io: Io = processIo): void {
  addRunOptions(program.command('run'))
    .description('the agent and its page: watches this host, and with --mode auto tunes it')
    .action(async (flags: RunFlags) => {
      const plan = planRun(flags);
      const log = createLog(plan.config.log);
      if (plan.configFile !== undefined) log.info('settings read', { file: plan.configFile });
      const demo = flags.demo === true ? prepareDemo({ ...flags, yes: flags.yes === true, log }) : undefined;
      const stopping = new StopSignal(log);
      const cleanup = new Cleanup(log);
      const manager = await serviceManager(plan.config, log);
      try {
        const { access, url } = await startAll(plan.config, log, demo, cleanup, manager);
        manager.ready();
        if (demo === undefined || (await startDemo(demo, stopping))) {
          const stopped = readKsmFile('run') === 0;
          io.stderr.write(banner({ config: plan.config, access, url, demo, autoByDemo: plan.autoByDemo, stopped }));
        }
        await stopping.asked;
      } finally {
        manager.stopping();
        await cleanup.run();
        stopping.release();
      }
      const failure = stopping.defect ?? cleanup.failure;
      if (failure !== undefined) throw asError(failure);
    });
}

async function startAll(
  config: Config,
  log: Log,
  demo: Demo | undefined,
  cleanup: Cleanup,
  manager: ServiceNotifier,
): Promise<{ access: AgentAccess; url: string | undefined }> {
  // The guests are the last to go: knobs first, while there is still something to look at.
  if (demo !== undefined) cleanup.add('the demonstration guests', () => demo.stop());
  const agent = new Agent({ config, log, onSample: (point) => manager.alive(() => serviceStatus(point)) });
  cleanup.add('the agent', () => agent.stop());
  const access = await agent.start();
  const url = config.http.enabled ? await startPage(config, access, log, cleanup) : undefined;
  return { access, url };
}

function serviceManager(config: Config, log: Log): Promise<ServiceNotifier> {
  const { env, pid } = process;
  return createNotifier({ env, pid, intervalMs: config.intervalMs, monoMs: () => performance.now(), log });
}

/** Machines boot for seconds, on a busy host for a minute: who asks to stop does not wait for them. True: all run. */
async function startDemo(demo: Demo, stopping: StopSignal): Promise<boolean> {
  const starting = demo.start();
  starting.catch(() => undefined); // guests that are stopped while they start are no failure
  return Promise.race([starting.then(() => true), stopping.asked.then(() => false)]);
}

async function startPage(config: Config, access: AgentAccess, log: Log, cleanup: Cleanup): Promise<string> {
  const gateway = new Gateway({
    address: config.http.address,
    agents: [{ name: agentName(hostname()), address: pageSees(config, access) }],
    ...pageCertificate(config.http.tls, log),
    pageDir: join(packageRoot, 'dist', 'web', 'page'),
    protoDir: join(packageRoot, 'proto'),
    log: {
      info: (fields, text) => log.info(text, { ...fields }),
      warn: (fields, text) => log.warn(text, { ...fields }),
    },
  });
  cleanup.add('the page', () => gateway.stop());
  try {
    return (await gateway.start()).url;
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    throw new KsmpilotError(error.code, error.message, { hint: error.hint, cause: error });
  }
}

/** With TLS on the address, calls there need a token even to read; the socket is for this host alone. */
function pageSees({ grpc }: Config, { address, socketPath }: AgentAccess): string {
  return grpc.tls === undefined || socketPath === undefined ? address : `unix:${socketPath}`;
}

/** Resolves `asked` at the first signal, or at an error that nobody caught: then the knobs are still put back. */
class StopSignal {
  readonly asked: Promise<void>;
  defect: unknown;
  #release: () => void = () => undefined;

  constructor(log: Log) {
    this.asked = new Promise((resolve) => {
      const onSignal = (signal: NodeJS.Signals): void => {
        log.info(`${signal}: stopping; knobs are put back first`);
        resolve();
      };
      const onDefect = (error: unknown): void => {
        this.defect ??= error;
        log.error('a defect ends the agent; knobs are put back first', { error: formatError(error) });
        resolve();
      };
      for (const signal of SIGNALS) process.on(signal, onSignal);
      process.on('uncaughtException', onDefect);
      process.on('unhandledRejection', onDefect);
      this.#release = () => {
        for (const signal of SIGNALS) process.off(signal, onSignal);
        process.off('uncaughtException', onDefect);
        process.off('unhandledRejection', onDefect);
      };
    });
  }

  release(): void {
    this.#release();
  }
}

/** Undoes in reverse order what was begun; goes on when one part fails, and remembers the first failure. */
class Cleanup {
  failure: unknown;
  readonly #log: Log;
  readonly #parts: { readonly name: string; readonly undo: () => Promise<void> }[] = [];

  constructor(log: Log) {
    this.#log = log;
  }

  add(name: string, undo: () => Promise<void>): void {
    this.#parts.push({ name, undo });
  }

  async run(): Promise<void> {
    for (let part = this.#parts.pop(); part !== undefined; part = this.#parts.pop()) {
      try {
        await part.undo();
      } catch (error) {
        this.failure ??= error;
        this.#log.error(`stopping ${part.name} failed`, { error: formatError(error) });
      }
    }
  }
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}

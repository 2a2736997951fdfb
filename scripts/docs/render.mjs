// @ts-check
/** Every generated document, by path. Needs a build: it asks the program itself. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ScriptFailure } from '../bootstrap/say.mjs';
import { cliMarkdown, collectHelp } from './cli.mjs';
import { configMarkdown } from './config.mjs';
import { deployFiles } from './deploy.mjs';
import { grpcMarkdown } from './grpc.mjs';
import { metricsMarkdown } from './metrics.mjs';

/**
 * @param {string} root
 * @returns {Promise<Record<string, string>>}
 */
export async function renderDocs(root) {
  const { z } = await import('zod');
  const { configSchema } = await import(pathToFileURL(join(root, 'dist/src/agent/config.js')).href);
  const { SECTIONS } = await import(pathToFileURL(join(root, 'dist/web/gateway/metrics/catalogue.js')).href);
  const schema = /** @type {import('./config.mjs').Schema} */ (z.toJSONSchema(configSchema, { io: 'input' }));
  return {
    'docs/config.md': configMarkdown(schema),
    'docs/grpc-reference.md': grpcMarkdown(readFileSync(join(root, 'proto/ksmpilot/v1/ksmpilot.proto'), 'utf8')),
    'docs/metrics.md': metricsMarkdown(SECTIONS),
    ...(await deployFiles(root, schema)),
    'docs/cli.md': cliMarkdown(collectHelp((args) => help(root, args))),
  };
}

/**
 * @param {string} root
 * @param {string[]} args
 */
function help(root, args) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'dist/src/cli/main.js'), ...args], {
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1' },
    timeout: 30_000,
  });
  if (status === 0) return stdout;
  throw new ScriptFailure(`ksmpilot ${args.join(' ')} ended with ${status ?? 'a signal'}: ${stderr}`);
}

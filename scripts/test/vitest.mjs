// @ts-check
/** One run of vitest, tallied. */
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand } from '../bootstrap/command.mjs';
import { say } from '../bootstrap/say.mjs';
import { vitestStep } from './tally.mjs';

/**
 * @param {string} root the checkout
 * @param {object} run
 * @param {readonly string[]} run.projects
 * @param {number} run.timeoutMs a hang must end and be named
 * @param {readonly string[]} [run.patterns] parts of test files' paths
 * @param {readonly string[]} [run.names] words of tests' names; others do not run
 * @param {NodeJS.ProcessEnv} [run.env] beside our own
 * @returns {Promise<import('./tally.mjs').Step>}
 */
export async function runVitest(root, { projects, timeoutMs, patterns = [], names = [], env = {} }) {
  const name = projects.join(' and ');
  say(`\n== ${name} tests`);
  const reports = join(root, '.cache', 'test-reports');
  mkdirSync(reports, { recursive: true });
  const file = join(reports, `${projects.join('-')}-${process.pid}.json`);
  const result = await runCommand(
    [
      process.execPath,
      'node_modules/vitest/vitest.mjs',
      'run',
      ...projects.flatMap((project) => ['--project', project]),
      ...['--reporter', 'default', '--reporter', './scripts/test/reporter.mjs'],
      ...(names.length > 0 ? ['--testNamePattern', names.join('|')] : []),
      ...(patterns.length > 0 ? ['--passWithNoTests'] : []),
      ...patterns,
    ],
    { cwd: root, env: { ...process.env, ...env, KSMPILOT_TEST_REPORT: file }, label: `${name} tests`, timeoutMs },
  );
  const ci = process.env['CI'] === 'true';
  return vitestStep({ name, report: takeReport(file), code: result.code, timedOut: result.timedOut, ci });
}

/**
 * @param {string} file
 * @returns {import('./tally.mjs').TestReport | undefined}
 */
function takeReport(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined; // vitest ended before it could write one: vitestStep counts that as a failure
  } finally {
    rmSync(file, { force: true });
  }
}

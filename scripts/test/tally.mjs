// @ts-check
/** What a run of tests came to. Pure: scripts/test.mjs fills it, and its last line is what CI reads. */

/** Projects in which CI takes a skipped test for a failed one. */
const NEVER_SKIPPED = ['kernel', 'kernels'];

/**
 * @typedef {object} TestReport what scripts/test/reporter.mjs writes for one run of vitest
 * @property {number} passed
 * @property {string[]} failed full names; a file that could not be loaded counts as one
 * @property {{ name: string, project: string, reason: string }[]} skipped
 */

/**
 * @typedef {object} Step one thing that was done: a run of vitest, or one of build, type check, lint
 * @property {string} name
 * @property {number} passed
 * @property {string[]} failed
 * @property {{ name: string, reason: string }[]} skipped
 */

/**
 * @param {string} name
 * @param {boolean} ok
 * @returns {Step} build, type check and lint count as one test each, so that a failure there shows in the sum
 */
export function singleStep(name, ok) {
  return { name, passed: ok ? 1 : 0, failed: ok ? [] : [name], skipped: [] };
}

/**
 * Turns one run of vitest into a step. A run that failed without a failed test (a crash, an unhandled error, no report,
 * no test at all) is a failure of its own. In CI the kernel is there to be tested: a skipped kernel test is a failure, and
 * so is a stock kernel that could not be booted.
 *
 * @param {object} run
 * @param {string} run.name
 * @param {TestReport | undefined} run.report undefined when vitest left none
 * @param {number | null} run.code vitest's exit code
 * @param {boolean} run.timedOut
 * @param {boolean} run.ci
 * @returns {Step}
 */
export function vitestStep({ name, report, code, timedOut, ci }) {
  const { passed, failed, skipped } = report ?? { passed: 0, failed: [], skipped: [] };
  const problems = [...failed];
  const forbidden = skipped.filter((test) => ci && NEVER_SKIPPED.includes(test.project));
  for (const test of forbidden) problems.push(`${test.name} (skipped in CI: ${test.reason})`);
  if (timedOut) problems.push(`${name}: no end in the time it has`);
  else if (code !== 0 && failed.length === 0) problems.push(`${name}: vitest ended with ${code ?? 'a signal'}`);
  else if (report === undefined) problems.push(`${name}: vitest left no report`);
  return { name, passed, failed: problems, skipped: skipped.filter((test) => !forbidden.includes(test)) };
}

/**
 * @param {readonly Step[]} steps
 * @returns {{ lines: string[], ok: boolean }} the last of `lines` is `N passed, N failed`
 */
export function summary(steps) {
  const failed = steps.flatMap((step) => step.failed);
  const skipped = steps.flatMap((step) => step.skipped);
  const passed = steps.reduce((sum, step) => sum + step.passed, 0);
  const ok = failed.length === 0 && passed > 0;
  return {
    lines: [
      ...skipped.map((test) => `skipped: ${test.name}: ${test.reason}`),
      ...failed.map((name) => `FAILED: ${name}`),
      ...(passed === 0 && failed.length === 0 ? ['Nothing was tested.'] : []),
      `${passed} passed, ${failed.length} failed${skipped.length > 0 ? `, ${skipped.length} skipped` : ''}`,
    ],
    ok,
  };
}

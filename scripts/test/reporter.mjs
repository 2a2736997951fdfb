// @ts-check
/**
 * A vitest reporter that writes a TestReport (tally.mjs) to the file named by KSMPILOT_TEST_REPORT. vitest's own JSON
 * leaves out why a test was skipped, and whether a test file failed to load.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

export default class TallyReporter {
  /**
   * @param {readonly import('vitest/node').TestModule[]} modules
   * @param {readonly import('vitest/node').SerializedError[]} unhandled
   */
  onTestRunEnd(modules, unhandled) {
    const file = process.env['KSMPILOT_TEST_REPORT'];
    if (file === undefined) return;
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, JSON.stringify(makeReport(modules, unhandled)));
  }
}

/**
 * @param {readonly import('vitest/node').TestModule[]} modules
 * @param {readonly import('vitest/node').SerializedError[]} unhandled
 * @returns {import('./tally.mjs').TestReport}
 */
function makeReport(modules, unhandled) {
  /** @type {import('./tally.mjs').TestReport} */
  const report = { passed: 0, failed: [], skipped: [] };
  for (const module of modules) {
    const file = module.relativeModuleId;
    for (const error of module.errors()) report.failed.push(`${file}: ${firstLine(error.message)}`);
    for (const suite of module.children.allSuites()) {
      for (const error of suite.errors())
        report.failed.push(`${file} > ${suite.fullName}: ${firstLine(error.message)}`);
    }
    for (const test of module.children.allTests()) {
      const name = `${file} > ${test.fullName}`;
      const result = test.result();
      if (result.state === 'passed') report.passed += 1;
      else if (result.state === 'failed') report.failed.push(name);
      else if (result.state === 'skipped') {
        report.skipped.push({ name, project: module.project.name, reason: result.note ?? 'no reason given' });
      } else report.failed.push(`${name} (never finished)`);
    }
  }
  for (const error of unhandled) report.failed.push(`outside any test: ${firstLine(error.message)}`);
  return report;
}

/** @param {string} text */
function firstLine(text) {
  return text.split('\n', 1)[0] ?? '';
}

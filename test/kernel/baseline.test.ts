import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

import { beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';

import { BaselineStore, restoreBaseline } from '../../src/agent/baseline.js';
import { BaselineKnobPort } from '../../src/agent/baseline-port.js';
import { readBootId } from '../../src/agent/kernel/host-facts.js';
import { readKnobs } from '../../src/agent/kernel/ksm-knobs.js';
import { KsmWriter } from '../../src/agent/kernel/ksm-writer.js';
import type { KnobValues, RestoreReport } from '../../src/agent/model/knobs.js';
import { bundleProgram } from '../helpers/bundle.js';
import { useKernel } from '../helpers/kernel-session.js';
import { temporaryFolder } from '../helpers/kernel-tree.js';
import { writeKnobs } from '../helpers/knobs.js';

useKernel();

const writer = new KsmWriter();
const BEFORE = { run: 0, pages_to_scan: 250, sleep_millisecs: 41 };
let moveKnobs = '';
let restoreKnobs = '';
let before: KnobValues = {};

beforeAll(async () => {
  moveKnobs = await bundleProgram('test/helpers/programs/move-knobs.ts');
  restoreKnobs = await bundleProgram('test/helpers/programs/restore-knobs.ts');
});

beforeEach(() => {
  writeKnobs(BEFORE);
  before = readKnobs(writer);
});

function restoreInNewProcess(stateDir: string): RestoreReport {
  return JSON.parse(execFileSync(process.execPath, [restoreKnobs, stateDir], { encoding: 'utf8' })) as RestoreReport;
}

/** A process that moves knobs and has said that it did. */
async function mover(stateDir: string, how: 'once' | 'always'): Promise<ChildProcess> {
  const child = spawn(process.execPath, [moveKnobs, stateDir, how], { stdio: ['pipe', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(createInterface(child.stdout), 'line');
  return child;
}

async function kill(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

describe('baseline and restore on this kernel', () => {
  it('put every knob back', () => {
    const store = new BaselineStore({ stateDir: temporaryFolder(), bootId: readBootId() ?? '' });
    const port = new BaselineKnobPort({ port: writer, store });
    port.write('pages_to_scan', 900);
    port.write('sleep_millisecs', 11);
    port.write('run', 1);
    expect(readKnobs(writer)).toMatchObject({ run: 1, pages_to_scan: 900, sleep_millisecs: 11 });
    expect(restoreBaseline(store, writer)).toEqual({
      restored: [
        { knob: 'run', from: '1', to: '0' },
        { knob: 'pages_to_scan', from: '900', to: '250' },
        { knob: 'sleep_millisecs', from: '11', to: '41' },
      ],
      left: [],
      failed: [],
    });
    expect(readKnobs(writer)).toEqual(before);
  });

  it('leave what somebody else has set, and report it', () => {
    const store = new BaselineStore({ stateDir: temporaryFolder(), bootId: readBootId() ?? '' });
    const port = new BaselineKnobPort({ port: writer, store });
    port.write('pages_to_scan', 900);
    port.write('sleep_millisecs', 11);
    writeKnobs({ pages_to_scan: 777 });
    const report = restoreBaseline(store, writer);
    expect(report.left).toEqual([expect.stringMatching(/^pages_to_scan: it holds 777, not the 900/)]);
    expect(readKnobs(writer)).toEqual({ ...before, pages_to_scan: 777 });
  });

  it('turn the advisor off again, and put back the pages_to_scan that it changed', ({ skip }) => {
    if (before.advisor_mode === undefined) skip('this kernel has no advisor (6.8)');
    const store = new BaselineStore({ stateDir: temporaryFolder(), bootId: readBootId() ?? '' });
    new BaselineKnobPort({ port: writer, store }).write('advisor_mode', 'scan-time');
    expect(restoreBaseline(store, writer)).toMatchObject({ left: [], failed: [] });
    expect(readKnobs(writer)).toEqual(before);
  });

  it('survive kill -9: a new process puts all back', async () => {
    const stateDir = temporaryFolder();
    await kill(await mover(stateDir, 'once'));
    expect(readKnobs(writer)).toMatchObject({ run: 1, pages_to_scan: 1300, sleep_millisecs: 17 });
    const report = restoreInNewProcess(stateDir);
    expect(report).toMatchObject({ left: [], failed: [] });
    expect(report.restored.map(({ knob }) => knob)).toEqual(['run', 'pages_to_scan', 'sleep_millisecs']);
    expect(readKnobs(writer)).toEqual(before);
    expect(restoreInNewProcess(stateDir)).toEqual({ restored: [], left: [], failed: [] });
  });

  it('survive kill -9 in the midst of a stream of writes, 10 times', async () => {
    for (let round = 0; round < 10; round += 1) {
      const stateDir = temporaryFolder();
      const child = await mover(stateDir, 'always');
      await sleep(Math.random() * 60);
      await kill(child);
      expect(restoreInNewProcess(stateDir)).toMatchObject({ left: [], failed: [] });
      expect(readKnobs(writer)).toEqual(before);
    }
  });
});

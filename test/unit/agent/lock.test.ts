import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import { expect, onTestFinished, test } from 'vitest';

import { AgentLock, findAgent } from '../../../src/agent/lock.js';
import { bundleProgram } from '../../helpers/bundle.js';
import { put, temporaryFolder } from '../../helpers/kernel-tree.js';

const claims = (dir: string): string[] => readdirSync(dir).filter((name) => name.startsWith('agent.lock'));

/** A process that lives until it is killed, in whose name a test can hold the lock. */
async function bystander(): Promise<ChildProcess & { pid: number }> {
  const child = spawn('sleep', ['60'], { stdio: 'ignore' });
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child, 'spawn');
  return child as ChildProcess & { pid: number };
}

test('is taken, names its holder, and is given back', async () => {
  const stateDir = temporaryFolder();
  const lock = new AgentLock({ stateDir });
  await lock.acquire();
  await lock.acquire();
  expect(findAgent(stateDir)).toMatchObject({ pid: process.pid });
  expect(claims(stateDir)).toHaveLength(1);
  lock.release();
  lock.release();
  expect(findAgent(stateDir)).toBeUndefined();
  expect(claims(stateDir)).toEqual([]);
  await lock.acquire();
  lock.release();
});

test('an agent that runs is named, with how to see and stop it', async () => {
  const stateDir = temporaryFolder();
  const { pid } = await bystander();
  await new AgentLock({ stateDir, pid }).acquire();
  await expect(new AgentLock({ stateDir }).acquire()).rejects.toMatchObject({
    code: 'AGENT_RUNNING',
    message: expect.stringContaining(`pid ${pid}`) as string,
    hint: expect.stringMatching(`ksmpilot status.*kill ${pid}`) as string,
  });
  expect(claims(stateDir)).toHaveLength(1);
});

test('two in one process are two', async () => {
  const stateDir = temporaryFolder();
  const first = new AgentLock({ stateDir });
  await first.acquire();
  await expect(new AgentLock({ stateDir }).acquire()).rejects.toMatchObject({ code: 'AGENT_RUNNING' });
  first.release();
});

test('after kill -9 the lock is free, and the leftover goes', async () => {
  const stateDir = temporaryFolder();
  const child = await bystander();
  await new AgentLock({ stateDir, pid: child.pid }).acquire();
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(findAgent(stateDir)).toBeUndefined();
  const lock = new AgentLock({ stateDir });
  await lock.acquire();
  expect(claims(stateDir)).toEqual([expect.stringMatching(`^agent.lock.${process.pid}.`)]);
  lock.release();
});

test('a leftover whose pid another process has now does not count, nor does a zombie', async () => {
  const stateDir = temporaryFolder();
  const root = temporaryFolder();
  const stat = (pid: number, state: string): string =>
    `${pid} (node) ${state} 1 0 0 0 -1 4194304 0 0 0 0 0 0 0 0 20 0 1 0 5000 0 0`;
  put(root, 'proc/10/stat', stat(10, 'S'));
  put(root, 'proc/11/stat', stat(11, 'S'));
  put(root, 'proc/12/stat', stat(12, 'Z'));
  writeFileSync(join(stateDir, 'agent.lock.11.4999'), '');
  writeFileSync(join(stateDir, 'agent.lock.12.5000'), '');
  await new AgentLock({ stateDir, root, pid: 10 }).acquire();
  expect(claims(stateDir)).toEqual(['agent.lock.10.5000']);
});

test('files of other names are left alone', async () => {
  const stateDir = temporaryFolder();
  for (const name of ['agent.lock', 'agent.lock.x.y', 'agent.lock.1', 'baseline.json']) put(stateDir, name, '');
  const lock = new AgentLock({ stateDir });
  await lock.acquire();
  lock.release();
  expect(readdirSync(stateDir)).toHaveLength(4);
});

test('a state directory that is not there', async () => {
  const stateDir = join(temporaryFolder(), 'gone');
  expect(findAgent(stateDir)).toBeUndefined();
  await expect(new AgentLock({ stateDir }).acquire()).rejects.toMatchObject({ code: 'STATE_DIR_UNUSABLE' });
  mkdirSync(stateDir);
  const lock = new AgentLock({ stateDir });
  await lock.acquire();
  lock.release();
});

test('of 8 processes that start together, beside a leftover, one gets it', { timeout: 60_000 }, async () => {
  const program = await bundleProgram('test/helpers/programs/take-lock.ts');
  const stateDir = temporaryFolder();
  writeFileSync(join(stateDir, 'agent.lock.999999999.1'), '');
  const answers = await Promise.all(
    Array.from({ length: 8 }, async () => {
      const child = spawn(process.execPath, [program, stateDir], { stdio: ['pipe', 'pipe', 'inherit'] });
      onTestFinished(() => void child.kill('SIGKILL'));
      const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
      return line;
    }),
  );
  expect(answers.sort()).toEqual([...Array.from({ length: 7 }, () => 'AGENT_RUNNING'), 'held']);
  expect(claims(stateDir)).toHaveLength(1);
});

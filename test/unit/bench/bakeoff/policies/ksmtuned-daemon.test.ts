import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { packageRoot } from '../../../../../src/agent/paths.js';
import { KsmtunedDaemon } from '../../../../../bench/bakeoff/policies/ksmtuned-daemon.js';

// A script with the frame of the real one (loop in the background, pid file, SIGUSR1 wakes it) that writes to a file and
// not to KSM.

const STARTER = `
import { register } from 'node:module';
register('./bench/typescript.mjs', '${pathToFileURL(packageRoot).href}/');
const { KsmtunedDaemon } = await import('${pathToFileURL(packageRoot).href}/bench/bakeoff/policies/ksmtuned-daemon.ts');
await KsmtunedDaemon.start(process.argv[1], {});
setInterval(() => undefined, 1000);
console.log('started');`;

let folder: string;
let script: string;
let log: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ksmpilot-daemon-'));
  script = join(folder, 'script');
  log = join(folder, 'log');
});
afterEach(() => rmSync(folder, { recursive: true }));

function writeScript(loop: string): void {
  const frame = `if touch "$PIDFILE"; then loop & echo $! >"$PIDFILE"; fi`;
  writeFileSync(script, `#!/bin/bash\nloop() { ${loop}; }\n${frame}\n`);
  chmodSync(script, 0o755);
}
const looks = (): string[] => readFileSync(log, 'utf8').split('\n').filter(Boolean);
async function untilLooks(count: number): Promise<void> {
  for (let waited = 0; waited < 200 && looks().length < count; waited += 1) await sleep(20);
  expect(looks()).toHaveLength(count);
}

it('wakes the loop, with our settings in its environment, and ends all of it', async () => {
  writeFileSync(log, '');
  writeScript(`trap : SIGUSR1; while true; do sleep 30 & wait $!; echo "$BASHPID $! $COEF" >>'${log}'; done`);
  const daemon = await KsmtunedDaemon.start(script, { COEF: '77' });
  daemon.retune();
  await untilLooks(1);
  daemon.retune();
  await untilLooks(2);
  const [loop = '', sleeper = '', coef] = looks().at(-1)?.split(' ') ?? [];
  expect(coef).toBe('77');
  await daemon.stop();
  for (const pid of [loop, sleeper]) expect(state(pid)).toMatch(/^[ZX]?$/);
  await daemon.stop();
});

it('rejects, and leaves nothing running, when the script never gets to its loop', async () => {
  writeFileSync(log, '');
  writeScript(`echo "$BASHPID" >>'${log}'; sleep 30`);
  await expect(KsmtunedDaemon.start(script, {}, 500)).rejects.toThrow('did not get to its loop');
  const [loop = ''] = looks();
  await sleep(50);
  expect(state(loop)).toMatch(/^[ZX]?$/);
});

it('does not outlive the process that started it, even when that is killed', async () => {
  writeFileSync(log, '');
  writeScript(`trap : SIGUSR1; echo "$BASHPID" >>'${log}'; while true; do sleep 30 & wait $!; done`);
  const starter = spawn(process.execPath, ['--input-type=module', '-e', STARTER, script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await new Promise((resolve) => starter.stdout.once('data', resolve));
  const [loop = ''] = looks();
  expect(state(loop)).toMatch(/[SR]/);
  starter.kill('SIGKILL');
  for (let waited = 0; waited < 100 && /[SR]/.test(state(loop)); waited += 1) await sleep(20);
  expect(state(loop)).toMatch(/^[ZX]?$/);
});

/** One letter, empty when the process is gone. */
function state(pid: string): string {
  try {
    return /\) (\w) /.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1] ?? '';
  } catch {
    return '';
  }
}

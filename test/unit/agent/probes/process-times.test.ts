import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { ageSecOf, cpuSecOf, isAlive } from '../../../../src/agent/probes/process-times.js';

describe('times of a process', () => {
  it('of our own are those that Node tells', () => {
    for (const until = performance.now() + 60; performance.now() < until;);
    const { user, system } = process.cpuUsage();
    expect(Math.abs((cpuSecOf(process.pid) ?? NaN) - (user + system) / 1e6)).toBeLessThan(0.2);
    expect(Math.abs((ageSecOf(process.pid) ?? NaN) - process.uptime())).toBeLessThan(2);
    expect(isAlive(process.pid)).toBe(true);
  });

  it('are found behind a name with blanks and brackets', async () => {
    const child = spawn('/bin/sh', ['-c', 'printf "a) R (b" > /proc/$$/comm; echo; read line'], { stdio: 'pipe' });
    await once(child.stdout, 'data');
    const pid = child.pid ?? NaN;
    expect(cpuSecOf(pid)).toBeLessThan(1);
    expect(ageSecOf(pid)).toBeLessThan(10);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect([cpuSecOf(pid), ageSecOf(pid), isAlive(pid)]).toEqual([undefined, undefined, false]);
  });
});

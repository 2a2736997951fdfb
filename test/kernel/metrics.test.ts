import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { AgentProcess, type StatusJson } from '../helpers/agent-process.js';
import { Guest } from '../helpers/guest.js';
import { ask } from '../helpers/http.js';
import { useKernel } from '../helpers/kernel-session.js';
import { readKsm, readVmstat, until, writeKnobs } from '../helpers/knobs.js';
import { saying, toolsFor, usePrometheus } from '../helpers/prometheus.js';

// What Prometheus scrapes of a real agent, compared with the kernel's own counters.

useKernel();
usePrometheus();

const PAGE = 4096;

/** The value of a series, NaN where there is none. */
function valueOf(body: string, series: string): number {
  const line = body.split('\n').find((one) => one.startsWith(`${series} `));
  return line === undefined ? NaN : Number(line.slice(series.length + 1));
}

async function probesRun(agent: AgentProcess): Promise<void> {
  const deadline = performance.now() + 60_000;
  for (;;) {
    const { probes } = await agent.json<StatusJson>('status');
    if (probes.filter(({ name }) => name !== 'kvm').every(({ state }) => state === 'running')) return;
    if (performance.now() > deadline) throw new Error(`probes do not run: ${JSON.stringify(probes)}`);
    await sleep(300);
  }
}

it('tells Prometheus what the kernel counts, of the host and of each guest', { timeout: 180_000 }, async (context) => {
  const { promtool } = await toolsFor(context);
  writeKnobs({ run: 1, pages_to_scan: 5000, sleep_millisecs: 20, smart_scan: 0 });
  await until('what was merged before is forgotten', () => readKsm('pages_sharing') === 0);
  const cowAtStart = readVmstat('cow_ksm');
  await using agent = await new AgentProcess().start('--exact');
  await probesRun(agent);
  await using a = await Guest.start('twin-a');
  await using b = await Guest.start('twin-b');
  for (const guest of [a, b]) await guest.map(0, 1009, 'unique', 7);
  await until('all is merged', () => readKsm('pages_sharing') === 1009);
  await a.write(0, 0, 101);
  writeKnobs({ run: 0 });
  await sleep(3_000);

  const { port } = new URL(agent.url);
  const { body } = await ask({ port: Number(port), path: '/metrics' });
  expect(saying(promtool, ['check', 'metrics'], { input: body })).toEqual({ code: 0, text: '' });
  const value = (series: string): number => valueOf(body, series);
  expect(value('ksmpilot_up')).toBe(1);
  expect(value('ksmpilot_saved_bytes')).toBe(readKsm('pages_sharing') * PAGE);
  expect(value('ksmpilot_profit_bytes')).toBe(readKsm('general_profit'));
  expect(value('ksmpilot_pages_scanned_total')).toBe(readKsm('pages_scanned'));
  expect(value('ksmpilot_cow_breaks_total')).toBe(readVmstat('cow_ksm') - cowAtStart);
  expect(value('ksmpilot_cow_breaks_attributed_total{writer="user"}')).toBe(101);
  expect(value('ksmpilot_knob_run')).toBe(0);
  expect(value('ksmpilot_knob_pages_to_scan')).toBe(5000);
  expect(value('ksmpilot_knob_sleep_seconds')).toBe(0.02);
  expect(value('ksmpilot_tuner_mode{mode="observe"}')).toBe(1);
  expect(value('ksmpilot_ksmd_cpu_seconds_total')).toBeGreaterThan(0);

  const guests = [...body.matchAll(/^ksmpilot_guest_info\{guest="([^"]*)",kind="process",name="(twin-.)"/gm)];
  const identities = new Map(guests.map(([, identity, name]) => [name, identity]));
  const ofGuest = (metric: string, name: string): number =>
    value(`ksmpilot_guest_${metric}{guest="${identities.get(name) ?? ''}"}`);
  expect([ofGuest('cow_breaks_total', 'twin-a'), ofGuest('cow_breaks_total', 'twin-b')]).toEqual([101, 0]);
  const saved =
    ofGuest('saved_bytes', 'twin-a') + ofGuest('saved_bytes', 'twin-b') + value('ksmpilot_rest_saved_bytes');
  expect(saved).toBe(value('ksmpilot_saved_bytes'));
});

import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findSymbols, gatherHostFacts } from '../../../../src/agent/probes/host-facts.js';
import { makeFakeHost, type FakeHost } from '../../../helpers/fake-host.js';

let host: FakeHost;
beforeEach(() => {
  host = makeFakeHost();
});
afterEach(() => host.remove());

describe('facts of the host', () => {
  it('are read from /proc and /sys', async () => {
    mkdirSync(join(host.root, 'sys/kernel/security'));
    writeFileSync(join(host.root, 'sys/kernel/security/lockdown'), 'none [integrity] confidentiality\n');
    writeFileSync(join(host.root, 'proc/kallsyms'), 'ffffffff815e4f50 t do_wp_page\n');
    expect(await gatherHostFacts(host)).toMatchObject({
      root: true,
      btf: true,
      symbols: new Set(['do_wp_page']),
      kprobes: 'absent',
      bpftrace: { version: '0.17.0' },
      tracefs: join(host.root, 'sys/kernel/tracing'),
      lockdown: 'integrity',
      pagingLevels: 5,
    });
  });

  it('find tracefs at its old place too', async () => {
    mkdirSync(join(host.root, 'sys/kernel/debug'));
    renameSync(join(host.root, 'sys/kernel/tracing'), join(host.root, 'sys/kernel/debug/tracing'));
    const { tracefs, tracepoints } = await gatherHostFacts(host);
    expect(tracefs).toBe(join(host.root, 'sys/kernel/debug/tracing'));
    expect(tracepoints).toContain('ksm:ksm_enter');
  });

  it('that are missing are unknown', async () => {
    rmSync(join(host.root, 'sys'), { recursive: true });
    rmSync(join(host.root, 'proc'), { recursive: true });
    const facts = await gatherHostFacts(host);
    expect(facts).toMatchObject({ tracefs: undefined, lockdown: undefined, pagingLevels: 4, btf: false });
    expect(facts.tracepoints.size).toBe(0);
    expect(facts.symbols.size).toBe(0);
  });

  it('tell kprobes that are there, by either way to set them, from those that are switched off', async () => {
    const kprobes = async (): Promise<string> => (await gatherHostFacts(host)).kprobes;
    mkdirSync(join(host.root, 'sys/bus/event_source/devices/kprobe'), { recursive: true });
    expect(await kprobes()).toBe('on');
    rmSync(join(host.root, 'sys/bus'), { recursive: true });
    expect(await kprobes()).toBe('absent');
    writeFileSync(join(host.root, 'sys/kernel/tracing/kprobe_events'), '');
    mkdirSync(join(host.root, 'sys/kernel/debug/kprobes'), { recursive: true });
    writeFileSync(join(host.root, 'sys/kernel/debug/kprobes/enabled'), '1\n');
    expect(await kprobes()).toBe('on');
    writeFileSync(join(host.root, 'sys/kernel/debug/kprobes/enabled'), '0\n');
    expect(await kprobes()).toBe('disarmed');
  });
});

describe('symbols of the kernel', () => {
  const LIST =
    'ffffffff815e4f50 t do_wp_page.isra.0\nffffffff815e4f60 t do_wp_page.cold\nffffffff81666f10 t break_ksm\n' +
    'ffffffff81666f20 t break_ksm.part.0\nffffffffc0000000 t other_module\t[other]\nffffffff81666f30 T __ksm_enter\n';

  it('are found by their whole name', () => {
    const { symbols } = findSymbols(LIST, ['break_ksm', '__ksm_enter', 'ksm_enter', 'do_wp_page', 'other_module']);
    expect([...symbols]).toEqual(['break_ksm', '__ksm_enter']);
  });

  it('that the compiler changed are told as what became of them', () => {
    const { renamed } = findSymbols(LIST, ['break_ksm', 'do_wp_page', 'absent']);
    expect([...renamed]).toEqual([['do_wp_page', 'do_wp_page.isra.0']]);
  });
});

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { gatherHostFacts } from '../../../../src/agent/probes/host-facts.js';
import { ProbePlanner, renderedProgram } from '../../../../src/agent/probes/plan.js';
import { definesOf } from '../../../../src/agent/probes/program.js';
import { WANTED_TRACEPOINTS } from '../../../../src/agent/probes/tier.js';
import type { TierChoice } from '../../../../src/agent/probes/tier-choice.js';
import { makeFakeHost, type FakeHost } from '../../../helpers/fake-host.js';

let host: FakeHost;
beforeEach(() => {
  host = makeFakeHost();
  // With do_wp_page and without kprobes: fentry may work, kprobes cannot.
  writeFileSync(join(host.root, 'proc/kallsyms'), 'ffffffff815e4f50 t do_wp_page\n');
});
afterEach(() => host.remove());

async function plan(lifetimeOneIn = 1): Promise<{ choice: TierChoice; unserved: readonly { name: string }[] }> {
  return new ProbePlanner(host).plan(await gatherHostFacts(host), lifetimeOneIn);
}

const told = ({ choice }: { choice: TierChoice }): string[] =>
  choice.current().map(({ name, tier }) => `${name} ${tier}`);

describe('the plan', () => {
  it('holds the best tiers that the facts allow, rendered for this host', async () => {
    const made = await plan(4);
    expect(told(made)).toEqual(['scanner tracepoint', 'cow fentry']);
    expect(made.unserved).toEqual([]);
    const [scanner, cow] = made.choice.current();
    expect(definesOf(scanner?.text ?? '').get('LIFETIME_ONE_IN')).toBe('4');
    const defines = definesOf(cow?.text ?? '');
    expect(defines.get('VMEMMAP_BASE')).toBe('0xffd4000000000000');
    expect(defines.get('UNMERGE')).toBe('(($fault & 0x414) == 0x400)');
    expect(cow).toMatchObject({
      taxing: false,
      title: 'bpf/cow_fentry.bt by bpftrace 0.17.0, kernel bases from bpf/calibrate.bt',
    });
  });

  it('has the next tiers ready, and why the others cannot work', async () => {
    const { choice } = await plan();
    const [, cow] = choice.current();
    if (cow === undefined) throw new Error('no program for cow');
    choice.refuse(cow, 'not available');
    expect(told({ choice })).toEqual(['scanner tracepoint', 'cow tracepoint', 'kvm tracepoint']);
    expect(choice.passedOver('cow')).toEqual([
      { tier: 'fentry', why: 'not available' },
      { tier: 'kprobe', why: 'this kernel has no kprobes' },
    ]);
  });

  it('notes single pages only where it is to, and where the program runs all the time', async () => {
    const noted = async (options: { watchSalt?: number; exact?: boolean }): Promise<(string | undefined)[]> => {
      const { choice } = await new ProbePlanner({ ...host, ...options }).plan(await gatherHostFacts(host), 1);
      const [, fentry] = choice.current();
      if (fentry === undefined) throw new Error('no program for cow');
      choice.refuse(fentry, 'not available');
      const maxOf = (text = ''): string | undefined => definesOf(text).get('WATCH_MAX');
      return [fentry, ...choice.current().slice(1)].map(({ text }) => maxOf(text));
    };
    expect(await noted({})).toEqual(['0', '0', '0']);
    expect(await noted({ watchSalt: 5 })).toEqual(['1024', '0', '0']);
    expect(await noted({ watchSalt: 5, exact: true })).toEqual(['1024', '1024', '1024']);
  });

  it('gives as many processes lifetimes of their own as fit into a map', async () => {
    const rowsOf = async (options: { mapKeys?: number }): Promise<string | undefined> => {
      const { choice } = await new ProbePlanner({ ...host, ...options }).plan(await gatherHostFacts(host), 1);
      return definesOf(choice.current()[1]?.text ?? '').get('LIFETIME_PROCESSES');
    };
    expect(await rowsOf({})).toBe('112');
    expect(await rowsOf({ mapKeys: 16_384 })).toBe('454');
  });

  it('remembers a refusal when it is made anew', async () => {
    const planner = new ProbePlanner(host);
    const facts = await gatherHostFacts(host);
    const { choice } = await planner.plan(facts, 1);
    for (const program of choice.current()) if (program.name === 'cow') choice.refuse(program, 'no');
    expect(told(await planner.plan(facts, 2))).toContain('cow tracepoint');
  });

  it('leaves a subject out that nothing can serve, and says what goes without', async () => {
    host.remove();
    host = makeFakeHost(
      {},
      WANTED_TRACEPOINTS.filter((name) => !name.startsWith('ksm:')),
    );
    const { unserved } = await plan();
    expect(unserved).toMatchObject([
      {
        name: 'scanner',
        state: 'unavailable',
        detail: expect.stringMatching(/no kprobe: this kernel has no kprobes.*Without it: no merges/) as unknown,
      },
    ]);
  });
});

describe('the constants of the kernel', () => {
  it('are looked for once a plan where they are not found, and again by the next one', async () => {
    host.remove();
    host = makeFakeHost({ refuse: 'calibrated ' });
    const calls = join(host.root, 'calls');
    const counted = join(host.root, 'bpftrace');
    writeFileSync(counted, `#!/bin/sh\necho x >> ${calls}\nexec ${host.bpftracePath} "$@"\n`, { mode: 0o755 });
    const facts = await gatherHostFacts(host);
    const planner = new ProbePlanner({ ...host, bpftracePath: counted });
    const { choice, unserved } = await planner.plan(facts, 1);
    expect(told({ choice })).toEqual(['scanner tracepoint']);
    expect(unserved.map(({ name }) => name)).toEqual(['cow', 'kvm']);
    expect(await planner.timingText(facts)).toBeUndefined();
    // The declaration of struct mm_struct, and three attempts to measure.
    expect(readFileSync(calls, 'utf8')).toBe('x\n'.repeat(4));
    await planner.plan(facts, 1);
    expect(readFileSync(calls, 'utf8')).toBe('x\n'.repeat(8));
  });
});

describe('a program for people', () => {
  it('is the one of the best tier, with its comments, complete', async () => {
    const text = await renderedProgram('cow', host);
    expect(text).toContain(' * cow_fentry.bt - ');
    expect(text).toContain('#define TOP_SHIFT 48');
    expect(text).not.toContain('#include');
  });

  it('can be any by its name', async () => {
    expect(await renderedProgram('cow_kprobe', host)).toContain('kprobe:do_wp_page');
    expect(await renderedProgram('scanner', host)).toContain('tracepoint:ksm:ksm_start_scan');
  });

  it('is refused by name, or with what stands in the way', async () => {
    await expect(renderedProgram('cows', host)).rejects.toMatchObject({
      message: 'there is no program cows',
      hint: expect.stringContaining('scanner, cow, kvm, scanner_kprobe, cow_fentry') as unknown,
    });
    await expect(renderedProgram('cow', { ...host, bpftracePath: '/nonexistent/bpftrace' })).rejects.toMatchObject({
      code: 'BPFTRACE_MISSING',
    });
  });
});

import { describe, expect, it, vi } from 'vitest';
import type { RunnableProgram } from '../../../../src/agent/probes/runnable.js';
import { TierChoice, type Candidates, type Refusals } from '../../../../src/agent/probes/tier-choice.js';

const cow = (tier: RunnableProgram['tier']): RunnableProgram => ({
  name: 'cow',
  tier,
  taxing: tier === 'tracepoint',
  text: tier,
  title: `bpf/cow ${tier}`,
});
const scanner: RunnableProgram = {
  name: 'scanner',
  tier: 'tracepoint',
  taxing: false,
  text: 's',
  title: 'bpf/scanner',
};
const kvm: RunnableProgram = {
  name: 'kvm',
  tier: 'tracepoint',
  taxing: true,
  text: 'k',
  title: 'bpf/kvm',
  beside: 'cow',
};

const HOST: readonly Candidates[] = [
  { name: 'scanner', order: ['tracepoint', 'kprobe'], programs: [scanner], excluded: [{ tier: 'kprobe', why: 'new' }] },
  {
    name: 'cow',
    order: ['fentry', 'kprobe', 'tracepoint'],
    programs: [cow('fentry'), cow('tracepoint')],
    excluded: [{ tier: 'kprobe', why: 'this kernel has no kprobes' }],
  },
  { name: 'kvm', order: ['tracepoint'], programs: [kvm], excluded: [] },
];

const told = (choice: Pick<TierChoice, 'current'>): string[] =>
  choice.current().map(({ name, tier }) => `${name} ${tier}`);

describe('the tier that serves', () => {
  it('is the best candidate, and what another tier makes needless is left out', () => {
    const choice = new TierChoice(HOST);
    expect(told(choice)).toEqual(['scanner tracepoint', 'cow fentry']);
    expect(choice.needless('kvm')).toBe('not needed: the fentry tier of cow sees the same');
    expect(choice.whyNoBetter(cow('fentry'))).toBe('');
    expect(choice.hasNext(cow('fentry'))).toBe(true);
  });

  it('is the next one after a refusal, which stays told, and what it needs beside it comes in', () => {
    const onChange = vi.fn();
    const choice = new TierChoice(HOST, new Map(), onChange);
    choice.refuse(cow('fentry'), 'kfunc/kretfunc not available');
    expect(told(choice)).toEqual(['scanner tracepoint', 'cow tracepoint', 'kvm tracepoint']);
    expect(choice.needless('kvm')).toBeUndefined();
    expect(choice.whyNoBetter(cow('tracepoint'))).toBe(
      '; no fentry: kfunc/kretfunc not available; no kprobe: this kernel has no kprobes',
    );
    expect(choice.hasNext(cow('tracepoint'))).toBe(false);
    expect(onChange).toHaveBeenCalledOnce();
  });

  it('says nothing of worse tiers that would not work', () => {
    expect(new TierChoice(HOST).whyNoBetter(scanner)).toBe('');
    expect(new TierChoice(HOST).passedOver('scanner')).toEqual([{ tier: 'kprobe', why: 'new' }]);
  });

  it('is none when all are refused; kvm then stays, since nothing sees the guests', () => {
    const choice = new TierChoice(HOST);
    choice.refuse(cow('fentry'), 'a');
    choice.refuse(cow('tracepoint'), 'b');
    expect(choice.programFor('cow')).toBeUndefined();
    expect(told(choice)).toEqual(['scanner tracepoint', 'kvm tracepoint']);
    choice.forgive();
    expect(told(choice)).toEqual(['scanner tracepoint', 'cow fentry']);
  });

  it('is remembered by the next plan', () => {
    const refusals: Refusals = new Map();
    new TierChoice(HOST, refusals).refuse(cow('fentry'), 'a');
    expect(new TierChoice(HOST, refusals).programFor('cow')?.tier).toBe('tracepoint');
  });
});

describe('a part of the choice', () => {
  it('moves with the whole: a refusal in the steady part brings the next tier into the windows', () => {
    const choice = new TierChoice(HOST);
    const steady = choice.only(({ taxing }) => !taxing);
    const windows = choice.only(({ taxing }) => taxing);
    expect([told(steady), told(windows)]).toEqual([['scanner tracepoint', 'cow fentry'], []]);
    steady.refuse(cow('fentry'), 'a');
    expect([told(steady), told(windows)]).toEqual([['scanner tracepoint'], ['cow tracepoint', 'kvm tracepoint']]);
  });

  it('forgives its own programs only', () => {
    const choice = new TierChoice(HOST);
    choice.refuse(cow('fentry'), 'a');
    choice.refuse(cow('tracepoint'), 'b');
    choice.only(({ taxing }) => taxing).forgive();
    expect(choice.programFor('cow')?.tier).toBe('tracepoint');
  });
});

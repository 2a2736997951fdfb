import { expect, test } from 'vitest';
import { findings, text, type Look } from '../../../../bench/soak/verdict.js';

const STILL: Look = {
  sec: 0,
  heapMib: 20,
  agentMib: 60,
  probesMib: 80,
  webMib: 40,
  agentFiles: 40,
  webFiles: 25,
  agentThreads: 12,
  samples: 0,
  behindMs: 0,
};

function run(change: (sec: number) => Partial<Look>): readonly Look[] {
  return Array.from({ length: 120 }, (_, sec) => ({ ...STILL, sec, ...change(sec) }));
}

const bad = (looks: readonly Look[]): string[] =>
  findings(looks)
    .filter(({ ok }) => !ok)
    .map(({ what }) => what);

test('what stands still is well, and so is what has grown while it warmed up', () => {
  expect(bad(run(() => ({})))).toEqual([]);
  expect(bad(run((sec) => ({ heapMib: Math.min(20 + sec, 50), agentMib: Math.min(60 + 2 * sec, 140) })))).toEqual([]);
});

test.each([
  ['heap of the agent after a collection', (sec: number) => ({ heapMib: 20 + sec / 10 })],
  ['open files of the agent', (sec: number) => ({ agentFiles: 40 + Math.floor(sec / 20) })],
  ['threads of the agent', (sec: number) => ({ agentThreads: 12 + Math.floor(sec / 20) })],
  ['lateness of samples', (sec: number) => ({ behindMs: sec * 5 })],
])('%s that grows is found, and nothing else', (what, change) => {
  const looks = run(change);
  expect(bad(looks)).toEqual([what]);
  expect(text(findings(looks))).toMatch(new RegExp(`^GROWS  ${what}`, 'm'));
});

test('too few looks prove nothing, and are no success', () => {
  expect(findings([STILL]).every(({ ok }) => ok)).toBe(false);
});

import { readFileSync } from 'node:fs';
import { expect, it, test } from 'vitest';
import { detectionProbability, detectionTable, smallestFound } from '../../../../src/agent/side-channel/detection.js';
import { chance } from '../../../helpers/chance.js';

test('with every page looked at, four right guesses in four rounds are enough, and less never is', () => {
  expect(detectionProbability({ rightPages: 4, rounds: 4, oneIn: 1 })).toBe(1);
  expect(detectionProbability({ rightPages: 3, rounds: 4, oneIn: 1 })).toBe(0);
  expect(detectionProbability({ rightPages: 1e6, rounds: 3, oneIn: 1 })).toBe(0);
});

it.each([
  [16, 4],
  [64, 16],
  [100, 64],
])('%i pages, one in %i: as often as when it is tried', (rightPages, oneIn) => {
  const draw = chance(rightPages);
  const tries = 20_000;
  let found = 0;
  for (let one = 0; one < tries; one += 1) {
    let sampled = 0;
    for (let page = 0; page < rightPages; page += 1) if (draw() < 1 / oneIn) sampled += 1;
    if (sampled >= 4) found += 1;
  }
  // Four standard deviations of 20,000 tries are at most 0.0142.
  expect(Math.abs(found / tries - detectionProbability({ rightPages, rounds: 4, oneIn }))).toBeLessThan(0.0142);
});

test('the smallest prober that is found is that', () => {
  for (const oneIn of [1, 2, 16, 1_024]) {
    const rightPages = smallestFound(oneIn);
    expect(detectionProbability({ rightPages, rounds: 4, oneIn })).toBeGreaterThanOrEqual(0.95);
    expect(detectionProbability({ rightPages: rightPages - 1, rounds: 4, oneIn })).toBeLessThan(0.95);
  }
  expect(smallestFound(1)).toBe(4);
});

test('docs/side-channel.md has this table', () => {
  const docs = readFileSync(new URL('../../../../docs/side-channel.md', import.meta.url), 'utf8');
  expect(docs).toContain(detectionTable().join('\n'));
});

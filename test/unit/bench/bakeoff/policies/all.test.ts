import { describe, expect, it } from 'vitest';
import { CORE_POLICIES, POLICY_NAMES, policyNamed } from '../../../../../bench/bakeoff/policies/all.js';

describe('policyNamed', () => {
  it('knows every policy of a full run by the name it carries', () => {
    for (const name of POLICY_NAMES) expect(policyNamed(name)?.name).toBe(name);
    expect(new Set(POLICY_NAMES).size).toBe(POLICY_NAMES.length);
  });

  it('has a title of its own for each', () => {
    const titles = POLICY_NAMES.map((name) => policyNamed(name)?.title);
    expect(new Set(titles).size).toBe(POLICY_NAMES.length);
  });

  it('takes any fixed setting and any target of the advisor', () => {
    expect(policyNamed('fixed:777/35')).toMatchObject({ name: 'fixed:777/35', title: '777 pages each 35 ms' });
    expect(policyNamed('advisor:45')?.title).toBe("the kernel's advisor, a full scan in 45 s");
  });

  it.each([
    '',
    'of',
    'Off',
    'fixed',
    'fixed:1250',
    'fixed:0/10',
    'fixed:100/0', // ksmd would not sleep at all
    'fixed:01250/10', // one name for one policy, or rows of the same would stand apart
    'fixed:100/10 ',
    'fixed:-5/10',
    'fixed:1e3/10',
    'advisor:0',
    'advisor:x',
    'advisor:5:5',
  ])('does not know %j', (name) => {
    expect(policyNamed(name)).toBeUndefined();
  });
});

it('accepts with at least six policies beside ksmpilot, all of them part of a full run', () => {
  expect(CORE_POLICIES).toContain('ksmpilot');
  expect(CORE_POLICIES.filter((name) => name !== 'ksmpilot')).toHaveLength(6);
  expect(POLICY_NAMES).toEqual(expect.arrayContaining([...CORE_POLICIES]));
});

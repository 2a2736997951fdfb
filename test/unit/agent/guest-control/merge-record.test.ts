import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { MergeRecords } from '../../../../src/agent/guest-control/merge-record.js';
import { glanceAtProcess } from '../../../../src/agent/kernel/process-facts.js';
import { temporaryFolder, thrownBy } from '../../../helpers/kernel-tree.js';

const RUN = { pid: 7, startTicks: 11 };

it('keeps what came first, until it is forgotten', () => {
  const records = new MergeRecords(temporaryFolder());
  expect(records.load(RUN).size).toBe(0);
  records.keep(RUN, new Map([['/objects/a', true]]));
  records.keep(
    RUN,
    new Map([
      ['/objects/a', false],
      ['/objects/b', false],
    ]),
  );
  expect(Object.fromEntries(records.load(RUN))).toEqual({ '/objects/a': true, '/objects/b': false });
  expect(records.load({ pid: 7, startTicks: 12 }).size).toBe(0);
  records.forget(RUN);
  expect(records.load(RUN).size).toBe(0);
});

it('drops what has ended, and nothing else', () => {
  const dir = temporaryFolder();
  const records = new MergeRecords(dir);
  const mine = { pid: process.pid, startTicks: glanceAtProcess('/', process.pid)?.startTicks ?? 0 };
  records.keep(mine, new Map());
  records.keep({ ...mine, startTicks: 1 }, new Map());
  writeFileSync(join(dir, 'baseline.json'), '{}');
  records.prune();
  expect(readdirSync(dir).sort()).toEqual(['baseline.json', `guest-merge.${mine.pid}.${mine.startTicks}.json`]);
});

it.each(['', '[', '7', 'null', '{"/objects/a": "yes"}'])('refuses a damaged record: %j', (text) => {
  const dir = temporaryFolder();
  writeFileSync(join(dir, 'guest-merge.7.11.json'), text);
  const records = new MergeRecords(dir);
  expect(thrownBy(() => records.load(RUN))).toMatchObject({ code: 'STATE_DIR_UNUSABLE' });
  expect(thrownBy(() => records.keep(RUN, new Map()))).toMatchObject({ code: 'STATE_DIR_UNUSABLE' });
});

it('says that nothing can be kept', () => {
  const records = new MergeRecords('/proc/none');
  expect(thrownBy(() => records.keep(RUN, new Map()))).toMatchObject({ code: 'STATE_DIR_UNUSABLE' });
});

describe('what the policy has changed', () => {
  const pair = (dir: string) => ({ operator: new MergeRecords(dir), policy: new MergeRecords(dir, 'policy') });
  const FOUND = new Map([['/objects/a', true]]);

  it('is kept apart from what an operator has', () => {
    const { operator, policy } = pair(temporaryFolder());
    operator.keep(RUN, new Map([['/objects/b', false]]));
    policy.keep(RUN, FOUND);
    expect(Object.fromEntries(policy.load(RUN))).toEqual({ '/objects/a': true });
    expect([operator.runs(), policy.runs()]).toEqual([[RUN], [RUN]]);
    policy.forget(RUN);
    expect(Object.fromEntries(operator.load(RUN))).toEqual({ '/objects/b': false });
  });

  it("is an operator's once he changes the guest, with what was before the policy", () => {
    const { operator, policy } = pair(temporaryFolder());
    policy.keep(RUN, FOUND);
    operator.keep(RUN, new Map([['/objects/a', false]]));
    operator.claim(RUN);
    expect(policy.runs()).toEqual([]);
    expect(Object.fromEntries(operator.load(RUN))).toEqual({ '/objects/a': true });
  });

  it('is put back by his `restore`, even if he has changed nothing himself', () => {
    const { operator, policy } = pair(temporaryFolder());
    policy.keep(RUN, FOUND);
    expect(Object.fromEntries(operator.load(RUN))).toEqual({ '/objects/a': true });
    operator.forget(RUN);
    expect(policy.load(RUN).size).toBe(0);
  });

  it('leaves nothing behind where there was nothing to claim', () => {
    const { operator } = pair(temporaryFolder());
    operator.claim(RUN);
    expect(operator.runs()).toEqual([]);
  });
});

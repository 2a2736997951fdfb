import { expect, it } from 'vitest';
import { FrameLedger } from '../../../../src/agent/estimate/frame-ledger.js';
import { fakeFrames } from '../../../helpers/fake-memory.js';

const KSM = 1 << 21;
const ZERO_PAGE = 1 << 24;

it('tells KSM pages, forked pages and the zero page apart', () => {
  const ledger = new FrameLedger(
    fakeFrames(
      new Map([
        [10, KSM],
        [20, 0],
        [30, ZERO_PAGE],
      ]),
    ),
  );
  expect([10, 10, 20, 20, 30, 30].map((frame) => ledger.use(frame))).toEqual([
    'new',
    'merged',
    'new',
    'inherited',
    'zero-page',
    'zero-page',
  ]);
  expect([...ledger.zeroFrames]).toEqual([30]);
  ledger.commit();
  expect([ledger.use(10), ledger.use(20)]).toEqual(['merged', 'inherited']);
});

it('forgets the frames of a process that ended before it was through', () => {
  const ledger = new FrameLedger(fakeFrames());
  expect(ledger.use(5)).toBe('new');
  ledger.rollback();
  expect(ledger.use(5)).toBe('new');
});

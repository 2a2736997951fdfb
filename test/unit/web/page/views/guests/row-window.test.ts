import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rowWindow } from '../../../../../../web/page/views/guests/row-window.js';

describe('the window of rows', () => {
  it('is all of a short table', () => {
    expect(rowWindow(6, { top: 0, height: 500, rowHeight: 25 })).toEqual({ first: 0, end: 6 });
    expect(rowWindow(0, { top: 0, height: 500, rowHeight: 25 })).toEqual({ first: 0, end: 0 });
  });

  it('holds every row in sight, and a bounded number of others', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 5_000 }),
        fc.integer({ min: 0, max: 2_000 }),
        fc.double({ min: 10, max: 60, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (rows, height, rowHeight, share) => {
          const top = share * Math.max(0, rows * rowHeight - height);
          const { first, end } = rowWindow(rows, { top, height, rowHeight });
          expect(first).toBeGreaterThanOrEqual(0);
          expect(end).toBeLessThanOrEqual(rows);
          expect(first).toBeLessThanOrEqual(Math.floor(top / rowHeight));
          expect(end).toBeGreaterThanOrEqual(Math.min(rows, Math.ceil((top + height) / rowHeight)));
          expect(end - first).toBeLessThanOrEqual(Math.ceil(height / rowHeight) + 26);
        },
      ),
    );
  });

  it('draws little before a row was measured', () => {
    expect(rowWindow(1_000, { top: 0, height: 500, rowHeight: 0 }).end).toBeLessThan(20);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PictureMaker, type Picture } from '../../../../src/agent/memory-map/picture.js';
import type { PageKind } from '../../../../src/agent/memory-map/page-kind.js';

const KINDS: Readonly<Record<string, PageKind>> = { K: 'ksm', Z: 'zero', P: 'private', H: 'huge', '.': 'absent' };

function draw(areas: Readonly<Record<number, string>>, cells = 1024, lines = 32): Picture {
  const maker = new PictureMaker({ cells, lines });
  for (const [first, pages] of Object.entries(areas)) {
    maker.startArea(Number(first), pages.length);
    pages.split('').forEach((sign, offset) => {
      const kind = KINDS[sign] ?? 'absent';
      if (kind !== 'absent') maker.add(offset, kind);
    });
  }
  return maker.finish();
}

describe('PictureMaker', () => {
  it('draws a page as a sign while there is room', () => {
    expect(draw({ 100: 'KKPZ.H', 900: 'PP' })).toEqual({
      pagesPerCell: 1,
      lines: [
        { firstPage: 100, cells: 'KKPZ.H' },
        { firstPage: 900, cells: 'PP' },
      ],
      smallAreas: 0,
    });
  });

  it('makes signs longer when there are too many: a capital for all, a small letter for most', () => {
    expect(draw({ 64: 'KKKKKKKPPPPPPPPPPPP.P...........' }, 8)).toEqual({
      pagesPerCell: 4,
      lines: [{ firstPage: 64, cells: 'KkPPp:..' }],
      smallAreas: 0,
    });
  });

  it('leaves out lines with nothing in them, and areas shorter than a sign', () => {
    const { lines, smallAreas, pagesPerCell } = draw(
      { 0: `${'P'.repeat(128)}${'.'.repeat(600)}${'K'.repeat(128)}`, 5000: 'P' },
      130,
    );
    expect([pagesPerCell, smallAreas]).toEqual([2, 1]);
    expect(lines.map(({ firstPage }) => firstPage)).toEqual([0, 640, 768]);
  });

  it('ends a short last sign of an area at its end', () => {
    expect(draw({ 0: 'PPPPPPPKK' }, 4).lines).toEqual([{ firstPage: 0, cells: 'PpK' }]);
  });

  it('stays within its room, whatever the memory', () => {
    const area = fc.array(fc.constantFrom('K', 'P', '.', 'Z'), { maxLength: 200 }).map((signs) => signs.join(''));
    fc.assert(
      fc.property(fc.array(area, { maxLength: 20 }), (areas) => {
        const { lines } = draw(Object.fromEntries(areas.map((pages, index) => [index * 1000, pages])), 16, 3);
        expect(lines.length).toBeLessThanOrEqual(3);
        const signs = lines.flatMap(({ cells }) => cells.split(''));
        expect(signs.filter((sign) => sign !== '.').length).toBeLessThanOrEqual(16);
      }),
    );
  });
});

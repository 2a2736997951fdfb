import { expect, it } from 'vitest';
import { COLORS, styleSheet } from '../../../../../bench/bakeoff/chart/colors.js';
import { readSource } from '../../../../helpers/source-tree.js';

it('has the colours of the page', () => {
  const css = readSource('web/page/style/base.css');
  const page = Object.fromEntries(
    [...css.matchAll(/--([a-z-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)/g)].map(([, name = '', ...pair]) => [
      name,
      pair.slice(0, 2),
    ]),
  );
  expect(Object.fromEntries(Object.keys(COLORS).map((name) => [name, page[name]]))).toEqual(COLORS);
});

it('has a rule for each colour in either theme', () => {
  const [light = '', dark = ''] = styleSheet().split('prefers-color-scheme:dark');
  for (const [name, pair] of Object.entries(COLORS)) {
    expect(light).toContain(`.f-${name}{fill:${pair[0]}}`);
    expect(dark).toContain(`.s-${name}{stroke:${pair[1]}}`);
  }
});

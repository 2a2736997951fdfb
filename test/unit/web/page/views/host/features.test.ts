import { expect, it } from 'vitest';
import { featureRows } from '../../../../../../web/page/views/host/features.js';

it('tells features that are there from those that come with a later kernel', () => {
  const rows = featureRows(['run', 'use_zero_pages']);
  expect(rows.filter(({ present }) => present).map(({ file }) => file)).toEqual(['run', 'use_zero_pages']);
  expect(rows.find(({ file }) => file === 'smart_scan')?.means).toContain('comes with Linux 6.7');
});

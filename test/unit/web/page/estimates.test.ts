import { expect, test } from 'vitest';
import { estimateRow } from '../../../../web/page/estimates.js';

test.each([
  ['merge_lifetime', 125, 20, 's', ['merge lifetime', '2.1 min', '± 20 s']],
  ['full_scan_cpu', 0.0123, 0.004, 's', ['full scan cpu', '12 ms', '± 4 ms']],
  ['mergeable_pages', 262_144, 2048, 'pages', ['mergeable pages', '1.00 GiB', '± 8.00 MiB']],
  ['arrivals', 2560, 256, 'pages/s', ['arrivals', '2.56 k pages/s', '± 256 pages/s']],
  ['cpu_per_skipped_page', 0.2513, 0.1, 'us', ['cpu per skipped page', '0.251 µs', '± 0.1 µs']],
  ['break_hazard', 0.0512, 0.01, '1/h', ['break hazard', '0.0512 /h', '± 0.01 /h']],
  ['backlog', 40_000, 1000, 'page visits', ['backlog', '40.0 k page visits', '± 1.00 k page visits']],
  ['growth_yield', 61.2, 9.3, '%', ['growth yield', '61.2 %', '± 9.3 %']],
] as const)('%s', (name, value, plus_minus, unit, [label, text, doubt]) => {
  expect(estimateRow({ name, value, plus_minus, unit }, 4096)).toEqual({ name: label, value: text, doubt });
});

test('not known is not 0, and has no doubt; an exact figure has none either', () => {
  expect(estimateRow({ name: 'x', unit: 'pages' }, 4096)).toEqual({ name: 'x', value: '–', doubt: '' });
  expect(estimateRow({ name: 'x', value: 5, plus_minus: 0, unit: 's' }, 4096)).toMatchObject({ doubt: '' });
});

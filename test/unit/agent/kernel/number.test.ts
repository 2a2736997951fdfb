import { expect, test } from 'vitest';

import { parseCount, parseSelected, parseSigned } from '../../../../src/agent/kernel/number.js';
import { thrownBy } from '../../../helpers/kernel-tree.js';

test.each([
  ['0\n', 0],
  ['26214\n', 26214],
  ['  7 \t\n', 7],
  ['18446744073709551615\n', 2 ** 64],
])('a count: %j is %d', (text, value) => {
  expect(parseCount(text, '/f')).toBe(value);
});

test.each(['', '\n', '-1\n', '1.5', '0x10', '1e3', '1 2', 'abc', 'NaN', '１'])('no count: %j', (text) => {
  expect(thrownBy(() => parseCount(text, '/sys/f'))).toMatchObject({
    code: 'KSM_FILE_MALFORMED',
    message: expect.stringContaining('/sys/f') as string,
  });
});

test('a signed number keeps its sign', () => {
  expect(parseSigned('-1638400\n', '/f')).toBe(-1638400);
  expect(parseSigned('16064000\n', '/f')).toBe(16064000);
  expect(parseSigned('-9223372036854775808', '/f')).toBe(-(2 ** 63));
});

test.each(['', '-', '--1', '+1', '1-'])('no signed number: %j', (text) => {
  expect(thrownBy(() => parseSigned(text, '/f'))).toMatchObject({ code: 'KSM_FILE_MALFORMED' });
});

test('the selected word of a choice', () => {
  expect(parseSelected('[none] scan-time\n', '/f')).toBe('none');
  expect(parseSelected('none [scan-time] \n', '/f')).toBe('scan-time');
});

test.each(['', 'none scan-time', '[]', '[none', '[two words]'])('no selected word: %j', (text) => {
  expect(thrownBy(() => parseSelected(text, '/f'))).toMatchObject({ code: 'KSM_FILE_MALFORMED' });
});

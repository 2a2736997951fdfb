import { expect, test } from 'vitest';
import { Authenticator } from '../../../../src/agent/auth/authenticator.js';

const TOKEN = 'f00d'.repeat(16);
const authenticator = new Authenticator({ runToken: TOKEN });
const identify = (...authorization: string[]): unknown => {
  const { identity, failed } = authenticator.identify({ authorization });
  return failed ?? identity.kind;
};

test.each([`Bearer ${TOKEN}`, `bearer ${TOKEN}`, `Bearer  ${TOKEN} `])('knows %j', (value) => {
  expect(identify(value)).toBe('run token');
});

test.each([
  [TOKEN],
  ['Bearer '],
  [`Basic ${TOKEN}`],
  [`Bearer ${TOKEN}0`],
  [`Bearer ${TOKEN.slice(1)}`],
  [`Bearer ${TOKEN.toUpperCase()}`],
  [`Bearer ${TOKEN} ${TOKEN}`],
  [`Bearer ${TOKEN}`, `Bearer ${TOKEN}`],
  ['Bearer wrong', `Bearer ${TOKEN}`],
  [''],
])('does not know %j', (...values) => {
  expect(identify(...values)).toBe('unknown');
});

test('who shows nothing is nobody, and no failure', () => {
  expect(identify()).toBe('nobody');
});

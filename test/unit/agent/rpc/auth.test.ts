import { Metadata } from '@grpc/grpc-js';
import { expect, test } from 'vitest';
import { requireToken } from '../../../../src/agent/rpc/auth.js';

const TOKEN = 'f00d'.repeat(16);

function metadata(...values: string[]): Metadata {
  const sent = new Metadata();
  for (const value of values) sent.add('authorization', value);
  return sent;
}

test.each([`Bearer ${TOKEN}`, `bearer ${TOKEN}`, `Bearer  ${TOKEN} `])('lets %j pass', (value) => {
  expect(() => requireToken(metadata(value), TOKEN)).not.toThrow();
});

test.each([
  [],
  [TOKEN],
  ['Bearer '],
  [`Basic ${TOKEN}`],
  [`Bearer ${TOKEN}0`],
  [`Bearer ${TOKEN.slice(1)}`],
  [`Bearer ${TOKEN.toUpperCase()}`],
  [`Bearer ${TOKEN} ${TOKEN}`],
  [`Bearer ${TOKEN}`, `Bearer ${TOKEN}`],
  ['Bearer wrong', `Bearer ${TOKEN}`],
])('refuses %j', (...values) => {
  expect(() => requireToken(metadata(...values), TOKEN)).toThrow(expect.objectContaining({ code: 'TOKEN_MISSING' }));
});

test('does not say what was sent or expected', () => {
  try {
    requireToken(metadata('Bearer guess'), TOKEN);
    expect.unreachable();
  } catch (error) {
    expect(String(error)).not.toContain('guess');
    expect(String(error)).not.toContain(TOKEN);
  }
});

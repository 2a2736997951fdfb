import { status } from '@grpc/grpc-js';
import { expect, test } from 'vitest';
import { KsmpilotError, type ErrorCode } from '../../../../src/agent/errors.js';
import { toCatalogued, toServiceError } from '../../../../src/agent/rpc/status.js';

test.each<[ErrorCode, status]>([
  ['CONFIG_INVALID', status.INVALID_ARGUMENT],
  ['REQUEST_INVALID', status.INVALID_ARGUMENT],
  ['MODE_REFUSED', status.FAILED_PRECONDITION],
  ['KSM_KNOB_REFUSED', status.FAILED_PRECONDITION],
  ['BASELINE_UNREADABLE', status.FAILED_PRECONDITION],
  ['TOKEN_MISSING', status.UNAUTHENTICATED],
  ['NOT_ROOT', status.PERMISSION_DENIED],
  ['STREAMS_EXHAUSTED', status.RESOURCE_EXHAUSTED],
  ['AGENT_STOPPING', status.UNAVAILABLE],
  ['INTERNAL', status.INTERNAL],
])('%s', (code, expected) => {
  const error = toServiceError(new KsmpilotError(code, 'what failed.', { hint: 'the cure – now\nor later' }));
  expect(error.code).toBe(expected);
  expect(error.details).toBe(`${code}: what failed. Hint: the cure – now\nor later`);
  expect(error.metadata.getMap()).toEqual({ 'ksmpilot-code': code, 'ksmpilot-hint': 'the cure   now or later' });
});

test('what is not catalogued keeps its text to itself', () => {
  const known = toCatalogued(new Error('secret detail'));
  expect(known.code).toBe('INTERNAL');
  expect(toServiceError(known).details).not.toContain('secret');
});

test('half of a pair of surrogates, on which encoding would throw, is replaced', () => {
  const { details } = toServiceError(
    new KsmpilotError('GUEST_ABSENT', `no guest ${'\u{1f600}'.slice(0, 1)} \u{1f600}.`),
  );
  expect(details).toBe('GUEST_ABSENT: no guest \ufffd \u{1f600}.');
  expect(() => encodeURI(details)).not.toThrow();
});

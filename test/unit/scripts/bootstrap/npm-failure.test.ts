import { describe, expect, it } from 'vitest';
import { explainNpmFailure } from '../../../../scripts/bootstrap/npm-failure.mjs';

const explain = (tail: string, more: { missing?: boolean; signal?: string } = {}) =>
  explainNpmFailure({ code: 1, signal: more.signal ?? null, missing: more.missing ?? false, tail });

describe('explainNpmFailure', () => {
  it.each([
    [
      'npm error code EAI_AGAIN\nnpm error request to https://registry.npmjs.org/a failed',
      'cannot be reached',
      'npm ping',
    ],
    ['npm error code ENOSPC\nnpm error nospc write', 'disk is full', 'df -h'],
    ['npm error code SELF_SIGNED_CERT_IN_CHAIN', 'not trusted', 'NODE_EXTRA_CA_CERTS'],
    ['npm error code E401\nnpm error Incorrect or missing password.', 'credentials', 'npm login'],
    ['npm error code E404\nnpm error 404 Not Found', 'does not have a package', 'mirror'],
    ['npm error code EINTEGRITY', 'not the one', 'npm cache clean'],
    ['npm error code EACCES\nnpm error syscall mkdir', 'may not be written', 'owner'],
    [
      'npm error code EUSAGE\nnpm error `npm ci` can only install packages when',
      'do not belong together',
      'npm install',
    ],
  ])('knows %j', (tail, cause, cure) => {
    const explained = explain(tail);
    expect(explained.cause).toContain(cause);
    expect(explained.cure).toContain(cure);
  });

  it('blames the full disk where a write failed in the middle of a download', () => {
    expect(explain('npm error code ECONNRESET\nnpm error ENOSPC: no space left on device').cause).toContain('disk');
  });

  it('tells a missing npm, a signal and an unknown failure apart', () => {
    expect(explain('spawn npm ENOENT', { missing: true }).cause).toContain('not on PATH');
    expect(explain('', { signal: 'SIGKILL' }).cause).toContain('SIGKILL');
    expect(explain('npm error something new').cause).toContain('exit code 1');
  });
});

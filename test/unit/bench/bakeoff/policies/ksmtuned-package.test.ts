import { describe, expect, it } from 'vitest';
import { configObstacle, scriptObstacle } from '../../../../../bench/bakeoff/policies/ksmtuned-package.js';

describe('configObstacle', () => {
  it('is none where there is no file, or one with comments only, as Debian ships it', () => {
    expect(configObstacle('')).toBeUndefined();
    expect(configObstacle('# How long\n\n# KSM_MONITOR_INTERVAL=60\n  # DEBUG=1\n')).toBeUndefined();
  });

  it('names the setting of the host that would decide', () => {
    expect(configObstacle('# a\n  KSM_THRES_COEF=5\nDEBUG=1\n')).toMatch(
      /\/etc\/ksmtuned\.conf sets KSM_THRES_COEF=5.*move/,
    );
  });
});

it('says what a script that works in another way lacks', () => {
  expect(scriptObstacle('#!/bin/bash\nexec ksmd-tool\n')).toContain('KSM_MONITOR_INTERVAL');
});

import { homedir } from 'node:os';
import { describe, expect, it } from 'vitest';
import { historyPath } from '../../../../src/agent/history-store/history-path.js';
import { HISTORY } from '../../../helpers/history.js';

describe('the file of the past', () => {
  it.each([
    ['root', { history: HISTORY }, { uid: 0, env: {} }, '/var/lib/ksmpilot/history.db'],
    ['a user', { history: HISTORY }, { uid: 1000, env: {} }, `${homedir()}/.local/state/ksmpilot/history.db`],
    ['XDG', { history: HISTORY }, { uid: 1000, env: { XDG_STATE_HOME: '/s' } }, '/s/ksmpilot/history.db'],
    [
      'an XDG folder that is not absolute',
      { history: HISTORY },
      { uid: 1000, env: { XDG_STATE_HOME: 's' } },
      `${homedir()}/.local/state/ksmpilot/history.db`,
    ],
    ['an agent with its own state', { history: HISTORY, stateDir: '/x' }, { uid: 0, env: {} }, '/x/history/history.db'],
    ['a setting', { history: { ...HISTORY, dir: '/data' }, stateDir: '/x' }, { uid: 0, env: {} }, '/data/history.db'],
  ])('of %s', (_name, config, owner, path) => {
    expect(historyPath(config, owner)).toBe(path);
  });
});

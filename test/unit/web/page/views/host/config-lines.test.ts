import { describe, expect, it } from 'vitest';
import { configSchema } from '../../../../../../src/agent/config.js';
import { configGroups } from '../../../../../../web/page/views/host/config-lines.js';

describe('the configuration', () => {
  it('is grouped, with the path of each setting', () => {
    const groups = configGroups(JSON.stringify(configSchema.parse({})));
    expect(groups?.[0]?.lines).toContainEqual({ key: 'mode', value: 'observe' });
    expect(groups?.find(({ name }) => name === 'tuner')?.lines).toContainEqual({ key: 'tuner.gibPerCore', value: '8' });
    expect(groups?.find(({ name }) => name === 'grpc')?.lines.map(({ key }) => key)).toContain('grpc.limits.streams');
  });

  it('says none of what is not set, and lists as JSON', () => {
    expect(configGroups('{"a":null,"b":[1,"x"],"c":{}}')).toEqual([
      {
        name: '',
        lines: [
          { key: 'a', value: 'none' },
          { key: 'b', value: '[1,"x"]' },
        ],
      },
    ]);
  });

  it.each(['', '[1]', '"x"', 'null'])('is not %j', (json) => {
    expect(configGroups(json)).toBeUndefined();
  });
});

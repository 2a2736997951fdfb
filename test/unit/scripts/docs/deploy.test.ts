import { parse } from 'yaml';
import { z } from 'zod';
import { describe, expect, it } from 'vitest';
import { keysOf } from '../../../../scripts/docs/config.mjs';
import { settingsFile } from '../../../../scripts/docs/deploy.mjs';
import { configSchema } from '../../../../src/agent/config.js';

const schema = z.toJSONSchema(configSchema, { io: 'input' }) as Parameters<typeof settingsFile>[0];
const text = settingsFile(schema);

describe('the settings file of the package', () => {
  it('sets nothing', () => {
    expect(parse(text)).toBeNull();
    expect(text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))).toEqual([]);
  });

  it('has every key at its place with its default, once it is uncommented', () => {
    // One # is what an operator removes; what is no setting has a second one.
    const uncommented = text
      .split('\n')
      .slice(3)
      .map((line) => line.replace(/^#/, ''))
      .join('\n');
    const settings: unknown = parse(uncommented);
    const keys = keysOf(schema, []);
    expect(keys.length).toBeGreaterThan(20);
    for (const { path, schema: key } of keys) {
      expect(valueAt(settings, path), path.join('.')).toEqual(key.default ?? null);
    }
  });

  it('has no line that a terminal would wrap', () => {
    expect(text.split('\n').filter((line) => line.length > 101)).toEqual([]);
  });
});

/** undefined: there is no such key. */
function valueAt(settings: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((value, key) => (value as Record<string, unknown> | null)?.[key], settings);
}

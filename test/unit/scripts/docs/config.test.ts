import { parse } from 'yaml';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { configMarkdown, keysOf, type Schema } from '../../../../scripts/docs/config.mjs';
import { configSchema } from '../../../../src/agent/config.js';

const schema = z.toJSONSchema(configSchema, { io: 'input' }) as Schema;
const text = configMarkdown(schema);

describe('configMarkdown', () => {
  it('has a row for each key, with its default and its meaning', () => {
    const keys = keysOf(schema, []);
    expect(keys.map(({ path }) => path.join('.'))).toContain('grpc.address');
    for (const { path, schema: key } of keys) {
      expect(text).toContain(`| \`${path.join('.')}\` |`);
      expect(key.description, `${path.join('.')} needs a describe()`).toBeTruthy();
    }
  });

  it('gives an example that is valid and sets every default', () => {
    const yaml = /```yaml\n([\s\S]*?)```/.exec(text)?.[1] ?? '';
    expect(configSchema.parse(parse(yaml))).toEqual(configSchema.parse({}));
  });

  it('keeps a table whole when a description has a bar in it', () => {
    const odd: Schema = { type: 'object', properties: { a: { type: 'string', description: 'x | y', default: 'z' } } };
    expect(configMarkdown(odd)).toContain('| `a` | `z` | x \\| y |');
  });
});

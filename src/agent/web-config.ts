/** The settings of `ksmpilot web`; docs/fleet.md has an example. */

import { z } from 'zod';
import { KsmpilotError } from './errors.js';

/** Everything that flags can say, and what does not belong on a command line: names of key and token files. */
export const webConfigSchema = z.strictObject({
  agents: z
    .array(
      z.union([
        z.string(),
        z.strictObject({
          name: z.string().optional(),
          address: z.string(),
          tls: z
            .union([
              z.boolean(),
              z.strictObject({
                ca: z.string().optional(),
                cert: z.string().optional(),
                key: z.string().optional(),
                name: z.string().optional(),
              }),
            ])
            .default(false),
          tokenFile: z.string().optional(),
        }),
      ]),
    )
    .max(1_000)
    .default([]),
  http: z
    .strictObject({
      address: z.string().default('127.0.0.1:8576'),
      tls: z.strictObject({ certificate: z.string(), key: z.string(), hsts: z.boolean().default(false) }).optional(),
    })
    .prefault({}),
  prometheus: z.string().optional(),
  log: z
    .strictObject({
      level: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
      format: z.enum(['auto', 'json', 'text']).default('auto'),
    })
    .prefault({}),
});

export type WebConfig = z.output<typeof webConfigSchema>;

/** Throws CONFIG_INVALID naming every key that is wrong. */
export function validateWebConfig(input: unknown, source: string): WebConfig {
  const result = webConfigSchema.safeParse(input);
  if (result.success) return result.data;
  const said = result.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ');
  throw new KsmpilotError('CONFIG_INVALID', `${source}: ${said}.`, { hint: 'docs/fleet.md has an example.' });
}

/** The settings `guests`: which guests may merge. docs/guest-policy.md tells what comes of them. */

import { z } from 'zod';
import { parsePattern } from './policy/pattern.js';
import type { PolicySettings } from './policy/settings.js';

/** No name that is told is longer. */
const PATTERN_MAX = 120;

const patternText = z.string().min(1).max(PATTERN_MAX);

const group = z.strictObject({
  name: z.string().regex(/^[\w.-]{1,64}$/, 'must be 1 to 64 letters, digits, dots, dashes and underscores'),
  match: z
    .array(patternText.refine((text) => !text.startsWith('group:'), 'must not name a group: this is what defines one'))
    .min(1)
    .max(1000),
});

export const guestsSection = z
  .strictObject({
    neverMerge: z
      .array(patternText)
      .max(1000)
      .default([])
      .describe(
        'Guests whose memory is not to merge, by patterns: `web-*` means name or id; `name:`, `id:`, `identity:`, `kind:` and `group:` mean that alone; `*` and `?` as in a shell. See docs/guest-policy.md.',
      ),
    groups: z
      .array(group)
      .max(100)
      .default([])
      .describe(
        'Tenants that must not share merging, each `{name, match: [patterns]}`: on this host the guests of at most one of them merge. The first group that fits has the guest.',
      ),
    optOut: z
      .strictObject({
        enabled: z.boolean().default(false).describe('Switch off guests whose merges do not pay.'),
        minBreakRatio: z
          .number()
          .min(0.01)
          .max(100)
          .default(0.7)
          .describe('COW breaks for each merge from which merging does not pay (0.01 to 100).'),
        maxLifetimeSec: z
          .number()
          .min(1)
          .max(604_800)
          .default(600)
          .describe(
            'Half of its merges that end, end within this time, seconds (1 to 604800). Not asked where fewer than 20 ends were timed in the last hour or two.',
          ),
        maxWorthCores: z
          .number()
          .min(-1024)
          .max(1024)
          .default(0)
          .describe("Worth of its saving less its part of ksmd's CPU, in cores, from which down it does not pay."),
        afterSec: z
          .number()
          .min(60)
          .max(604_800)
          .default(3600)
          .describe('All of that must have held for so long, seconds (60 to 604800).'),
        noticeSec: z
          .number()
          .min(0)
          .max(604_800)
          .default(600)
          .describe('An event says so this long before, seconds; not above afterSec.'),
        retrySec: z
          .number()
          .min(0)
          .max(31_536_000)
          .default(86_400)
          .describe('Merging gets another try after so long, seconds; 0: not while the guest runs.'),
      })
      .refine((o) => o.noticeSec <= o.afterSec, { message: 'must not be above afterSec', path: ['noticeSec'] })
      .prefault({}),
    keepAtExit: z
      .boolean()
      .default(false)
      .describe('Leave guests that were switched off as they are when auto mode ends. Else they are put back.'),
  })
  .refine((guests) => new Set(guests.groups.map(({ name }) => name)).size === guests.groups.length, {
    message: 'must have a name of its own each',
    path: ['groups'],
  })
  .prefault({});

export type GuestsConfig = z.output<typeof guestsSection>;

export function policySettings({ neverMerge, groups, optOut }: GuestsConfig): PolicySettings {
  return {
    neverMerge: neverMerge.map(parsePattern),
    groups: groups.map(({ name, match }) => ({ name, match: match.map(parsePattern) })),
    optOut,
  };
}

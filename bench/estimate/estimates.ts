import { estimate } from '../../src/agent/estimate/estimate.js';
import { freshRandom, readMemoryHost, readPlacedZeroPages } from '../../src/agent/estimate/host-memory.js';
import { openFrames } from '../../src/agent/memory-map/frames.js';
import { openProcessMemory } from '../../src/agent/memory-map/process-memory.js';
import { Contents } from '../../test/helpers/contents.js';
import { time, type Timing } from './timing.js';

export interface Speed extends Timing {
  readonly what: string;
  /** Contents looked at, per cent. */
  readonly ratePct: number;
}

/** Of what a guest might hold: four fifths its own, the rest in groups of copies and zeros. */
export function contentsOf(pages: number): string[] {
  const part = Math.floor(pages / 20);
  const own = pages - 3 * part - 50 * Math.floor(part / 50);
  return [`unique:${own}`, `zero:${part}`, `group:${Math.floor(part / 50)}:50:1`, `unique:${2 * part}`];
}

export async function measureEstimates(size: { readonly pages: number; readonly repeats: number }): Promise<Speed[]> {
  const speeds: Speed[] = [];
  const { pageSize, rules } = readMemoryHost();
  const frames = openFrames();
  try {
    for (const huge of [false, true]) {
      await using process_ = await Contents.start(...(huge ? ['huge'] : []), ...contentsOf(size.pages));
      for (const ratePct of [1, 10, 100]) {
        const timing = await time(size.pages, size.repeats, async () => {
          await estimate({
            pids: [process_.pid],
            open: (pid) => openProcessMemory(pid, { pageSize }),
            frames,
            placedZeroPages: readPlacedZeroPages,
            rules,
            pageSize,
            rate: ratePct / 100,
            random: freshRandom(),
            breathe: () => undefined,
          });
        });
        speeds.push({ what: `${huge ? 'huge' : 'base'} pages, ${ratePct} % of contents`, ratePct, ...timing });
      }
    }
  } finally {
    frames.close();
  }
  return speeds;
}

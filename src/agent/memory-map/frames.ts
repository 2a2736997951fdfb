import { closeSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { errnoOf, KsmpilotError } from '../errors.js';
import { PAGE_FLAGS_BYTES } from './page-flags.js';

/** What is known of page frames; tests make their own. */
export interface Frames {
  /**
   * Low half of the flags (page-flags.ts) of each frame.
   *
   * @param frames frame numbers in any order, MOST_FRAMES at most
   * @throws KsmpilotError MEMORY_UNREADABLE at frame 0: that is what the pagemap says to readers whom it tells no frames,
   *   and with it all pages would look like one
   */
  flags(frames: Float64Array): Uint32Array;
  close(): void;
}

export const MOST_FRAMES = 8192;

/** Frames at most so far apart are read together: the kernel takes about 20 ns for a frame, a call takes 1 us. */
const GAP = 32;

/** Frames read by one call at most. */
const SPAN = 4096;

/**
 * Opens /proc/kpageflags.
 *
 * @throws KsmpilotError MEMORY_UNREADABLE
 */
export function openFrames(root = '/'): Frames {
  const path = join(root, 'proc/kpageflags');
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch (error) {
    throw new KsmpilotError('MEMORY_UNREADABLE', `${path} cannot be read: ${errnoOf(error) ?? String(error)}`, {
      hint: 'It needs root and a kernel with CONFIG_PROC_PAGE_MONITOR=y (distribution kernels have it).',
      cause: error,
    });
  }
  const words = new Uint32Array(SPAN * 2);
  return {
    flags: (frames) => {
      if (frames.includes(0)) throw framesHidden();
      const flags = new Uint32Array(frames.length);
      for (const { first, count, members } of groupFrames(frames)) {
        const bytes = readSync(fd, words, 0, count * PAGE_FLAGS_BYTES, first * PAGE_FLAGS_BYTES);
        // A frame beyond the end (memory that was just unplugged) has no flags.
        words.fill(0, bytes / 4, count * 2);
        for (const index of members) flags[index] = words[((frames[index] ?? 0) - first) * 2] ?? 0;
      }
      return flags;
    },
    close: () => closeSync(fd),
  };
}

/** The kernel shows the flags of frames to root, and which frame a page has to CAP_SYS_ADMIN only. */
function framesHidden(): KsmpilotError {
  return new KsmpilotError('MEMORY_UNREADABLE', 'the kernel does not tell in which frames the pages are', {
    hint: 'Run as root with CAP_SYS_ADMIN, in a container too.',
  });
}

interface FrameGroup {
  readonly first: number;
  /** From the first to the last frame wanted, gaps included. */
  readonly count: number;
  /** Indices of the frames in it. */
  readonly members: readonly number[];
}

/** Groups of frames that lie close together, each to be read by one call. */
export function groupFrames(frames: Float64Array): FrameGroup[] {
  // Frame and index in one number, so that the engine's own numeric sort serves: frames are below 2^40.
  const sorted = frames.map((frame, index) => frame * MOST_FRAMES + index).sort();
  const groups: { first: number; count: number; members: number[] }[] = [];
  let group: (typeof groups)[number] | undefined;
  for (const key of sorted) {
    const frame = Math.floor(key / MOST_FRAMES);
    if (group === undefined || frame - (group.first + group.count) > GAP || frame - group.first >= SPAN) {
      group = { first: frame, count: 0, members: [] };
      groups.push(group);
    }
    group.count = frame - group.first + 1;
    group.members.push(key % MOST_FRAMES);
  }
  return groups;
}

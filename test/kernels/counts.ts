/** How many pages break in which way: prime and all different where they are chosen, see test/README.md. */

/** Pages alike in two processes, and how many of them break in which way; the rest of `first` breaks by unmerge. */
export const PAGES = 1010;
export const BREAKS = {
  user: 211,
  read: 101,
  direct: 97,
  self: 89,
  populated: 79,
  forked: 151,
  remote: 83,
  threads: 199,
};
export const UNMERGED = PAGES - BREAKS.user - BREAKS.read - BREAKS.direct - BREAKS.self - BREAKS.populated;
/** What `run=2` then finds in `second`. */
export const STOPPED = PAGES - BREAKS.threads + BREAKS.remote;
export const ZERO = { pages: 503, user: 109, read: 61 } as const;
export const MACHINE = { pages: 1013, guest: 503, user: 37, read: 31 } as const;
/** `wasted` a step, until the tiers that see nothing have been found out; `counted` by the tier that took over. */
export const MUTED = { pages: 5003, wasted: 307, steps: 14, counted: 211 };

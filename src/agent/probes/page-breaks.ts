/** The maps of bpf/parts/watch_frame.bt -> one PageBreakFrame a frame. */

import type { PageBreak, PageBreakFrame } from '../model/page-break.js';

type MapEntries = ReadonlyMap<string, number | string>;

export class PageBreaks {
  #breaks: PageBreak[] = [];
  #mask: number | undefined;
  #missed = 0;

  /** Do the programs of this run note single pages? They tell the share of pages in each frame, and nothing else does. */
  get isWatching(): boolean {
    return this.#mask !== undefined;
  }

  /** True: the map is one of the watch's. */
  take(name: string, entries: MapEntries): boolean {
    switch (name) {
      case '@page_break':
        for (const [key, ns] of entries) this.#add(key, Number(ns));
        return true;
      case '@watch_mask':
        this.#mask = Number(entries.get('') ?? 0);
        return true;
      case '@watch_missed':
        this.#missed = Number(entries.get('') ?? 0);
        return true;
      default:
        return false;
    }
  }

  /** What came since the last call. */
  frame(): PageBreakFrame {
    const breaks = this.#breaks.sort((a, b) => a.monoMs - b.monoMs);
    this.#breaks = [];
    return { breaks, oneIn: (this.#mask ?? 0) + 1, missed: this.#missed };
  }

  #add(key: string, ns: number): void {
    const [mm = '', number = NaN, pid = NaN, content = NaN] = key
      .split(',')
      .map((part, at) => (at === 0 ? part : Number(part)));
    if (![number, pid, content, ns].every((value) => Number.isFinite(value))) return;
    this.#breaks.push({
      page: `${mm},${number}`,
      number: Number(number),
      pid: Number(pid),
      content: Number(content),
      monoMs: ns / 1e6,
    });
  }
}

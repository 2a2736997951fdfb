/** Where a key leads in a table of rows. Pure. */

export interface Place {
  /** Row that has the focus. */
  readonly at: number;
  readonly rows: number;
  /** Rows in sight. */
  readonly page: number;
}

/** The row to go to; undefined: the key leads nowhere. */
export function rowAfter(key: string, { at, rows, page }: Place): number | undefined {
  const goals: Readonly<Record<string, number>> = {
    ArrowDown: at + 1,
    ArrowUp: at - 1,
    PageDown: at + page,
    PageUp: at - page,
    Home: 0,
    End: rows - 1,
  };
  const goal = Object.hasOwn(goals, key) ? goals[key] : undefined;
  return goal === undefined || at < 0 || rows === 0 ? undefined : Math.max(0, Math.min(rows - 1, goal));
}

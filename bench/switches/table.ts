/** A Markdown table: a row for each figure, a column for each value, in each cell the median and the spread. */
export function renderTable(knob: string, runs: ReadonlyMap<number, readonly Record<string, number>[]>): string {
  const names = Object.keys([...runs.values()][0]?.[0] ?? {});
  const rows = [
    ['', ...[...runs.keys()].map((value) => `${knob}=${value}`)],
    ['---', ...[...runs.keys()].map(() => '--:')],
    ...names.map((name) => [name, ...[...runs.values()].map((list) => cell(list.map((run) => run[name] ?? NaN)))]),
  ];
  return rows.map((row) => `| ${row.join(' | ')} |`).join('\n');
}

function cell(values: readonly number[]): string {
  const sorted = values.toSorted((a, b) => a - b);
  const [least, most] = [show(sorted[0]), show(sorted.at(-1))];
  const median = show(sorted[Math.floor(sorted.length / 2)]);
  return least === most ? median : `${median} (${least} to ${most})`;
}

function show(value = NaN): string {
  return Math.abs(value) >= 100 || Number.isInteger(value) ? value.toFixed(0) : value.toFixed(1);
}

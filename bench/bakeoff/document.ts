import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { format, resolveConfig } from 'prettier';

/**
 * Writes a report and its charts (`docs/x.md` and `docs/x/NAME.svg`), formatted as the checkout wants it; charts of earlier
 * reports go.
 *
 * @returns the files, relative to the checkout
 */
export async function writeDocument(
  root: string,
  path: string,
  report: { readonly markdown: string; readonly charts: readonly { readonly name: string; readonly svg: string }[] },
): Promise<readonly string[]> {
  const charts = path.replace(/\.md$/, '');
  mkdirSync(join(root, charts), { recursive: true });
  for (const name of readdirSync(join(root, charts))) if (name.endsWith('.svg')) rmSync(join(root, charts, name));
  const written = report.charts.map(({ name, svg }) => {
    const file = join(charts, name.endsWith('.svg') ? name : `${name}.svg`);
    writeFileSync(join(root, file), svg);
    return file;
  });
  const config = await resolveConfig(join(root, path));
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), await format(report.markdown, { ...config, parser: 'markdown' }));
  return [path, ...written];
}

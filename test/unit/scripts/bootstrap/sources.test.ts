import { mkdirSync, mkdtempSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sourceHash, staleBuild, stampBuild } from '../../../../scripts/bootstrap/sources.mjs';

let root: string;
const put = (path: string, content: string) => {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), content);
};

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'ksmpilot-sources-'));
  put('src/agent/a.ts', 'export const a = 1;');
  put('web/page/b.ts', 'export const b = 1;');
  put('package.json', '{}');
});
afterEach(() => rmSync(root, { recursive: true }));

function pretendToBuild(): void {
  put('dist/src/cli/main.js', '');
  put('dist/web/page/index.html', '');
  stampBuild(root, sourceHash(root));
}

describe('staleBuild', () => {
  it('asks for a build in a fresh clone, and not after it', () => {
    expect(staleBuild(root)).toBe('not built yet');
    pretendToBuild();
    expect(staleBuild(root)).toBeUndefined();
  });

  it('goes by content, not by mtime', () => {
    pretendToBuild();
    utimesSync(join(root, 'src/agent/a.ts'), new Date(), new Date());
    expect(staleBuild(root)).toBeUndefined();
    put('src/agent/a.ts', 'export const a = 2;');
    utimesSync(join(root, 'src/agent/a.ts'), new Date(0), new Date(0));
    expect(staleBuild(root)).toBe('sources have changed');
  });

  it('sees a file that was added, removed, renamed or cut in two', () => {
    pretendToBuild();
    renameSync(join(root, 'src/agent/a.ts'), join(root, 'src/agent/c.ts'));
    expect(staleBuild(root)).toBe('sources have changed');
    renameSync(join(root, 'src/agent/c.ts'), join(root, 'src/agent/a.ts'));
    expect(staleBuild(root)).toBeUndefined();
    put('src/agent/a.ts', 'export const ');
    put('src/agent/b.ts', 'a = 1;');
    expect(staleBuild(root)).toBe('sources have changed');
  });

  it('sees a build that did not finish, and one whose results were removed', () => {
    pretendToBuild();
    rmSync(join(root, 'dist/.build-stamp'));
    expect(staleBuild(root)).toBe('the last build did not finish');
    pretendToBuild();
    rmSync(join(root, 'dist/web/page/index.html'));
    expect(staleBuild(root)).toBe('not built yet');
  });
});

/**
 * The built page, held in memory: a handful of files of a few hundred kB. A request is looked up among the paths found
 * at start, so no path from outside ever reaches the file system.
 */

import { readFile, readdir } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { extname, join, relative, sep } from 'node:path';
import { SECURITY_HEADERS } from './respond.js';

interface StaticFile {
  readonly body: Buffer;
  readonly type: string;
  readonly cache: string;
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.json': 'application/json; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.woff2': 'font/woff2',
  '.txt': 'text/plain; charset=utf-8',
};

/** vite names built assets by their content: `assets/index-B1x9_kQz.js`. */
const HASHED = /^\/assets\/.+-[\w-]{8,}\.\w+$/;

export class StaticFiles {
  readonly #dir: string;
  #files: ReadonlyMap<string, StaticFile> = new Map();

  constructor(dir: string) {
    this.#dir = dir;
  }

  /** Reads the folder. Resolves to false where it holds no index.html: the page is not built. */
  async load(): Promise<boolean> {
    const files = new Map<string, StaticFile>();
    const entries = await readdir(this.#dir, { recursive: true, withFileTypes: true }).catch(() => []);
    for (const entry of entries) {
      if (!entry.isFile()) continue;
      const path = join(entry.parentPath, entry.name);
      const url = `/${relative(this.#dir, path).split(sep).join('/')}`;
      files.set(url, {
        body: await readFile(path),
        type: TYPES[extname(entry.name)] ?? 'application/octet-stream',
        cache: HASHED.test(url) ? 'public, max-age=31536000, immutable' : 'no-store',
      });
    }
    const index = files.get('/index.html');
    if (index !== undefined) files.set('/', index);
    this.#files = files;
    return index !== undefined;
  }

  /** Answers where the path is one of the page's; returns false where it is not. `path` is compared as it was sent. */
  serve(path: string, res: ServerResponse): boolean {
    const file = this.#files.get(path);
    if (file === undefined) return false;
    res.writeHead(200, {
      ...SECURITY_HEADERS,
      'Content-Type': file.type,
      'Content-Length': file.body.length,
      'Cache-Control': file.cache,
    });
    // Node leaves the body out of the answer to HEAD.
    res.end(file.body);
    return true;
  }
}

// @ts-check
/** Kernel modules: which others one needs, told by the module itself (Debian's package has no modules.dep). */
import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ScriptFailure } from '../bootstrap/say.mjs';

/**
 * The named modules with all that they need, each after those it depends on, without those built into the kernel.
 *
 * @param {readonly string[]} names
 * @param {(name: string) => readonly string[] | undefined} dependenciesOf undefined: built in
 * @returns {string[]}
 */
export function loadOrder(names, dependenciesOf) {
  /** @type {Set<string>} */
  const order = new Set();
  const visit = (/** @type {string} */ name) => {
    if (order.has(name)) return;
    const others = dependenciesOf(name);
    if (others === undefined) return;
    for (const other of others) visit(other);
    order.add(name);
  };
  for (const name of names) visit(name);
  return [...order];
}

/**
 * @param {Buffer} module an unpacked .ko: its .modinfo section has `depends=a,b` between NULs
 * @returns {string[]}
 */
export function dependencies(module) {
  const list = /\0depends=([\w,-]*)\0/.exec(module.toString('latin1'))?.[1] ?? '';
  return list.split(',').filter((name) => name !== '');
}

/**
 * The modules below a folder by name, unpacked when they are read; undefined for one that is built into the kernel.
 *
 * @param {string} folder
 * @param {string} busybox a program whose `unxz` unpacks
 * @returns {(name: string) => Buffer | undefined}
 */
export function moduleReader(folder, busybox) {
  const paths = new Map();
  const builtIn = new Set();
  for (const entry of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    const name = /([^/]+)\.ko(\.xz)?$/.exec(entry)?.[1];
    if (name !== undefined) paths.set(canonical(name), join(folder, entry));
    if (!entry.endsWith('/modules.builtin')) continue;
    const list = readFileSync(join(folder, entry), 'utf8').matchAll(/([^/\n]+)\.ko$/gm);
    for (const [, builtInName = ''] of list) builtIn.add(canonical(builtInName));
  }
  return (name) => {
    if (builtIn.has(canonical(name))) return undefined;
    const path = paths.get(canonical(name));
    if (path === undefined) throw new ScriptFailure(`there is no module ${name} below ${folder}.`);
    if (!path.endsWith('.xz')) return readFileSync(path);
    return execFileSync(busybox, ['unxz', '-c', path], { maxBuffer: 64 * 1024 * 1024 });
  };
}

/**
 * The kernel takes - and _ in a module's name for the same.
 *
 * @param {string} name
 */
function canonical(name) {
  return name.replaceAll('-', '_');
}

// @ts-check
/** Which files of node_modules a package needs on a host: the code that runs there and the licences. Pure. */

/** Packages whose work was done at build time: chart.js is in the page's bundle, types are for the compiler. */
const BUILD_ONLY = ['@types', 'undici-types', 'chart.js', '@kurkle', 'node-addon-api'];

/** Sources that a package ships beside what it runs. Others (protobufjs, koffi) run from their src/. */
const SOURCES = ['zod/src', '@grpc/grpc-js/src', '@photostructure/sqlite/src', '@photostructure/sqlite/scripts'];

/** Folders at the top of a package that hold nothing to run; vendor and lib/native are koffi's C++. */
const IDLE_FOLDERS = /^(\.[^/]+|docs?|tests?|__tests__|examples?|bench(mark)?s?|vendor|lib\/native)\//;

/** What Node loads, and what the gRPC packages read when they start. */
const LOADED = /\.(js|cjs|mjs|json|node|proto)$/;

const LICENCE = /^(licen[cs]e|copying|notice)/i;

/** Native code for other machines: prebuilds/OS-ARCH, and the musl forms, which Debian's loader cannot start. */
const FOREIGN = /\/prebuilds\/(?!linux-x64\/)|\.musl\.node$|\/musl_x64\//;

/**
 * @param {string} path below node_modules, such as `zod/v4/core/api.js`
 * @returns {boolean}
 */
export function isNeeded(path) {
  if (path.startsWith('.') || path.includes('/.bin/') || FOREIGN.test(`/${path}`)) return false;
  if ([...BUILD_ONLY, ...SOURCES].some((name) => path.startsWith(`${name}/`))) return false;
  const inside = insidePackage(path);
  const name = inside.slice(inside.lastIndexOf('/') + 1);
  if (LICENCE.test(name)) return !IDLE_FOLDERS.test(inside);
  return LOADED.test(name) && !name.startsWith('.') && !IDLE_FOLDERS.test(inside);
}

/**
 * The path within the innermost package: `a/node_modules/@b/c/d.js` gives `d.js`.
 *
 * @param {string} path
 */
function insidePackage(path) {
  const innermost = path.split('/node_modules/').at(-1) ?? path;
  const parts = innermost.split('/');
  return parts.slice(innermost.startsWith('@') ? 2 : 1).join('/');
}

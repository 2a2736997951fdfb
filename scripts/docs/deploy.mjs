// @ts-check
/** What packages bring along and the program itself knows: man pages, completion, the settings file. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { keysOf } from './config.mjs';

/**
 * @typedef {import('./config.mjs').Schema} Schema
 */

/**
 * @param {string} root
 * @param {Schema} schema
 * @returns {Promise<Record<string, string>>} texts by path
 */
export async function deployFiles(root, schema) {
  const load = (/** @type {string} */ path) => import(pathToFileURL(join(root, 'dist/src', path)).href);
  const { createProgram, EXAMPLES } = await load('cli/program.js');
  const { allCommands, commandFacts } = await load('cli/command-tree.js');
  const { manualPage, pageName } = await load('cli/man-page.js');
  const { completionScript } = await load('cli/completion-script.js');
  const { ksmpilotVersion } = await load('agent/version.js');
  const tree = commandFacts(createProgram());
  const manual = { version: ksmpilotVersion, epilogue: EXAMPLES };
  /** @type {Record<string, string>} */
  const files = { 'deploy/config.yaml': settingsFile(schema) };
  for (const command of allCommands(tree)) {
    files[`deploy/man/${pageName(command)}.1`] = manualPage(command, manual);
  }
  files['deploy/completion/ksmpilot.bash'] = completionScript('bash', tree);
  files['deploy/completion/_ksmpilot'] = completionScript('zsh', tree);
  files['deploy/completion/ksmpilot.fish'] = completionScript('fish', tree);
  return files;
}

/**
 * Every setting with its meaning, none of them set.
 *
 * @param {Schema} schema
 * @returns {string}
 */
export function settingsFile(schema) {
  const lines = [
    '# Settings of ksmpilot; `systemctl restart ksmpilot` applies them.',
    '# Written by scripts/docs.mjs from src/agent/config.ts. A line with one # shows a default: remove it',
    '# to set another value, together with that of its section.',
  ];
  /** @type {string[]} */
  let section = [];
  for (const { path, schema: key } of keysOf(schema, [])) {
    const above = path.slice(0, -1);
    const indent = '  '.repeat(above.length);
    if (String(above) !== String(section)) {
      lines.push(
        '',
        ...above.map((name, depth) => `#${'  '.repeat(depth)}${name}:`).slice(commonLength(above, section)),
      );
    } else if (above.length === 0) lines.push('');
    section = above;
    lines.push(...wrap(key.description ?? '', `#${indent}# `));
    lines.push(`#${indent}${path.at(-1)}:${key.default === undefined ? '' : ` ${value(key.default)}`}`);
  }
  return `${lines.join('\n')}\n`;
}

/**
 * @param {readonly string[]} a
 * @param {readonly string[]} b
 */
function commonLength(a, b) {
  const different = a.findIndex((name, at) => name !== b[at]);
  return different === -1 ? a.length : different;
}

/** @param {unknown} content */
function value(content) {
  if (Array.isArray(content) || (typeof content === 'object' && content !== null)) return JSON.stringify(content);
  return typeof content === 'string' && /[:#]/.test(content) ? `'${content}'` : String(content);
}

/**
 * @param {string} text
 * @param {string} prefix
 * @returns {string[]} lines of at most 100 characters
 */
function wrap(text, prefix) {
  const lines = [''];
  for (const word of text.split(/\s+/).filter((part) => part !== '')) {
    const last = lines.at(-1) ?? '';
    if (last !== '' && prefix.length + last.length + 1 + word.length > 100) lines.push(word);
    else lines[lines.length - 1] = last === '' ? word : `${last} ${word}`;
  }
  return lines.map((line) => `${prefix}${line}`);
}

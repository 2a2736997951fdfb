// @ts-check
/** docs/config.md, from the JSON Schema of the configuration (zod's toJSONSchema of src/agent/config.ts). */

/**
 * @typedef {object} Schema
 * @property {string} [type]
 * @property {string} [description]
 * @property {unknown} [default]
 * @property {unknown[]} [enum]
 * @property {Record<string, Schema>} [properties]
 *
 * @typedef {{ path: string[], schema: Schema }} Key
 */

/**
 * @param {Schema} schema
 * @returns {string} the whole file
 */
export function configMarkdown(schema) {
  const keys = keysOf(schema, []);
  return [
    '# Settings',
    '',
    '<!-- Written by scripts/docs.mjs from src/agent/config.ts; npm run docs writes it anew. -->',
    '',
    '`ksmpilot run --config FILE` reads a YAML file; without `--config`, `/etc/ksmpilot/config.yaml` if it exists. Flags win',
    'over the file (`ksmpilot run --help`). An unknown key or a value out of its range is an error that names the key.',
    '',
    '| key | default | meaning |',
    '|---|---|---|',
    ...keys.map(
      ({ path, schema: key }) => `| \`${path.join('.')}\` | ${defaultText(key)} | ${escape(key.description ?? '')} |`,
    ),
    '',
    '## All of them, with their defaults',
    '',
    '```yaml',
    ...yamlLines(schema, 0),
    '```',
    '',
  ].join('\n');
}

/**
 * @param {Schema} schema
 * @param {string[]} path
 * @returns {Key[]} leaves, in the order of the schema
 */
export function keysOf(schema, path) {
  return Object.entries(schema.properties ?? {}).flatMap(([name, child]) => {
    const here = [...path, name];
    return child.properties === undefined ? [{ path: here, schema: child }] : keysOf(child, here);
  });
}

/** @param {Schema} key */
function defaultText(key) {
  return key.default === undefined ? 'none' : `\`${plain(key.default)}\``;
}

/**
 * @param {Schema} schema
 * @param {number} depth
 * @returns {string[]}
 */
function yamlLines(schema, depth) {
  const indent = '  '.repeat(depth);
  return Object.entries(schema.properties ?? {}).flatMap(([name, child]) => {
    // A section without a default may be left out, and is then not the same as one without keys.
    const isLeftOut = child.properties !== undefined && child.default === undefined;
    if (isLeftOut)
      return [
        `${indent}# ${name}:`,
        ...yamlLines(child, depth + 1).map((line) => line.replace(/^( *)(?=[^# ])/, '$1# ')),
      ];
    if (child.properties !== undefined) return [`${indent}${name}:`, ...yamlLines(child, depth + 1)];
    if (child.default === undefined) return [`${indent}# ${name}:`];
    return [`${indent}${name}: ${yamlValue(child.default)}`];
  });
}

/** @param {unknown} value */
function yamlValue(value) {
  return typeof value === 'string' && /[:#]/.test(value) ? `'${value}'` : plain(value);
}

/** @param {unknown} value */
function plain(value) {
  return Array.isArray(value) ? JSON.stringify(value) : String(value);
}

/** @param {string} text */
function escape(text) {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}

import { describe, expect, it } from 'vitest';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MINIMUM_NODE, nodeProblem } from '../../../../scripts/bootstrap/node-version.mjs';
import { packageRoot } from '../../../../src/agent/paths.js';

describe('nodeProblem', () => {
  it.each(['20.19.0', '20.20.2', '22.0.0', '24.21.0'])('accepts %s', (version) => {
    expect(nodeProblem(version, '20.19')).toBeUndefined();
  });

  it.each(['20.18.3', '18.20.4', '12.22.12'])('refuses %s, and says what is needed and how to get it', (version) => {
    const problem = nodeProblem(version, '20.19');
    expect(problem).toContain(`this is Node ${version}`);
    expect(problem).toContain('needs Node 20.19 or newer');
    expect(problem).toMatch(/^Hint: /m);
  });

  it("has the floor of package.json's engines", () => {
    const manifest = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as {
      engines: { node: string };
    };
    expect(manifest.engines.node).toBe(`>=${MINIMUM_NODE}`);
  });
});

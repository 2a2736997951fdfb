import { statSync } from 'node:fs';
import { join } from 'node:path';
import protobuf from 'protobufjs';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/agent/paths.js';
import { exists, readSource } from '../helpers/source-tree.js';

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly bin: Readonly<Record<string, string>>;
  readonly files: readonly string[];
  readonly [group: `${string}ependencies`]: Readonly<Record<string, string>> | undefined;
}

const manifest = JSON.parse(readSource('package.json')) as Manifest;
const GROUPS = ['dependencies', 'optionalDependencies', 'devDependencies'] as const;

describe('package.json', () => {
  it('names the package and its program', () => {
    expect(manifest.name).toBe('ksmpilot');
    expect(manifest.bin).toEqual({ ksmpilot: 'bin/ksmpilot' });
    expect(statSync(join(packageRoot, 'bin/ksmpilot')).mode & 0o111).toBe(0o111);
    expect(readSource('bin/ksmpilot')).toMatch(/^#!\/usr\/bin\/env node\n/);
  });

  it('has its licence in the tree', () => {
    expect(manifest.license).toBe('Apache-2.0');
    expect(readSource('LICENSE')).toContain('Apache License');
  });

  it('ships only what exists; dist/ comes from the build', () => {
    expect(manifest.files.filter((path) => !exists(path))).toEqual([]);
  });

  it.each(GROUPS)('pins its %s exactly, as package-lock.json has them', (group) => {
    const lock = JSON.parse(readSource('package-lock.json')) as {
      packages: Record<string, { version?: string } | undefined>;
    };
    const wanted = Object.entries(manifest[group] ?? {});
    expect(wanted.length).toBeGreaterThan(0);
    for (const [name, version] of wanted) {
      expect(version, name).toMatch(/^\d+\.\d+\.\d+$/);
      expect(lock.packages[`node_modules/${name}`]?.version, name).toBe(version);
    }
  });

  it('has one version, also in the changelog', () => {
    const lock = JSON.parse(readSource('package-lock.json')) as { version: string };
    expect(lock.version).toBe(manifest.version);
    expect(readSource('CHANGELOG.md')).toContain(manifest.version);
  });

  it('ties no package to one registry', () => {
    expect(readSource('package-lock.json')).not.toContain('"resolved"');
  });
});

describe('.ci/run', () => {
  it('can be executed and runs npm test', () => {
    expect(statSync(join(packageRoot, '.ci/run')).mode & 0o111).toBe(0o111);
    expect(readSource('.ci/run')).toContain('npm test');
  });
});

describe('proto/ksmpilot/v1/ksmpilot.proto', () => {
  const root = new protobuf.Root().loadSync(join(packageRoot, 'proto/ksmpilot/v1/ksmpilot.proto'), {
    keepCase: true,
    alternateCommentMode: true,
  });
  const entries = [...walk(root)].filter((one) => one.fullName.startsWith('.ksmpilot.v1.'));

  it('has a comment on every service, method, message, field, enum', () => {
    expect(entries.length).toBeGreaterThan(100);
    expect(entries.filter((one) => (one.comment ?? '').trim() === '').map((one) => one.fullName)).toEqual([]);
  });

  it('spells names as protobuf does', () => {
    const fields = entries.filter((one) => one instanceof protobuf.Field).map((one) => one.name);
    expect(fields.filter((name) => !/^[a-z][a-z0-9]*(_[a-z0-9]+)*$/.test(name))).toEqual([]);
  });
});

/** Every named thing of a .proto file: services with methods, messages with fields, enums. */
function* walk(parent: protobuf.NamespaceBase): Generator<protobuf.ReflectionObject> {
  for (const object of parent.nestedArray) {
    yield object;
    if (object instanceof protobuf.Type) yield* object.fieldsArray;
    if (object instanceof protobuf.Service) yield* object.methodsArray;
    if (object instanceof protobuf.Namespace) yield* walk(object);
  }
}

import { describe, expect, it } from 'vitest';
import { isNeeded } from '../../../../scripts/package/prune.mjs';

describe('files of node_modules', () => {
  it.each([
    'zod/package.json',
    'zod/v4/core/api.js',
    'protobufjs/src/reader.js',
    'koffi/src/koffi/index.js',
    '@grpc/grpc-js/build/src/index.js',
    '@grpc/grpc-js/proto/channelz.proto',
    '@grpc/reflection/node_modules/@grpc/proto-loader/build/src/index.js',
    '@koromix/koffi-linux-x64/linux_x64/koffi.node',
    '@photostructure/sqlite/prebuilds/linux-x64/@photostructure+sqlite.glibc.node',
    'execa/license',
    'yaml/LICENSE',
  ])('%s is kept', (path) => expect(isNeeded(path)).toBe(true));

  it.each([
    '.package-lock.json',
    '.bin/node-which',
    '@types/node/index.d.ts',
    'chart.js/dist/chart.js',
    'zod/src/index.ts',
    'zod/v4/core/api.d.ts',
    'long/index.js.map',
    'pino/docs/api.md',
    'pino/test/basic.test.js',
    'pino/.github/workflows/ci.yml',
    'execa/readme.md',
    'koffi/vendor/node-addon-api/napi.h',
    'koffi/vendor/node-addon-api/LICENSE',
    '@koromix/koffi-linux-x64/musl_x64/koffi.node',
    '@photostructure/sqlite/prebuilds/linux-arm64/@photostructure+sqlite.glibc.node',
    '@photostructure/sqlite/prebuilds/linux-x64/@photostructure+sqlite.musl.node',
    '@photostructure/sqlite/prebuilds/win32-x64/@photostructure+sqlite.glibc.node',
    '@grpc/reflection/node_modules/.bin/proto-loader-gen-types',
  ])('%s is not', (path) => expect(isNeeded(path)).toBe(false));
});

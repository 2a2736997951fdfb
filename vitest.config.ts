import { defineConfig } from 'vitest/config';

// One project per kind of test; see test/README.md. `kernels` boots machines of its own. `kernel` and `browser` share the
// one KSM of this machine, so they run in one worker, one file after the other.
export default defineConfig({
  test: {
    reporters: ['default'],
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/unit/**/*.test.ts', 'test/prometheus/**/*.test.ts', 'test/fuzz/**/*.test.ts'],
          environment: 'node',
          // No test waits for so long; a machine's disk may take seconds over the fsync of a baseline.
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      { test: { name: 'contract', include: ['test/contract/**/*.test.ts'], environment: 'node', testTimeout: 60_000 } },
      {
        test: {
          name: 'kernel',
          include: ['test/kernel/**/*.test.ts'],
          environment: 'node',
          fileParallelism: false,
          maxWorkers: 1,
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
      {
        test: {
          name: 'docs',
          include: ['test/docs/**/*.test.ts'],
          environment: 'node',
          fileParallelism: false,
          maxWorkers: 1,
          testTimeout: 90_000,
          hookTimeout: 180_000,
        },
      },
      {
        test: {
          name: 'faults',
          include: ['test/faults/**/*.test.ts'],
          environment: 'node',
          fileParallelism: false,
          maxWorkers: 1,
          hookTimeout: 180_000,
        },
      },
      {
        test: {
          name: 'kernels',
          include: ['test/kernels/**/*.test.ts'],
          environment: 'node',
          fileParallelism: false,
          maxWorkers: 1,
        },
      },
      {
        test: {
          name: 'package',
          include: ['test/package/*.test.ts'],
          environment: 'node',
          fileParallelism: false,
          maxWorkers: 1,
        },
      },
      {
        test: {
          name: 'package-boot',
          include: ['test/package/boot/*.test.ts'],
          environment: 'node',
          fileParallelism: false,
          maxWorkers: 1,
        },
      },
      {
        test: {
          name: 'browser',
          include: ['test/browser/**/*.test.ts'],
          environment: 'node',
          fileParallelism: false,
          maxWorkers: 1,
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
    ],
  },
});

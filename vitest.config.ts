import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: 'kite',
          include: ['test/**/*.test.ts'],
          exclude: ['test/localstack/**'],
          globalSetup: ['test/support/global.ts', 'test/cluster/global.ts'],
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          // After all others: a deployment takes both processors, and these take the one system's database away.
          name: 'localstack',
          include: ['test/localstack/**/*.test.ts'],
          globalSetup: ['test/localstack/global.ts'],
          maxWorkers: 1,
          testTimeout: 150_000,
          sequence: { groupOrder: 1 },
        },
      },
    ],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // LocalStack takes up to 20 s to end.
    teardownTimeout: 60_000,
    reporters: ['default'],
  },
});

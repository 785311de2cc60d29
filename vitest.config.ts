import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const source = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  resolve: {
    alias: [
      { find: '@regatta/sim-core/testing', replacement: source('packages/sim-core/src/testing/index.ts') },
      { find: '@regatta/sim-core', replacement: source('packages/sim-core/src/index.ts') },
      { find: '@regatta/scenarios', replacement: source('packages/scenarios/src/index.ts') },
      { find: /^@regatta\/cli$/, replacement: source('packages/cli/src/index.ts') },
    ],
  },
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/temporary-folder.ts'],
    testTimeout: 60_000,
    passWithNoTests: false,
  },
});

// Bundles the command line into packages/cli/dist/bundle: one chunk a command, so that start-up loads only what runs.
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const at = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));

rmSync(at('packages/cli/dist/bundle'), { recursive: true, force: true });
await build({
  entryPoints: [
    at('packages/cli/src/main.ts'),
    at('packages/cli/src/workers/policy-worker.ts'),
    at('packages/cli/src/workers/trial-worker.ts'),
  ],
  // Compiles users' policy files at run time.
  external: ['esbuild'],
  outdir: at('packages/cli/dist/bundle'),
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  sourcemap: true,
  logLevel: 'warning',
  alias: {
    '@regatta/sim-core/testing': at('packages/sim-core/src/testing/index.ts'),
    '@regatta/sim-core': at('packages/sim-core/src/index.ts'),
    '@regatta/scenarios': at('packages/scenarios/src/index.ts'),
  },
  banner: {
    js: "import { createRequire as regattaRequire } from 'node:module'; const require = regattaRequire(import.meta.url);",
  },
});

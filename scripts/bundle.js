/**
 * Bundles the command line into packages/cli/dist/bundle: one chunk a command, so that start-up loads only what runs. What is
 * imported dynamically is kept whole: never a package's barrel, only a file that takes from it what it needs.
 *
 * The main thread's chunks are split as ES modules, which only ES modules can be, and then made CommonJS modules: Node starts
 * and loads them in less time and memory. Workers, which import what users wrote, stay ES modules.
 */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const at = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const bundle = at('packages/cli/dist/bundle');
const split = at('packages/cli/dist/split');

const common = {
  platform: 'node',
  target: 'node20',
  // Names stay, for the reports of bugs.
  minifyWhitespace: true,
  minifySyntax: true,
  sourcemap: true,
  logLevel: 'warning',
};
const modules = {
  ...common,
  // Compiles users' policy files at run time.
  external: ['esbuild'],
  bundle: true,
  splitting: true,
  format: 'esm',
  alias: {
    '@regatta/sim-core/testing': at('packages/sim-core/src/testing/index.ts'),
    '@regatta/sim-core': at('packages/sim-core/src/index.ts'),
    '@regatta/scenarios': at('packages/scenarios/src/index.ts'),
  },
};

for (const folder of [bundle, split]) rmSync(folder, { recursive: true, force: true });
await build({
  ...modules,
  entryPoints: [at('packages/cli/src/main.ts')],
  outdir: split,
  define: { 'import.meta.url': 'importMetaUrl' },
  inject: [at('scripts/import-meta-url.js')],
});
await build({
  ...common,
  entryPoints: readdirSync(split).flatMap((file) => (file.endsWith('.js') ? [join(split, file)] : [])),
  outdir: bundle,
  format: 'cjs',
  supported: { 'dynamic-import': false },
});
rmSync(split, { recursive: true });
await build({
  ...modules,
  entryPoints: [at('packages/cli/src/workers/policy-worker.ts'), at('packages/cli/src/workers/trial-worker.ts')],
  outdir: join(bundle, 'workers'),
  banner: {
    js: "import { createRequire as regattaRequire } from 'node:module'; const require = regattaRequire(import.meta.url);",
  },
});
for (const [folder, type] of [
  [bundle, 'commonjs'],
  [join(bundle, 'workers'), 'module'],
]) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify({ type })}\n`);
}

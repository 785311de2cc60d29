// Bundles a benchmark of test/bench and runs it: `node scripts/bench.js NAME [its options]`; without a name it lists them.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const at = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const [name, ...options] = process.argv.slice(2);
const names = readdirSync(at('test/bench')).flatMap((file) => (file.endsWith('.ts') ? [file.slice(0, -3)] : []));

if (!name || !names.includes(name)) {
  console.error(`usage: pnpm run bench NAME [options], NAME one of ${names.join(', ')}`);
  process.exit(2);
}
if (!existsSync(at('packages/cli/dist/bundle/main.js'))) {
  const built = spawnSync(process.execPath, [at('scripts/bundle.js')], { stdio: 'inherit' });
  if (built.status !== 0) process.exit(built.status ?? 1);
}
// Inside the project, where Node finds the packages that stay outside the bundle.
const outfile = at(`node_modules/.cache/bench/${name}.mjs`);
await build({
  entryPoints: [at(`test/bench/${name}.ts`)],
  outfile,
  bundle: true,
  external: ['esbuild'],
  format: 'esm',
  platform: 'node',
  target: 'node20',
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
const run = spawnSync(process.execPath, [outfile, ...options], { stdio: 'inherit', cwd: at('.') });
process.exit(run.status ?? 1);

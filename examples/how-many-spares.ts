/**
 * How many spare nodes are enough? 54 days of Llama 3.1 405B on 16,384 GPUs, a repair takes a day.
 * Run: npx esbuild examples/how-many-spares.ts --bundle --platform=browser --format=esm | node --input-type=module -
 */
import { isMain, printTable } from './support/flows.js';
import { compared } from './support/long-runs.js';

/** Goodput by spare nodes, and what the last ones that were added gave per node, in points. */
export async function main() {
  const counts = [0, 4, 8, 12, 16, 32];
  const variants = Object.fromEntries(
    counts.map((spares) => [`${spares}`, [`recovery={policy: spares, spares: ${spares}}`]]),
  );
  const report = await compared(16384, 20, variants);
  const rows = report.variants.map(({ goodput }, i) => {
    const spares = counts[i] ?? 0;
    const before = i === 0 ? goodput : report.variants[i - 1]?.goodput;
    const added = spares - (counts[i - 1] ?? 0);
    return {
      spares,
      goodputPercent: 100 * goodput.mean,
      pointsPerNode: added === 0 ? 0 : (100 * (goodput.mean - (before?.mean ?? 0))) / added,
    };
  });
  printTable('16,384 GPUs, 6.8 nodes a day fail for a day', rows);
  return rows;
}

if (isMain(import.meta.url)) await main();

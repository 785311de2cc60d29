/**
 * Which recovery policy when only four nodes stand by? 54 days of Llama 3.1 405B on 16,384 GPUs, each under the same failures.
 * Run: npx esbuild examples/which-recovery-policy.ts --bundle --platform=browser --format=esm | node --input-type=module -
 */
import { isMain, printTable } from './support/flows.js';
import { compared } from './support/long-runs.js';

/** Goodput of each policy, and what it gains over waiting for a spare, in points with its 95 % interval. */
export async function main() {
  const policies = ['spares', 'shrink', 'reroute'];
  const variants = Object.fromEntries(policies.map((policy) => [policy, [`recovery={policy: ${policy}, spares: 4}`]]));
  const report = await compared(16384, 8, variants);
  const rows = report.variants.map(({ name, goodput, against }) => ({
    policy: name,
    goodputPercent: 100 * goodput.mean,
    gain: 100 * (against?.goodput.mean ?? 0),
    from: 100 * (against?.goodput.ci95[0] ?? 0),
    to: 100 * (against?.goodput.ci95[1] ?? 0),
    verdict: against?.verdict ?? 'the first',
  }));
  printTable('16,384 GPUs with 4 spare nodes', rows);
  return rows;
}

if (isMain(import.meta.url)) await main();

/**
 * How often to checkpoint, and does it pay to write beside the training? 54 days of Llama 3.1 405B on 16,384 GPUs.
 * Run: npx esbuild examples/how-often-to-checkpoint.ts --bundle --platform=browser --format=esm | node --input-type=module -
 */
import { isMain, printTable } from './support/flows.js';
import { longRun } from './support/long-runs.js';

/** Goodput at several intervals, at the one that the tool finds, and with a checkpoint that only stalls for the copy to the host. */
export async function main() {
  const schemes = [
    ...['60', '120', 'optimal', '600', '1800', '3600'].map((interval) => ['synchronous', interval] as const),
    ['asynchronous', '60'] as const,
    ['in-memory', '60'] as const,
  ];
  const rows = [];
  for (const [kind, interval] of schemes) {
    const point = await longRun(16384, 20, [`checkpoint={kind: ${kind}, intervalSeconds: ${interval}}`]);
    rows.push({
      kind,
      interval,
      seconds: point.checkpointIntervalSeconds ?? 0,
      goodputPercent: 100 * point.goodput.mean,
    });
  }
  printTable('a write of 2.8 s, 3.1 h between failures', rows);
  return rows;
}

if (isMain(import.meta.url)) await main();

/**
 * What do 54 days on so many GPUs really give, and where does the rest go? The failures of Llama 3 at three sizes.
 * Run: npx esbuild examples/what-54-days-give.ts --bundle --platform=browser --format=esm | node --input-type=module -
 */
import { isMain, printTable } from './support/flows.js';
import { longRun } from './support/long-runs.js';

/** Per GPU count: goodput, interruptions, and percent of the GPU-hours that failures took, by cause. */
export async function main() {
  const rows = [];
  for (const gpus of [1024, 4096, 16384]) {
    const { goodput, interruptions, gpuHours } = await longRun(gpus, 20);
    const percent = (cause: string): number => (100 * (gpuHours[cause]?.mean ?? 0)) / (gpus * 54 * 24);
    rows.push({
      gpus: `${gpus}`,
      goodputPercent: 100 * goodput.mean,
      interruptions: interruptions.mean,
      checkpoint: percent('checkpoint'),
      lostWork: percent('lostWork'),
      restart: percent('restart'),
      idle: percent('idle'),
    });
  }
  printTable('54 days of Llama 3.1 405B', rows);
  return rows;
}

if (isMain(import.meta.url)) await main();

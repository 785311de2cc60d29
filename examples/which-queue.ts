/**
 * Which scheduling policy makes users wait least, and who pays for it? A week of generated jobs on 64 nodes.
 * Run: npx esbuild examples/which-queue.ts --bundle --platform=node --format=esm | node --input-type=module -
 */
import {
  builtInPolicy,
  generateJobs,
  nodeCluster,
  runCluster,
  summarise,
  type WorkloadSpec,
  waitOf,
} from '@regatta/sim-core';
import { isMain, printTable } from './support/flows.js';

const workload: WorkloadSpec = {
  jobs: 3000,
  seed: 1,
  interarrivalSeconds: { kind: 'exponential', mean: 200 },
  dailySwing: 0.5,
  runSeconds: { kind: 'lognormal', median: 1800, sigma: 1.2 },
  estimateFactor: { kind: 'uniform', from: 1, to: 4 },
  gpus: [
    { gpus: 1, weight: 4 },
    { gpus: 8, weight: 3 },
    { gpus: 32, weight: 2 },
    { gpus: 128, weight: 1 },
  ],
  tenants: [],
};

/** Mean wait of all jobs and of the largest, in minutes, and the share of GPU time that did work. */
export function main(): { policy: string; waitMinutes: number; largestWaitMinutes: number; useful: number }[] {
  const cluster = nodeCluster({ nodes: 64, gpusPerNode: 8 });
  const jobs = generateJobs(workload);
  const rows = ['fifo', 'first-fit', 'easy', 'conservative', 'sjf', 'las'].flatMap((name) => {
    const policy = builtInPolicy(name);
    if (policy === undefined) return [];
    const outcome = runCluster({ cluster, jobs, policy });
    const large = outcome.jobs.filter((job) => job.spec.gpus === 128);
    const waited = large.reduce((sum, job) => sum + waitOf(job), 0) / large.length;
    const summary = summarise(outcome, cluster);
    return [
      {
        policy: name,
        waitMinutes: summary.waitSeconds.mean / 60,
        largestWaitMinutes: waited / 60,
        useful: summary.utilisation.useful,
      },
    ];
  });
  printTable('a week of jobs on 64 nodes', rows);
  return rows;
}

if (isMain(import.meta.url)) main();

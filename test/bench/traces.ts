/**
 * Every trace of ../shared/traces in full through every built-in policy, with the invariants that one walk over the log can check.
 * Run: `npx --yes pnpm@12 run bench traces FOLDER`
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readTrace, windowed } from '@regatta/scenarios';
import { builtInPolicy, nodeCluster, policyNames, runCluster, summarise } from '@regatta/sim-core';
import { observedRun } from '../../packages/sim-core/src/scheduling/invariants/invariant.js';
import { singleRunInvariants, violationsOf } from '../../packages/sim-core/src/scheduling/invariants/registry.js';

const folder = process.argv[2] ?? '../shared/traces';
const runs = [
  { file: 'nasa-ipsc-1993-first4000.swf', nodes: 128, gpusPerNode: 1, scaleLoad: 2 },
  { file: 'alibaba-gpu-v2023-pods.csv', nodes: 600, gpusPerNode: 8, scaleLoad: 1 },
  { file: 'gavel-philly-vc-2869ce.trace', nodes: 8, gpusPerNode: 8, scaleLoad: 1 },
  { file: 'sia-pollux-workload-1.csv', nodes: 4, gpusPerNode: 4, scaleLoad: 1 },
  { file: 'tiresias-60-job.csv', nodes: 2, gpusPerNode: 8, scaleLoad: 1 },
];

for (const { file, nodes, gpusPerNode, scaleLoad } of runs) {
  const trace = readTrace(readFileSync(join(folder, file), 'utf8'), { file });
  const { jobs } = windowed(trace.jobs, { scaleLoad });
  const cluster = nodeCluster({ nodes, gpusPerNode });
  for (const name of policyNames) {
    const policy = builtInPolicy(name);
    if (policy === undefined) continue;
    const start = process.hrtime.bigint();
    const input = { cluster, jobs, policy };
    const outcome = runCluster(input);
    const seconds = Number(process.hrtime.bigint() - start) / 1e9;
    const broken = violationsOf(observedRun(input, outcome), singleRunInvariants);
    const { waitSeconds, queue } = summarise(outcome, cluster);
    console.log(
      `${file.padEnd(32)} ${name.padEnd(13)} ${seconds.toFixed(2).padStart(6)} s  mean wait ${waitSeconds.mean.toFixed(0).padStart(9)} s  queue up to ${String(queue.maxJobs).padStart(5)}  ${broken.length === 0 ? 'ok' : broken.map(({ invariant, message }) => `${invariant} ${message}`).join('; ')}`,
    );
  }
}

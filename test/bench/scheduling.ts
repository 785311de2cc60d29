/**
 * Speed of the cluster engine. Run: `npx --yes pnpm@12 run bench scheduling`
 * Prints one line for each run: jobs, policy, seconds, microseconds an event, longest queue.
 */
import {
  builtInPolicy,
  type ClusterShape,
  gpuPool,
  type JobSpec,
  nodeCluster,
  RandomStreams,
  runCluster,
} from '@regatta/sim-core';

/** Jobs of 1 to 256 GPUs with lognormal lengths that offer `load` times what the cluster can do. */
function workload(jobs: number, gpus: number, load: number): JobSpec[] {
  const random = new RandomStreams(1).stream('bench');
  const list: JobSpec[] = [];
  let submitSeconds = 0;
  for (let i = 0; i < jobs; i++) {
    const size = 2 ** random.integer(9);
    const runSeconds = Math.ceil(random.lognormal(8, 1.5));
    list.push({
      id: `j${i}`,
      submitSeconds,
      gpus: size,
      runSeconds,
      estimateSeconds: runSeconds * (1 + random.integer(5)),
    });
    submitSeconds += random.exponential((56.8 * Math.exp(8 + 1.125)) / (gpus * load));
  }
  return list;
}

function measure(label: string, cluster: ClusterShape, jobs: readonly JobSpec[], name: string): void {
  const policy = builtInPolicy(name);
  if (policy === undefined) throw new Error(`no policy ${name}`);
  const start = process.hrtime.bigint();
  const outcome = runCluster({ cluster, jobs, policy });
  const seconds = Number(process.hrtime.bigint() - start) / 1e9;
  const longest = outcome.timeline.queuedJobs.reduce((most, queued) => Math.max(most, queued), 0);
  console.log(
    `${label.padEnd(34)} ${name.padEnd(14)} ${seconds.toFixed(2).padStart(7)} s  ${((seconds * 1e6) / outcome.events).toFixed(1).padStart(8)} us/event  queue up to ${longest}`,
  );
}

const nodes = nodeCluster({ nodes: 2048, gpusPerNode: 8 });
for (const load of [0.9, 1.2, 4])
  measure(`10,000 jobs, 2,048 nodes, load ${load}`, nodes, workload(10_000, 16_384, load), 'easy');
for (const jobs of [10_000, 30_000, 100_000])
  measure(`${jobs} jobs at once-like load 50`, nodes, workload(jobs, 16_384, 50), 'easy');
for (const name of ['fifo', 'first-fit', 'sjf', 'srtf', 'easy', 'conservative', 'las']) {
  measure('100,000 jobs, 2,048 nodes, load 0.9', nodes, workload(100_000, 16_384, 0.9), name);
}
measure('100,000 jobs, pool', gpuPool(16_384), workload(100_000, 16_384, 0.9), 'easy');

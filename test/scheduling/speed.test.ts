import { builtInPolicy, type JobSpec, nodeCluster, RandomStreams, runCluster } from '@regatta/sim-core';
import { expect, test } from 'vitest';

const nodes = nodeCluster({ nodes: 2048, gpusPerNode: 8 });

/** Jobs of 1 to 256 GPUs that offer `load` times what 16,384 GPUs can do. */
function workload(jobs: number, load: number): JobSpec[] {
  const random = new RandomStreams(1).stream('speed');
  let submitSeconds = 0;
  return Array.from({ length: jobs }, (_, i) => {
    const runSeconds = Math.ceil(random.lognormal(8, 1.5));
    submitSeconds += random.exponential(31.8 / load);
    return {
      id: `j${i}`,
      submitSeconds,
      gpus: 2 ** random.integer(9),
      runSeconds,
      estimateSeconds: runSeconds * (1 + random.integer(5)),
    };
  });
}

function secondsUnderEasy(jobs: readonly JobSpec[]): { seconds: number; events: number; longest: number } {
  const policy = builtInPolicy('easy');
  if (policy === undefined) throw new Error('easy');
  const start = process.hrtime.bigint();
  const outcome = runCluster({ cluster: nodes, jobs, policy, keepLog: false });
  const seconds = Number(process.hrtime.bigint() - start) / 1e9;
  return { seconds, events: outcome.events, longest: Math.max(...outcome.timeline.queuedJobs.map((queued) => queued)) };
}

// Issue 8: measured 0.3 s on the machine of development; test/bench/scheduling.ts has the whole table.
test('10,000 jobs on 2,048 nodes under EASY in less than 5 s', () => {
  expect(secondsUnderEasy(workload(10_000, 1.1)).seconds).toBeLessThan(5);
});

test('an event costs less than proportionally more in a queue eight times as long', () => {
  const short = secondsUnderEasy(workload(2000, 40));
  const long = secondsUnderEasy(workload(16_000, 40));
  expect(long.longest).toBeGreaterThan(6 * short.longest);
  expect(long.seconds / long.events).toBeLessThan(4 * (short.seconds / short.events));
});

import type { ClusterView, Decision, JobView, SchedulingPolicy } from '@regatta/sim-core';
import type { Mutant } from './mutant.js';

const start = (job: JobView, gpuIds?: readonly number[]): Decision => ({
  kind: 'start',
  job: job.id,
  ...(gpuIds === undefined ? {} : { gpuIds }),
});

/** GPUs of nodes in service that nobody holds. */
function freeIds(view: ClusterView, inService = true): number[] {
  const held = new Set([...view.running].flatMap((job) => view.gpusOf(job) ?? []));
  const nodes = view.nodes.filter((node) => node.takesJobs === inService);
  return nodes.flatMap((node) => node.gpuIds).filter((gpu) => !held.has(gpu));
}

/** First fit by whatever `place` answers. */
function firstFitOn(
  name: string,
  place: (view: ClusterView, job: JobView) => readonly number[] | undefined,
): SchedulingPolicy {
  return {
    name,
    reasonsIn: 'nodes',
    requiresNodes: true,
    decide(view) {
      const job = view.queue.first({ maxGpus: view.freeGpus });
      const ids = job === undefined ? undefined : place(view, job);
      return job === undefined || ids === undefined ? [] : [start(job, ids)];
    },
  };
}

/** Policies that give out GPUs wrongly. */
export const allocationMutants: readonly Mutant[] = [
  {
    expected: 'S1',
    why: 'oversubscribes: starts the head although it does not fit',
    policy: {
      name: 'oversubscriber',
      reasonsIn: 'pool',
      decide: (view) => [...view.queue].map((job) => start(job)),
    },
  },
  {
    expected: 'S2',
    why: 'gives out the lowest GPUs whoever holds them, as long as enough are free somewhere',
    policy: firstFitOn('double-booker', (view, job) => {
      const all = view.nodes.flatMap((node) => (node.takesJobs ? node.gpuIds : []));
      return all.slice(0, job.gpus);
    }),
  },
  {
    expected: 'S3',
    why: 'splits a gang: starts it on what happens to be free',
    policy: {
      name: 'gang-splitter',
      reasonsIn: 'pool',
      decide(view) {
        const job = view.queue.first();
        if (job === undefined || view.freeGpus === 0) return [];
        return [{ kind: 'start', job: job.id, gpus: Math.min(job.gpus, view.freeGpus) }];
      },
    },
  },
  {
    expected: 'S9',
    why: 'uses failed nodes: prefers GPUs of nodes that take no jobs',
    policy: firstFitOn('grave-robber', (view, job) => [...freeIds(view, false), ...freeIds(view)].slice(0, job.gpus)),
  },
  {
    expected: 'S20',
    why: 'scatters a job that must sit within one node',
    policy: firstFitOn('scatterer', (view, job) => {
      const ids = freeIds(view);
      // Every other GPU first: rarely on one node.
      return [...ids.filter((_, i) => i % 2 === 0), ...ids.filter((_, i) => i % 2 === 1)].slice(0, job.gpus);
    }),
  },
  {
    expected: 'S17',
    why: 'resizes without regard to the global batch',
    policy: {
      name: 'batch-breaker',
      reasonsIn: 'pool',
      decide(view) {
        const job = view.queue.first();
        if (job === undefined || view.scoped) return [];
        const least = Math.min(job.spec.maxGpus ?? job.gpus, Math.max(job.spec.minGpus ?? job.gpus, job.gpus - 1));
        return least <= view.freeGpus ? [{ kind: 'start', job: job.id, gpus: least }] : [];
      },
    },
  },
];

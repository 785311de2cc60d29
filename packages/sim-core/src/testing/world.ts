import fc from 'fast-check';
import type { ClusterRunInput } from '../scheduling/cluster-run.js';
import { type ClusterShape, gpuPool, nodeCluster, totalGpus } from '../scheduling/cluster-shape.js';
import type { SchedulingPolicy } from '../scheduling/policy.js';
import { arbitraryJobs, type JobSetOptions } from './jobs.js';
import { arbitraryNodeEvents } from './node-events.js';
import { arbitraryTenants } from './tenants.js';
import { arbitraryTerms } from './terms.js';

/** Everything of a run but the policy: what a policy meets. */
export type World = Omit<ClusterRunInput, 'policy'>;

export interface WorldOptions {
  /** Most jobs in a world (default 24). */
  readonly maxJobs?: number;
  /** Only clusters of nodes, or only pools (default: both). */
  readonly model?: 'pool' | 'nodes';
  /** Node failures, drains, cancellations, retries, costs (default true; three worlds in five have none in any case). */
  readonly disturbances?: boolean;
}

/** Pools of 1 to 64 GPUs, and clusters of 1 to 8 nodes of 1 to 8 GPUs under leaves of 1 to 4 nodes. */
export function arbitraryCluster(model?: 'pool' | 'nodes'): fc.Arbitrary<ClusterShape> {
  const pool = fc.integer({ min: 1, max: 64 }).map(gpuPool);
  const nodes = fc
    .record({
      nodes: fc.integer({ min: 1, max: 8 }),
      gpusPerNode: fc.constantFrom(1, 2, 4, 8),
      nodesPerLeaf: fc.integer({ min: 1, max: 4 }),
      leavesPerPod: fc.integer({ min: 1, max: 3 }),
      spares: fc.constantFrom(0, 0, 0, 1),
    })
    .map((shape) => nodeCluster({ ...shape, spares: Math.min(shape.spares, shape.nodes - 1) }));
  if (model === 'pool') return pool;
  return model === 'nodes' ? nodes : fc.oneof(pool, nodes);
}

/**
 * Worlds for property tests of scheduling policies (spec/scheduling.md A): small clusters, jobs with many equal times, zero
 * gaps, full-cluster jobs and estimates that are wrong, failures and costs. Shrinks towards few small jobs on one GPU with
 * nothing going wrong.
 */
export function arbitraryWorld(options: WorldOptions = {}): fc.Arbitrary<World> {
  const { disturbances = true, maxJobs = 24 } = options;
  const flavours: Flavour[] = [
    'plain',
    'plain',
    'rich',
    ...(disturbances ? (['disturbed', 'disturbed'] as const) : []),
  ];
  return fc.tuple(arbitraryCluster(options.model), fc.constantFrom(...flavours)).chain(([cluster, flavour]) => {
    const nodes = cluster.model === 'nodes';
    const disturbed = flavour === 'disturbed';
    const jobs: JobSetOptions = {
      maxJobs,
      maxGpus: totalGpus(cluster),
      elastic: flavour !== 'plain',
      scoped: nodes && flavour !== 'plain',
      disturbed,
    };
    return fc
      .record({
        jobs: arbitraryJobs(jobs),
        tenants: arbitraryTenants(cluster),
        nodeEvents: disturbed && nodes ? arbitraryNodeEvents(cluster) : fc.constant([]),
        terms: disturbed ? arbitraryTerms() : fc.constant({}),
      })
      .map((world) => ({ cluster, ...world }));
  });
}

/** Rigid jobs anywhere (what most promises are made for); elastic jobs and scopes; all that and trouble. */
type Flavour = 'plain' | 'rich' | 'disturbed';

/** Worlds that a policy can live in: only clusters of nodes for one that needs them. */
export function worldsFor(policy: SchedulingPolicy, options: WorldOptions = {}): fc.Arbitrary<World> {
  return arbitraryWorld(policy.requiresNodes === true ? { ...options, model: 'nodes' } : options);
}

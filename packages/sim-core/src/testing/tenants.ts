import fc from 'fast-check';
import { type ClusterShape, totalGpus } from '../scheduling/cluster-shape.js';
import type { Tenant } from '../scheduling/job-spec.js';

/** Tenants a, b and c: weights, quotas that add up to no more than the cluster, borrowing limits, and nodes of their own. */
export function arbitraryTenants(cluster: ClusterShape): fc.Arbitrary<Tenant[]> {
  const total = totalGpus(cluster);
  const nodes = cluster.nodeGpus.length - cluster.spares;
  const tenant = fc.record({
    weight: fc.integer({ min: 1, max: 3 }),
    quotaShare: fc.integer({ min: 0, max: 3 }),
    limited: fc.constantFrom(false, false, true),
    borrow: fc.integer({ min: 0, max: total }),
  });
  return fc
    .tuple(tenant, tenant, fc.array(fc.integer({ min: 0, max: 2 }), { minLength: nodes, maxLength: nodes }))
    .map(([a, b, owners]): Tenant[] =>
      [a, b].map((entry, index) => {
        const nodesOwned = owners.flatMap((owner, node) => (owner === index ? [node] : []));
        return {
          name: index === 0 ? 'a' : 'b',
          weight: entry.weight,
          quotaGpus: Math.floor((total * entry.quotaShare) / 6),
          ...(entry.limited ? { borrowLimitGpus: entry.borrow } : {}),
          ...(cluster.model === 'nodes' && nodesOwned.length > 0 ? { nodes: nodesOwned } : {}),
        };
      }),
    );
}

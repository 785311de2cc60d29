import fc from 'fast-check';
import type { ClusterShape } from '../scheduling/cluster-shape.js';
import type { NodeEvent } from '../scheduling/node-event.js';

/** Up to six outages, each a failure with its repair or a drain with its end, so that the cluster is whole in the end. */
export function arbitraryNodeEvents(cluster: ClusterShape): fc.Arbitrary<NodeEvent[]> {
  const outage = fc.record({
    node: fc.integer({ min: 0, max: cluster.nodeGpus.length - 1 }),
    from: fc.integer({ min: 0, max: 60 }),
    seconds: fc.integer({ min: 1, max: 20 }),
    drain: fc.boolean(),
  });
  return fc.array(outage, { maxLength: 6 }).map((outages) =>
    outages.flatMap(({ node, from, seconds, drain }): NodeEvent[] => [
      { timeSeconds: from, kind: drain ? 'drain' : 'fail', node },
      { timeSeconds: from + seconds, kind: drain ? 'undrain' : 'repair', node },
    ]),
  );
}

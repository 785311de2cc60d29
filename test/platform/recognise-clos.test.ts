import {
  buildFabricGraph,
  type Cluster,
  closShape,
  type GraphFabric,
  recogniseClos,
  topologySummary,
} from '@regatta/sim-core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { smallClos, testCluster } from './clusters.js';

/** The same cluster as a list of cables, as an importer would give it. */
function asCables(cluster: Cluster): Cluster {
  const graph = buildFabricGraph(cluster);
  const nameOf = (vertex: number): string => {
    const nic = vertex - graph.gpus;
    if (nic < 0 || nic >= graph.nics) return graph.vertexName(vertex);
    const node = graph.nodeOfNic(nic);
    return `node${node}.nic${nic - (graph.firstNic[node] ?? 0)}`;
  };
  const switches = Array.from({ length: graph.vertices }, (_, v) => v)
    .filter((v) => graph.kindOfVertex(v) === 'switch')
    .map((v) => graph.vertexName(v));
  const cables: GraphFabric['cables'][number][] = [];
  for (let link = 0; link < graph.links; link += 2) {
    if (!['nic', 'fabric'].includes(graph.linkKind(link))) continue;
    const [from, to] = [nameOf(graph.from[link] ?? 0), nameOf(graph.to[link] ?? 0)];
    cables.push({ from, to, gbps: ((graph.capacity[link] ?? 0) * 8) / 1e9 });
  }
  return { ...cluster, fabric: { kind: 'graph', nicGbps: 400, switches, cables, routing: 'spray' } };
}

describe('a list of cables', () => {
  it('of a two-tier Clos is recognised as it, with the same figures', () => {
    const twoTier = smallClos.filter((c) => c.fabric.kind === 'clos' && c.fabric.tiers === 2 && !c.fabric.railOnly);
    fc.assert(
      fc.property(twoTier, (cluster) => {
        const found = recogniseClos(asCables(cluster));
        if (!found) throw new Error('not recognised');
        const [shape, again] = [closShape(cluster), closShape({ ...cluster, fabric: found })];
        expect(again.rails).toBe(shape.rails);
        expect(again.leaves).toBe(shape.leaves);
        expect(again.spinesPerPod).toBe(shape.spinesPerPod);
        expect(again.leafUplinkBytesPerSecond / shape.leafUplinkBytesPerSecond).toBeCloseTo(1, 9);
        const [a, b] = [topologySummary(cluster), topologySummary(asCables(cluster))];
        if (cluster.nodes > 1) expect(b.bisectionBytesPerSecond / a.bisectionBytesPerSecond).toBeCloseTo(1, 9);
        expect(b.nics).toBe(a.nics);
      }),
    );
  });

  it('with one thin cable, or of a rail-only or three-tier fabric, is not', () => {
    const clos = {
      kind: 'clos',
      rails: 2,
      nicGbps: 400,
      oversubscription: 1,
      nodesPerLeaf: 2,
      leavesPerPod: 1,
      routing: 'spray',
    } as const;
    const cluster = asCables(testCluster({ ...clos, tiers: 2 }, 4, 2));
    const fabric = cluster.fabric as GraphFabric;
    const cables = fabric.cables.map((cable, i) => (i === fabric.cables.length - 1 ? { ...cable, gbps: 100 } : cable));
    expect(recogniseClos(cluster)).toBeDefined();
    expect(recogniseClos({ ...cluster, fabric: { ...fabric, cables } })).toBeUndefined();
    expect(recogniseClos(asCables(testCluster({ ...clos, tiers: 2, railOnly: true }, 4, 2)))).toBeUndefined();
    expect(recogniseClos(asCables(testCluster({ ...clos, tiers: 3 }, 4, 2)))).toBeUndefined();
  });
});

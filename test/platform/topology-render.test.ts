import { buildFabricGraph, defaultPlacement, topologySummary } from '@regatta/sim-core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { topologyDot } from '../../packages/cli/src/render/topology-dot.js';
import { topologyJson } from '../../packages/cli/src/render/topology-json.js';
import { topologyText } from '../../packages/cli/src/render/topology-text.js';
import { smallCluster, testCluster } from './clusters.js';

describe('topology, rendered', () => {
  it('as JSON lists names that the graph finds, and survives a round trip', () => {
    fc.assert(
      fc.property(smallCluster, (cluster) => {
        const graph = buildFabricGraph(cluster);
        const json = topologyJson(cluster, topologySummary(cluster), { graph, warnings: [] });
        for (const cable of json.links ?? []) expect(graph.linksNamed(cable.name)).toHaveLength(2);
        expect(JSON.parse(JSON.stringify(json))).toEqual(json);
      }),
      { numRuns: 30 },
    );
  });

  it('as text and as Graphviz says every tier once, with no NaN and no undefined', () => {
    fc.assert(
      fc.property(smallCluster, (cluster) => {
        const summary = topologySummary(cluster, defaultPlacement(cluster.gpusPerNode, 1));
        const text = topologyText(summary, ['a warning']);
        expect(text).not.toMatch(/NaN|undefined|Infinity/);
        expect(text).toContain('the job occupies');
        for (const tier of summary.tiers) expect(text).toContain(tier.name);
        const dot = topologyDot(buildFabricGraph(cluster));
        expect(dot).not.toMatch(/NaN|undefined/);
        expect(dot.split('{').length).toBe(dot.split('}').length);
      }),
      { numRuns: 30 },
    );
  });

  it('as Graphviz merges parallel cables and names hosts as they are called', () => {
    const cables = [
      { from: 'node0', to: 'a', gbps: 400 },
      { from: 'node1', to: 'b', gbps: 400 },
      { from: 'a', to: 'b', gbps: 400 },
      { from: 'a', to: 'b', gbps: 400 },
    ];
    const cluster = testCluster({ kind: 'graph', nicGbps: 400, switches: ['a', 'b'], cables, routing: 'spray' }, 2, 1);
    const dot = topologyDot(buildFabricGraph(cluster), ['tray1', 'tray2']);
    expect(dot).toContain('"a" -- "b" [label="2 x 400G"];');
    expect(dot).toContain('"tray1" -- "a" [label="400G"];');
  });
});

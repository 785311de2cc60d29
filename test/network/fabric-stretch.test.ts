import { type ClosFabric, type Cluster, DisconnectedError, fabricStretch, packedGroupLayout } from '@regatta/sim-core';
import { describe, expect, test } from 'vitest';
import { testCluster } from '../platform/clusters.js';

const clos = (nodes: number, oversubscription: number, more: Partial<ClosFabric> = {}): Cluster =>
  testCluster(
    {
      kind: 'clos',
      tiers: 2,
      rails: 8,
      nicGbps: 400,
      oversubscription,
      nodesPerLeaf: 4,
      routing: 'spray',
      ...more,
    },
    nodes,
    8,
  );

const stretch = (cluster: Cluster, op: 'all_reduce' | 'all_to_all', algorithm: string): number =>
  fabricStretch(cluster, packedGroupLayout(cluster, cluster.nodes * 8), op, algorithm);

describe('how much longer a collective takes than its NICs alone', () => {
  test('one domain, and a Clos that carries all that its NICs send: no longer', () => {
    expect(stretch(clos(1, 8), 'all_reduce', 'ring')).toBe(1);
    for (const algorithm of ['ring', 'tree', 'halving-doubling', 'posted']) {
      expect(stretch(clos(8, 1), algorithm === 'posted' ? 'all_to_all' : 'all_reduce', algorithm)).toBe(1);
    }
  });

  test('all-to-all over two leaves of 4 nodes: 4 of the 7 other nodes are beyond the uplinks', () => {
    // Of what a NIC sends to 7 nodes, 4/7 crosses; at k : 1 the uplinks carry 1/k of what the NICs could send.
    for (const k of [2, 4, 8]) {
      const crossing = 4 / 7;
      expect(stretch(clos(8, k), 'all_to_all', 'posted')).toBeCloseTo(Math.max(1, k * crossing), 9);
    }
  });

  test('a ring over rails crosses each leaf with one flow: four uplinks in one carry it', () => {
    expect(stretch(clos(8, 4), 'all_reduce', 'ring')).toBe(1);
    expect(stretch(clos(8, 4), 'all_reduce', 'nvls-tree')).toBeGreaterThanOrEqual(1);
  });

  test('more oversubscription is never faster', () => {
    for (const algorithm of ['tree', 'halving-doubling', 'recursive-doubling', 'hierarchical', 'sharp']) {
      let last = 1;
      for (const k of [1, 2, 4, 8, 16]) {
        const now = stretch(clos(8, k, { nodesPerLeaf: 2 }), 'all_reduce', algorithm);
        expect(now).toBeGreaterThanOrEqual(last - 1e-12);
        last = now;
      }
    }
  });

  test('hashed flows collide where sprayed ones do not', () => {
    // One flow a NIC, as many uplinks: some hash onto one another. Many flows even out.
    expect(stretch(clos(16, 1, { routing: 'ecmp' }), 'all_reduce', 'halving-doubling')).toBeGreaterThan(1.1);
    expect(stretch(clos(16, 1, { routing: 'ecmp' }), 'all_to_all', 'posted')).toBeLessThan(1.2);
  });

  test('switches that no cable joins: an error that names the GPUs', () => {
    const apart = testCluster(
      {
        kind: 'graph',
        routing: 'spray',
        nicGbps: 400,
        switches: ['a', 'b'],
        cables: [0, 1, 2, 3].map((node) => ({ from: `node${node}.nic0`, to: node < 2 ? 'a' : 'b', gbps: 400 })),
      },
      4,
      8,
    );
    expect(() => stretch(apart, 'all_reduce', 'ring')).toThrow(DisconnectedError);
    expect(() => stretch(apart, 'all_reduce', 'ring')).toThrow(/no way leads from GPU 8 to GPU 16/);
  });
});

import {
  builtInPlacement,
  type ClusterShape,
  firstFit,
  nodeCluster,
  type PlacementPolicy,
  placementNames,
  priority,
  RandomStreams,
  runCluster,
} from '@regatta/sim-core';
import { arbitraryCluster, arbitraryWorld, checkRun } from '@regatta/sim-core/testing';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { GpuInventory } from '../../packages/sim-core/src/scheduling/gpu-inventory.js';

const named = (name: string): PlacementPolicy => {
  const placement = builtInPlacement(name, new RandomStreams(5));
  if (placement === undefined) throw new Error(name);
  return placement;
};

describe.each(placementNames)('%s', (name) => {
  test('breaks no invariant under a greedy and a preempting policy', () => {
    fc.assert(
      fc.property(arbitraryWorld({ model: 'nodes', maxJobs: 16 }), (world) => {
        for (const policy of [firstFit, priority]) {
          expect(checkRun({ ...world, policy, placement: named(name) })).toEqual([]);
        }
      }),
      { numRuns: 120, seed: 1 },
    );
  });

  test('gives exactly the GPUs asked for, each free and once, and refuses only what does not fit', () => {
    fc.assert(
      fc.property(holed(), ({ inventory, gpus }) => {
        const shares = named(name).place({ job: 'x', gpus, within: 'any', stretch: 0 }, inventory);
        if (gpus > inventory.freeGpus) expect(shares).toBeUndefined();
        else {
          const ids = inventory.gpusOf(shares ?? []);
          expect(new Set(ids).size).toBe(gpus);
          for (const gpu of ids) expect(inventory.isFree(gpu)).toBe(true);
        }
      }),
    );
  });
});

/** A cluster in which some GPUs are held, and a request. */
function holed(): fc.Arbitrary<{ inventory: GpuInventory; cluster: ClusterShape; gpus: number }> {
  return arbitraryCluster('nodes').chain((cluster) => {
    const total = cluster.nodeGpus.reduce((sum, gpus) => sum + gpus, 0);
    return fc
      .record({
        held: fc.uniqueArray(fc.integer({ min: 0, max: total - 1 })),
        gpus: fc.integer({ min: 1, max: total }),
      })
      .map(({ held, gpus }) => {
        const inventory = new GpuInventory(cluster);
        inventory.book(
          [...held].sort((a, b) => a - b),
          held.length,
          1,
        );
        return { inventory, cluster, gpus };
      });
  });
}

/** Fewest groups whose free GPUs add up to the request. */
function fewest(groups: readonly number[], gpus: number): number {
  const sorted = [...groups].sort((a, b) => b - a);
  let room = 0;
  return (
    sorted.findIndex((free) => {
      room += free;
      return room >= gpus;
    }) + 1
  );
}

test('packed: a job that fits a node gets one node, the fullest that has room', () => {
  fc.assert(
    fc.property(holed(), ({ inventory, cluster, gpus }) => {
      const holes = cluster.nodeGpus.map((_, node) => inventory.freeOn(node)).filter((free) => free >= gpus);
      fc.pre(holes.length > 0);
      const shares = named('packed').place({ job: 'x', gpus, within: 'any', stretch: 0 }, inventory) ?? [];
      expect(shares).toHaveLength(1);
      expect(inventory.freeOn(shares[0]?.node ?? -1)).toBe(Math.min(...holes));
    }),
  );
});

test('topology-aware: no placement has fewer leaves, nor fewer pods when it spans leaves', () => {
  fc.assert(
    fc.property(holed(), ({ inventory, cluster, gpus }) => {
      fc.pre(gpus <= inventory.freeGpus);
      const shares = named('topology-aware').place({ job: 'x', gpus, within: 'any', stretch: 0 }, inventory) ?? [];
      const pods = new Set(shares.map(({ node }) => cluster.podOf[node]));
      const leaves = new Set(shares.map(({ node }) => cluster.leafOf[node]));
      expect(pods.size).toBe(
        fewest(
          inventory.pods.map((_, pod) => inventory.freeOnPod(pod)),
          gpus,
        ),
      );
      const leavesFree = inventory.leaves.map((_, leaf) => inventory.freeOnLeaf(leaf));
      if (fewest(leavesFree, gpus) === 1) expect(leaves.size).toBe(1);
    }),
  );
});

test('rail-aligned: whole nodes where there are enough, else the same local indices on each', () => {
  const inventory = new GpuInventory(nodeCluster({ nodes: 4, gpusPerNode: 8 }));
  // Every node has local GPUs 0 and 5 held: an aligned pair is free at 2-3 and 6-7 of all four.
  inventory.book([0, 5, 8, 13, 16, 21, 24, 29], 8, 1);
  const shares = named('rail-aligned').place({ job: 'x', gpus: 8, within: 'any', stretch: 0 }, inventory) ?? [];
  expect(shares.map(({ locals }) => locals)).toEqual([
    [2, 3],
    [2, 3],
    [2, 3],
    [2, 3],
  ]);
});

test('spread: nodes differ by at most one GPU from even', () => {
  const inventory = new GpuInventory(nodeCluster({ nodes: 3, gpusPerNode: 4 }));
  const shares = named('spread').place({ job: 'x', gpus: 8, within: 'any', stretch: 0 }, inventory) ?? [];
  expect(shares.map(({ gpus }) => gpus).sort()).toEqual([2, 3, 3]);
});

test('random: the same job meets the same luck whatever else happens', () => {
  const cluster = nodeCluster({ nodes: 4, gpusPerNode: 4 });
  const job = (id: string, submitSeconds: number) => ({
    id,
    submitSeconds,
    gpus: 2,
    runSeconds: 5,
    estimateSeconds: 5,
  });
  const where = (jobs: ReturnType<typeof job>[]) =>
    runCluster({ cluster, jobs, policy: firstFit, placement: named('random') }).log.find(
      (event) => event.kind === 'start' && event.job === 'b',
    );
  expect(where([job('a', 0), job('b', 10)])).toEqual(where([job('b', 10)]));
});

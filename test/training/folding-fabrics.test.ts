import {
  buildFabricGraph,
  type Cluster,
  clusterProblems,
  type FabricSpec,
  type Job,
  lossCauses,
  noPerturbation,
  type Perturbation,
  type Routing,
  simulateStep,
} from '@regatta/sim-core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { testCluster, testExperts, testJob, testModel } from '../support/plans.js';

const routings: readonly Routing[] = ['spray', 'ecmp', 'static-rail', 'adaptive'];

const closFabrics: fc.Arbitrary<FabricSpec> = fc
  .record({
    tiers: fc.constantFrom(2 as const, 3 as const),
    rails: fc.constantFrom(1, 8),
    oversubscription: fc.constantFrom(1, 1, 2),
    routing: fc.constantFrom(...routings),
    nodesPerLeaf: fc.constantFrom(1, 2, 4),
    leavesPerPod: fc.constantFrom(1, 2),
  })
  .map((r) => ({ kind: 'clos' as const, nicGbps: 200, ...r }));
const dragonfly = fc.constantFrom(...routings).map(
  (routing): FabricSpec => ({
    kind: 'dragonfly',
    groups: 4,
    routersPerGroup: 2,
    hostsPerRouter: 2,
    globalLinksPerRouter: 2,
    nicGbps: 200,
    routing,
  }),
);

const plans = fc
  .record({
    tensor: fc.constantFrom(1, 2, 4),
    context: fc.constantFrom(1, 1, 2),
    pipeline: fc.constantFrom(1, 2, 4),
    data: fc.constantFrom(2, 4),
    experts: fc.boolean(),
    hierarchical: fc.boolean(),
    zero: fc.constantFrom(0 as const, 1 as const, 3 as const),
    virtual: fc.constantFrom(1, 2),
    overlap: fc.boolean(),
    fabric: fc.oneof(closFabrics, closFabrics, dragonfly),
    links: fc.array(fc.tuple(fc.nat(), fc.constantFrom(0.25, 0.5, 0)), { maxLength: 2 }),
    nics: fc.array(fc.tuple(fc.nat(63), fc.constantFrom(0.5, 0)), { maxLength: 1 }),
    slow: fc.array(fc.tuple(fc.nat(63), fc.constantFrom(1.05, 1.3)), { maxLength: 1 }),
    traffic: fc.boolean(),
    sigma: fc.constantFrom(0, 0, 0, 0.02),
    seed: fc.nat(50),
  })
  .map((r) => {
    const expert = r.experts ? Math.min(4, r.tensor * r.context * r.data) : 1;
    const virtualStages = r.pipeline > 1 && r.pipeline < 4 ? r.virtual : 1;
    const base = testJob({
      tensor: r.tensor,
      context: r.context,
      pipeline: r.pipeline,
      data: r.data,
      expert,
      zero: r.zero,
      virtualStages,
      sequenceParallel: r.tensor > 1,
    });
    const job: Job = {
      ...base,
      globalBatch: r.data * 4,
      ...(r.experts ? { model: { ...testModel, experts: testExperts } } : {}),
      options: {
        ...base.options,
        dataOverlap: r.overlap,
        bucketBytes: 2e7,
        expertDispatch: r.hierarchical ? 'hierarchical' : 'direct',
      },
    };
    const ranks = r.tensor * r.context * r.pipeline * r.data;
    // Two GPUs a node put many nodes and leaves under few ranks.
    const nodes = r.fabric.kind === 'dragonfly' ? 8 : Math.ceil(ranks / 2);
    const gpusPerNode = r.fabric.kind === 'dragonfly' ? Math.max(2, Math.ceil(ranks / 8)) : 2;
    const cluster: Cluster = testCluster(nodes, {
      gpusPerNode,
      device: { ...testCluster(1).device, scaleUp: { ...testCluster(1).device.scaleUp, domain: gpusPerNode } },
      fabric: r.fabric.kind === 'clos' ? { ...r.fabric, rails: Math.min(r.fabric.rails, gpusPerNode) } : r.fabric,
    });
    return { r, job, ranks, cluster };
  });

/** Names of the links between switches, so that a number picks one. */
function perturbationOf({
  r,
  cluster,
}: {
  r: {
    links: [number, number][];
    nics: [number, number][];
    slow: [number, number][];
    traffic: boolean;
    sigma: number;
    seed: number;
  };
  cluster: Cluster;
}): Perturbation {
  const graph = buildFabricGraph(cluster);
  const fabric = Array.from({ length: graph.links }, (_, link) => link).filter(
    (link) => graph.linkKind(link) === 'fabric',
  );
  const links = r.links.flatMap(([pick, capacityFactor]) => {
    const link = fabric[pick % Math.max(1, fabric.length)];
    return link === undefined ? [] : [{ link: graph.linkName(link), capacityFactor }];
  });
  const { nodes, gpusPerNode } = cluster;
  for (const [pick, capacityFactor] of r.nics) {
    links.push({ link: `node${pick % nodes}.nic${pick % gpusPerNode}`, capacityFactor: Math.max(capacityFactor, 0.1) });
  }
  return {
    ...noPerturbation,
    links,
    slowRanks: r.slow.map(([rank, factor]) => ({ rank: rank % (nodes * gpusPerNode), factor })),
    ...(r.traffic && nodes > 1 ? { traffic: [{ from: 0, to: nodes - 1, bytesPerSecond: 2e10 }] } : {}),
    jitter: { sigma: r.sigma },
    seed: r.seed,
  };
}

describe('folding on every fabric', () => {
  test('folded and unfolded agree in every figure, with failed links, chosen ways, experts, context and other traffic', () => {
    let folded = 0;
    let ranksInAll = 0;
    let disconnected = 0;
    fc.assert(
      fc.property(plans, (plan) => {
        const { job, ranks, cluster } = plan;
        fc.pre(clusterProblems(cluster).length === 0);
        const perturbation = perturbationOf(plan);
        let one: ReturnType<typeof simulateStep>;
        try {
          one = simulateStep(job, cluster, perturbation);
        } catch (error) {
          // Links that are down may part the fabric; then the plan says so, folded or not.
          expect(String(error)).toContain('no way from rank');
          expect(() => simulateStep(job, cluster, perturbation, { fold: false })).toThrow('no way from rank');
          disconnected++;
          return;
        }
        const other = simulateStep(job, cluster, perturbation, { fold: false });
        expect(Math.abs(other.stepSeconds / one.stepSeconds - 1)).toBeLessThanOrEqual(1e-9);
        for (const cause of lossCauses) {
          expect(Math.abs(other.gpuSeconds[cause] - one.gpuSeconds[cause]), cause).toBeLessThanOrEqual(
            1e-9 * ranks * one.stepSeconds,
          );
        }
        folded += one.folding.classes;
        ranksInAll += ranks;
      }),
      { numRuns: 300 },
    );
    expect(folded).toBeLessThan(0.95 * ranksInAll);
    expect(disconnected).toBeLessThan(100);
  }, 120_000);
});

describe('what touches few ranks splits few classes', () => {
  const job = testJob({ tensor: 8, pipeline: 4, data: 16 });
  const cluster = testCluster(64, {
    fabric: { kind: 'clos', tiers: 2, rails: 8, nicGbps: 200, oversubscription: 1, routing: 'spray', nodesPerLeaf: 4 },
  });
  const calm = simulateStep(job, cluster);

  test('a link of the fabric that is down, or slow in one direction', () => {
    expect(calm.folding.classes).toBe(4);
    for (const link of ['rail2.leaf5.spine1', 'rail2.leaf5.spine1.up', 'rail2.leaf5.spine1.down']) {
      const step = simulateStep(job, cluster, { ...noPerturbation, links: [{ link, capacityFactor: 0 }] });
      expect(step.folding.classes).toBeGreaterThan(4);
      expect(step.folding.classes).toBeLessThan(128);
      expect(step.stepSeconds).toBeGreaterThanOrEqual(calm.stepSeconds);
    }
  });

  test('another job between two nodes slows those who share their leaves, the more the faster it sends', () => {
    const withTraffic = (bytesPerSecond: number) =>
      simulateStep(job, cluster, { ...noPerturbation, traffic: [{ from: 3, to: 60, bytesPerSecond }] });
    const [some, much] = [withTraffic(1e11), withTraffic(7e11)];
    expect(some.folding.classes).toBeGreaterThan(4);
    expect(much.folding.classes).toBeLessThan(256);
    expect(much.stepSeconds).toBeGreaterThan(some.stepSeconds);
    expect(some.stepSeconds).toBeGreaterThanOrEqual(calm.stepSeconds);
  });

  test('ways by hash collide, by least load or by destination on a rail they need not', () => {
    const step = (routing: Routing) =>
      simulateStep(job, { ...cluster, fabric: { ...cluster.fabric, kind: 'clos', routing } as FabricSpec });
    expect(step('static-rail').stepSeconds).toBeCloseTo(calm.stepSeconds, 9);
    expect(step('adaptive').stepSeconds).toBeLessThanOrEqual(step('ecmp').stepSeconds);
    expect(step('ecmp').stepSeconds).toBeGreaterThan(calm.stepSeconds);
    expect(step('ecmp').gpuSeconds.networkContention).toBeGreaterThan(0);
  });
});

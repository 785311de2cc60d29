import {
  buildFabricGraph,
  type Cluster,
  clusterProblems,
  type Device,
  type FabricSpec,
  type Job,
  type JobOptions,
  type ListSchedule,
  noPerturbation,
  type Perturbation,
  type Routing,
  type ScheduleName,
  scheduleOrder,
} from '@regatta/sim-core';
import fc from 'fast-check';
import { testCluster, testDevice, testExperts, testJob, testModel } from './plans.js';

/** A small job on a small cluster, with what breaks its symmetry. */
export interface StepCase {
  readonly job: Job;
  readonly cluster: Cluster;
  readonly perturbation: Perturbation;
  readonly ranks: number;
}

const routings: readonly Routing[] = ['spray', 'ecmp', 'static-rail', 'adaptive'];

const shapes = fc.record({
  tensor: fc.constantFrom(1, 2, 4),
  context: fc.constantFrom(1, 1, 2),
  pipeline: fc.constantFrom(1, 1, 2, 4),
  data: fc.constantFrom(1, 2, 3, 4),
  experts: fc.boolean(),
  expert: fc.constantFrom(1, 2, 4),
  expertTensor: fc.constantFrom(1, 1, 2),
  zero: fc.constantFrom(0 as const, 1 as const, 2 as const, 3 as const),
  shardGroup: fc.constantFrom(0, 0, 1, 2, 4),
  schedule: fc.constantFrom('gpipe', '1f1b', 'interleaved', 'zb-h1', 'zb-v', 'dualpipe', 'list' as const),
  microBatches: fc.constantFrom(4, 8),
});

const jobTraits = fc.record({
  sequenceParallel: fc.boolean(),
  recompute: fc.constantFrom('none' as const, 'selective' as const, 'full' as const),
  layers: fc.constantFrom(8, 9, 11),
  tied: fc.boolean(),
  blocking: fc.boolean(),
  scatterGather: fc.boolean(),
  tensorOverlap: fc.constantFrom(0, 0.5),
  expertOverlap: fc.constantFrom(0, 0.5),
  overlap: fc.boolean(),
  bucketBytes: fc.constantFrom(2e7, 1.6e8),
  contextKind: fc.constantFrom('ring' as const, 'allgather' as const, 'ulysses' as const),
  imbalance: fc.constantFrom(1, 1.3),
  hierarchical: fc.boolean(),
  reshard: fc.boolean(),
  offload: fc.boolean(),
});

const closFabrics: fc.Arbitrary<FabricSpec> = fc
  .record({
    tiers: fc.constantFrom(2 as const, 3 as const),
    rails: fc.constantFrom(1, 2, 4),
    oversubscription: fc.constantFrom(1, 1, 2, 5),
    spineOversubscription: fc.constantFrom(1, 3),
    routing: fc.constantFrom('spray' as const, ...routings),
    nodesPerLeaf: fc.constantFrom(1, 2, 4),
    leavesPerPod: fc.constantFrom(1, 2),
    railOnly: fc.boolean(),
    nicsPerNode: fc.constantFrom(undefined, undefined, 1, 2),
  })
  .map(({ nicsPerNode, ...rest }) => ({
    kind: 'clos' as const,
    nicGbps: 200,
    ...rest,
    ...(nicsPerNode === undefined ? {} : { nicsPerNode }),
  }));

const dragonflies = fc.constantFrom(...routings, 'valiant' as const).map(
  (routing): FabricSpec => ({
    kind: 'dragonfly',
    groups: 4,
    routersPerGroup: 4,
    hostsPerRouter: 4,
    globalLinksPerRouter: 2,
    nicGbps: 200,
    routing,
  }),
);

/** Extents that stand for ways to lay nodes on a torus: rows of a node or across them, in how many layers, how many are spare. */
const toruses = fc
  .record({ across: fc.nat(1), layers: fc.constantFrom(1, 2, 3), spare: fc.constantFrom(0, 0, 1, 3) })
  .map(({ across, layers, spare }): FabricSpec => {
    return { kind: 'torus', dims: [across, layers, spare], linkGbps: 100, routing: 'dimension-order' };
  });

/** Extents of a torus that holds so many nodes. */
function torusDims(
  [across = 0, layers = 1, spare = 0]: readonly number[],
  nodes: number,
  gpusPerNode: number,
): number[] {
  const rows = Math.ceil((nodes + spare) / layers);
  const all = across === 1 ? [rows, gpusPerNode, layers] : [gpusPerNode, rows, layers];
  return layers === 1 ? all.slice(0, 2) : all;
}

/** Nodes around a ring of switches, one of whose cables is thin. */
const graphs = fc
  .record({ switches: fc.constantFrom(1, 2, 3), routing: fc.constantFrom(...routings) })
  .map(({ switches, routing }): FabricSpec => {
    const names = Array.from({ length: switches }, (_, i) => `s${i}`);
    const around = names.flatMap((from, i) =>
      switches > 1 && !(switches === 2 && i === 1)
        ? [{ from, to: `s${(i + 1) % switches}`, gbps: i === 0 ? 100 : 400 }]
        : [],
    );
    return { kind: 'graph', nicGbps: 200, switches: names, cables: around, routing };
  });

const fabricsOf = (only: 'spray' | 'torus' | undefined): fc.Arbitrary<FabricSpec> =>
  only === 'torus'
    ? toruses
    : only === 'spray'
      ? closFabrics.map((fabric) => (fabric.kind === 'clos' ? { ...fabric, routing: 'spray' as const } : fabric))
      : fc.oneof(closFabrics, closFabrics, closFabrics, dragonflies, toruses, graphs);

const disturbances = fc.record({
  links: fc.array(fc.tuple(fc.nat(), fc.constantFrom<number>(0.25, 0.5, 0)), { maxLength: 2 }),
  nics: fc.array(fc.tuple(fc.nat(63), fc.constantFrom<number>(0.5, 0.3, 0)), { maxLength: 1 }),
  ports: fc.array(fc.tuple(fc.nat(63), fc.constantFrom(0.5)), { maxLength: 1 }),
  slow: fc.array(fc.tuple(fc.nat(127), fc.constantFrom(1.05, 1.3)), { maxLength: 2 }),
  traffic: fc.constantFrom(false, false, true),
  ranges: fc.array(fc.record({ first: fc.nat(31), count: fc.integer({ min: 1, max: 4 }) }), { maxLength: 1 }),
  sigma: fc.constantFrom(0, 0, 0, 0, 0.02),
  seed: fc.nat(50),
});

const slowerDevice: Device = {
  ...testDevice,
  name: 'slower-gpu',
  peakFlops: { bf16: 250e12, fp8: 500e12 },
  memoryBandwidthBytesPerSecond: 1.5e12,
};

/** GPipe with its backwards in the order that frees the last activations first: an order that only a list can give. */
function listed(pipeline: number, microBatches: number): ListSchedule {
  const { order } = scheduleOrder('gpipe', { pipeline, virtualStages: 1, microBatches });
  const backwardsLast = order.map((row) => [
    ...row.filter((o) => o.kind === 'F'),
    ...row.filter((o) => o.kind === 'B').reverse(),
  ]);
  return { name: 'reversed-gpipe', order: backwardsLast, layout: 'interleaved' };
}

function scheduleFor(
  wanted: ScheduleName | 'list',
  pipeline: number,
): { readonly schedule: ScheduleName | 'list'; readonly virtualStages: number; readonly leastMicroBatches: number } {
  const plain = { schedule: wanted, virtualStages: 1, leastMicroBatches: 1 };
  const fallback = { ...plain, schedule: '1f1b' as const };
  switch (wanted) {
    case 'interleaved':
      return pipeline > 1 && pipeline < 4 ? { ...plain, virtualStages: 2, leastMicroBatches: pipeline } : fallback;
    case 'zb-v':
      return pipeline > 1 ? { ...plain, virtualStages: 2, leastMicroBatches: 2 * pipeline } : fallback;
    case 'dualpipe':
      return pipeline > 1 ? { ...plain, leastMicroBatches: 2 * pipeline } : fallback;
    default:
      return plain;
  }
}

type Shape = typeof shapes extends fc.Arbitrary<infer T> ? T : never;
type Traits = typeof jobTraits extends fc.Arbitrary<infer T> ? T : never;
type Disturbance = typeof disturbances extends fc.Arbitrary<infer T> ? T : never;

const divides = (a: number, b: number): boolean => b % a === 0;

function jobOf(shape: Shape, traits: Traits): Job {
  const { tensor, context, pipeline, data, zero } = shape;
  const stageRanks = tensor * context * data;
  const wanted = shape.experts ? shape.expert : 1;
  const expertTensor = shape.experts && divides(wanted * shape.expertTensor, stageRanks) ? shape.expertTensor : 1;
  const expert = divides(wanted * expertTensor, stageRanks) ? wanted : 1;
  const { schedule, virtualStages, leastMicroBatches } = scheduleFor(shape.schedule, pipeline);
  const microBatches = Math.max(shape.microBatches, leastMicroBatches);
  const base = testJob({
    tensor,
    context,
    pipeline,
    data,
    expert,
    expertTensor,
    zero,
    virtualStages,
    sequenceParallel: traits.sequenceParallel && tensor > 1,
  });
  const shardGroup = zero === 3 && divides(shape.shardGroup, data * context) ? shape.shardGroup : 0;
  const options: JobOptions = {
    ...base.options,
    p2p: traits.blocking ? 'blocking' : 'async',
    scatterGather: traits.scatterGather,
    tensorOverlap: traits.tensorOverlap,
    expertOverlap: traits.expertOverlap,
    dataOverlap: traits.overlap,
    bucketBytes: traits.bucketBytes,
    contextKind: traits.contextKind,
    moeImbalance: traits.imbalance,
    expertDispatch: traits.hierarchical ? 'hierarchical' : 'direct',
    reshardAfterForward: traits.reshard,
    shardGroup,
    offloadOptimizer: traits.offload,
  };
  return {
    ...base,
    model: {
      ...testModel,
      layers: traits.layers,
      tiedEmbeddings: traits.tied,
      ...(shape.experts ? { experts: testExperts } : {}),
    },
    globalBatch: data * microBatches,
    recompute: traits.recompute,
    schedule: schedule === 'list' ? listed(pipeline, microBatches) : schedule,
    options,
  };
}

/** Few GPUs a node put many nodes and leaves under few ranks. */
function clusterOf(fabric: FabricSpec, ranks: number, gpusPerNode: number, ranges: Disturbance['ranges']): Cluster {
  const needed = Math.ceil(ranks / gpusPerNode);
  const dims = fabric.kind === 'torus' ? torusDims(fabric.dims, needed, gpusPerNode) : [];
  const nodes = fabric.kind === 'torus' ? dims.reduce((product, extent) => product * extent, 1) / gpusPerNode : needed;
  const device = { ...testDevice, scaleUp: { ...testDevice.scaleUp, domain: gpusPerNode } };
  const deviceRanges = ranges.flatMap(({ first, count }) => {
    const from = first % nodes;
    return [{ first: from, count: Math.min(count, nodes - from), device: slowerDevice }];
  });
  const laid = ((): FabricSpec => {
    switch (fabric.kind) {
      case 'clos': {
        const nics = Math.min(fabric.nicsPerNode ?? gpusPerNode, gpusPerNode);
        const rails = Math.min(fabric.rails, nics);
        return { ...fabric, rails, ...(fabric.nicsPerNode === undefined ? {} : { nicsPerNode: nics }) };
      }
      case 'torus':
        return { ...fabric, dims };
      case 'graph': {
        const hosts = Array.from({ length: nodes }, (_, node) => ({
          from: `node${node}`,
          to: fabric.switches[node % fabric.switches.length] ?? '',
          gbps: 200,
        }));
        return { ...fabric, cables: [...hosts, ...fabric.cables] };
      }
      default:
        return fabric;
    }
  })();
  return testCluster(nodes, {
    gpusPerNode,
    device,
    fabric: laid,
    ...(deviceRanges.length > 0 ? { deviceRanges } : {}),
  });
}

/** Links between switches are picked by number, whatever their names. */
function perturbationOf(cluster: Cluster, ranks: number, r: Disturbance): Perturbation {
  const graph = buildFabricGraph(cluster);
  const fabric = Array.from({ length: graph.links }, (_, link) => link).filter(
    (link) => graph.linkKind(link) === 'fabric',
  );
  const links = r.links.flatMap(([pick, capacityFactor]) => {
    const link = fabric[pick % Math.max(1, fabric.length)];
    return link === undefined ? [] : [{ link: graph.linkName(link), capacityFactor }];
  });
  const { nodes, gpusPerNode } = cluster;
  const nics = cluster.fabric.kind === 'clos' ? (cluster.fabric.nicsPerNode ?? gpusPerNode) : gpusPerNode;
  if (cluster.fabric.kind === 'clos') {
    for (const [pick, capacityFactor] of r.nics) {
      // A node that loses its only NIC is cut off.
      const factor = nics > 1 ? capacityFactor : Math.max(capacityFactor, 0.3);
      links.push({ link: `node${pick % nodes}.nic${pick % nics}`, capacityFactor: factor });
    }
  }
  if (cluster.fabric.kind === 'clos' || cluster.fabric.kind === 'torus') {
    for (const [pick, capacityFactor] of r.ports) {
      links.push({ link: `node${pick % nodes}.gpu${pick % gpusPerNode}`, capacityFactor });
    }
  }
  const slow = new Map(r.slow.map(([rank, factor]) => [rank % ranks, factor]));
  return {
    ...noPerturbation,
    links,
    slowRanks: [...slow].map(([rank, factor]) => ({ rank, factor })),
    ...(r.traffic && nodes > 1 ? { traffic: [{ from: 0, to: nodes - 1, bytesPerSecond: 2e10 }] } : {}),
    jitter: { sigma: r.sigma },
    seed: r.seed,
  };
}

/**
 * Random small steps over all parallel dimensions, schedules, fabrics, ways of routing and disturbances; `only` keeps to sprayed
 * Clos fabrics or to tori. At most `mostRanks` ranks.
 */
export function stepCases({
  only,
  mostRanks = 64,
}: {
  readonly only?: 'spray' | 'torus';
  readonly mostRanks?: number;
} = {}): fc.Arbitrary<StepCase> {
  return fc
    .record({
      shape: shapes,
      traits: jobTraits,
      fabric: fabricsOf(only),
      gpusPerNode: fc.constantFrom(2, 2, 3, 4, 6),
      disturbance: disturbances,
    })
    .map(({ shape, traits, fabric, gpusPerNode, disturbance }) => {
      const job = jobOf(shape, traits);
      const ranks = shape.tensor * shape.context * shape.pipeline * shape.data;
      const cluster = clusterOf(fabric, ranks, gpusPerNode, disturbance.ranges);
      return { job, cluster, ranks, disturbance };
    })
    .filter(({ cluster, ranks }) => ranks <= mostRanks && clusterProblems(cluster).length === 0)
    .map(({ job, cluster, ranks, disturbance }) => ({
      job,
      cluster,
      ranks,
      perturbation: perturbationOf(cluster, ranks, disturbance),
    }));
}

import type { Cluster, Device, FabricSpec, NodeSpec } from '@regatta/sim-core';
import { defaultConstants } from '@regatta/sim-core';
import fc from 'fast-check';

/** A device of round numbers for tests of the platform. */
export const testDevice: Device = {
  ...defaultConstants,
  name: 'test-gpu',
  stack: 'test',
  peakFlops: { bf16: 1e15 },
  memoryBytes: 80e9,
  memoryBandwidthBytesPerSecond: 3e12,
  computeUnits: 132,
  scaleUp: { bandwidthBytesPerSecond: 450e9, latencySeconds: 2e-6, domain: 1 },
  ncclGeneration: 'hopper',
};

/** A cluster of test devices. */
export function testCluster(
  fabric: FabricSpec,
  nodes: number,
  gpusPerNode: number,
  node: NodeSpec = { kind: 'nvswitch' },
  domain = 1,
): Cluster {
  const device = { ...testDevice, scaleUp: { ...testDevice.scaleUp, domain } };
  return { name: 'test', device, nodes, gpusPerNode, node, fabric };
}

/** Small Clos clusters of every form. */
export const smallClos: fc.Arbitrary<Cluster> = fc
  .record({
    tiers: fc.constantFrom(2 as const, 3 as const),
    nodes: fc.integer({ min: 1, max: 12 }),
    rails: fc.constantFrom(1, 2, 4),
    gpusPerNode: fc.constantFrom(4, 8),
    nicsPerNode: fc.constantFrom(4, 8),
    oversubscription: fc.constantFrom(1, 2, 3, 4),
    spineOversubscription: fc.constantFrom(1, 2, 1.5),
    nodesPerLeaf: fc.integer({ min: 1, max: 4 }),
    leavesPerPod: fc.integer({ min: 1, max: 3 }),
    railOnly: fc.boolean(),
    domain: fc.constantFrom(1, 16),
  })
  .map(({ nodes, gpusPerNode, domain, ...rest }) =>
    testCluster({ kind: 'clos', nicGbps: 400, routing: 'spray', ...rest }, nodes, gpusPerNode, undefined, domain),
  );

/** Small clusters on every kind of fabric, with switched and with PCIe nodes. */
export const smallCluster: fc.Arbitrary<Cluster> = fc.oneof(
  smallClos,
  fc
    .record({
      groups: fc.integer({ min: 2, max: 5 }),
      routersPerGroup: fc.integer({ min: 2, max: 4 }),
      hostsPerRouter: fc.integer({ min: 1, max: 2 }),
      globalLinksPerRouter: fc.integer({ min: 2, max: 3 }),
      routing: fc.constantFrom('spray' as const, 'ecmp' as const, 'valiant' as const, 'adaptive' as const),
    })
    .map((rest) =>
      testCluster(
        { kind: 'dragonfly', nicGbps: 200, ...rest },
        rest.groups * rest.routersPerGroup * rest.hostsPerRouter,
        1,
      ),
    ),
  fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 2, maxLength: 3 }).map((dims) =>
    testCluster(
      { kind: 'torus', dims, linkGbps: 400, routing: 'dimension-order' },
      dims.reduce((a, b) => a * b, 1),
      1,
    ),
  ),
  fc
    .record({
      perSwitch: fc.constantFrom(0, 2, 4),
      sockets: fc.boolean(),
      nicsPerNode: fc.constantFrom(1, 2, 4, 8),
      nodes: fc.integer({ min: 1, max: 6 }),
    })
    .map(({ perSwitch, sockets, nicsPerNode, nodes }) =>
      testCluster(
        {
          kind: 'clos',
          tiers: 2,
          rails: 1,
          nicGbps: 100,
          oversubscription: 2,
          nodesPerLeaf: 2,
          nicsPerNode,
          routing: 'spray',
        },
        nodes,
        8,
        {
          kind: 'pcie',
          gpusPerPcieSwitch: perSwitch,
          pcieBytesPerSecond: 25e9,
          ...(sockets ? { interSocketBytesPerSecond: 20e9 } : {}),
        },
      ),
    ),
);

/** Small clusters on graphs of switches that are all joined: a tree and some more cables, hosts anywhere. */
export const smallGraph: fc.Arbitrary<Cluster> = fc
  .record({
    nodes: fc.integer({ min: 1, max: 7 }),
    gpusPerNode: fc.constantFrom(1, 4),
    nicsPerNode: fc.constantFrom(1, 2, 4, 8),
    switches: fc.integer({ min: 1, max: 6 }),
    places: fc.array(fc.nat(), { minLength: 80, maxLength: 80 }),
    more: fc.integer({ min: 0, max: 8 }),
    domain: fc.constantFrom(1, 16),
  })
  .map(({ nodes, gpusPerNode, nicsPerNode, switches, places, more, domain }) => {
    const at = (i: number, count: number): string => `s${(places[i] ?? 0) % count}`;
    const hosts = Array.from({ length: nodes * nicsPerNode }, (_, i) => ({
      from: `node${Math.floor(i / nicsPerNode)}.nic${i % nicsPerNode}`,
      to: at(i, switches),
      gbps: 400,
    }));
    const tree = Array.from({ length: switches - 1 }, (_, i) => ({
      from: `s${i + 1}`,
      to: at(60 + i, i + 1),
      gbps: 100,
    }));
    const others = Array.from({ length: more }, (_, i) => ({
      from: at(66 + i, switches),
      to: at(72 + i, switches),
      gbps: 200,
    })).filter(({ from, to }) => from !== to);
    const names = Array.from({ length: switches }, (_, i) => `s${i}`);
    const fabric = {
      kind: 'graph',
      nicGbps: 400,
      routing: 'spray',
      switches: names,
      cables: [...hosts, ...tree, ...others],
    } as const;
    return testCluster(fabric, nodes, gpusPerNode, undefined, domain);
  });

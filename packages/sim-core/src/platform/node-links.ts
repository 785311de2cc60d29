import { gpuOfNic, nicCountOfGpu, nicOfGpu } from './clos-shape.js';
import type { Cluster } from './cluster.js';
import type { GraphBuilder } from './graph-builder.js';
import { deviceOfNode, scaleUpDomainGpus } from './scale-up-domain.js';

/** Bytes/s of a PCIe slot that nobody stated: gen 5 x16, and never less than the NICs behind it need (spec/model.md 6.2). */
const defaultPcieBytesPerSecond = 5e10;

/**
 * Inside of the nodes: scale-up links and the way from GPU to NIC. Vertices of GPUs and NICs exist already
 * (gpu g = g, NIC k = gpus + k). Returns for each vertex the link towards the root of its node or domain, -1 if none.
 */
export function addNodeLinks(
  builder: GraphBuilder,
  cluster: Cluster,
  nicsPerNode: readonly number[],
  firstNic: readonly number[],
  nicBytesPerSecond: number,
): Map<number, number> {
  return cluster.node.kind === 'pcie'
    ? addPcieNodes(builder, cluster, nicsPerNode, firstNic)
    : addSwitchedNodes(builder, cluster, nicsPerNode, firstNic, nicBytesPerSecond);
}

function addSwitchedNodes(
  builder: GraphBuilder,
  cluster: Cluster,
  nicsPerNode: readonly number[],
  firstNic: readonly number[],
  nicBytesPerSecond: number,
): Map<number, number> {
  const parents = new Map<number, number>();
  const { gpusPerNode } = cluster;
  const gpus = cluster.nodes * gpusPerNode;
  const domain = scaleUpDomainGpus(cluster);
  const switches = Array.from({ length: Math.ceil(gpus / domain) }, (_, d) =>
    builder.vertex('nvswitch', domain > gpusPerNode ? `domain${d}.nvswitch` : `node${d}.nvswitch`),
  );
  for (let gpu = 0; gpu < gpus; gpu++) {
    const node = Math.floor(gpu / gpusPerNode);
    const local = gpu % gpusPerNode;
    const { scaleUp } = deviceOfNode(cluster, node);
    const up = builder.cable({
      from: gpu,
      to: switches[Math.floor(gpu / domain)] ?? 0,
      bytesPerSecond: scaleUp.bandwidthBytesPerSecond,
      upLatencySeconds: scaleUp.latencySeconds,
      downLatencySeconds: 0,
      kind: 'scaleUp',
      tier: 0,
      name: `node${node}.gpu${local}`,
    });
    parents.set(gpu, up);
    const nics = nicsPerNode[node] ?? 0;
    if (nics === 0) continue;
    const sharing = { gpusPerNode, nicsPerNode: nics };
    const count = nicCountOfGpu(sharing, local);
    const slot = cluster.node.pcieBytesPerSecond ?? Math.max(defaultPcieBytesPerSecond, count * nicBytesPerSecond);
    for (let i = 0; i < count; i++) {
      builder.cable({
        from: gpu,
        to: gpus + (firstNic[node] ?? 0) + nicOfGpu(sharing, local) + i,
        bytesPerSecond: slot / count,
        upLatencySeconds: 0,
        downLatencySeconds: 0,
        kind: 'pcie',
        tier: 0,
        name: `node${node}.gpu${local}.pcie`,
      });
    }
  }
  return parents;
}

function addPcieNodes(
  builder: GraphBuilder,
  cluster: Cluster,
  nicsPerNode: readonly number[],
  firstNic: readonly number[],
): Map<number, number> {
  const parents = new Map<number, number>();
  const { gpusPerNode, node: spec } = cluster;
  const gpus = cluster.nodes * gpusPerNode;
  const perSwitch = spec.gpusPerPcieSwitch ?? 0;
  const sockets = spec.interSocketBytesPerSecond !== undefined && gpusPerNode > 1 ? 2 : 1;
  for (let node = 0; node < cluster.nodes; node++) {
    const { scaleUp } = deviceOfNode(cluster, node);
    const slot = spec.pcieBytesPerSecond ?? scaleUp.bandwidthBytesPerSecond;
    const bridges = Array.from({ length: sockets }, (_, s) => builder.vertex('hostBridge', `node${node}.socket${s}`));
    const common = { upLatencySeconds: 0, downLatencySeconds: 0, tier: 0 } as const;
    if (sockets === 2) {
      const [first = 0, second = 0] = bridges;
      const bytesPerSecond = spec.interSocketBytesPerSecond ?? slot;
      const name = `node${node}.sockets`;
      parents.set(
        second,
        builder.cable({ ...common, from: second, to: first, bytesPerSecond, kind: 'interSocket', name }),
      );
    }
    const bridgeOf = (local: number): number => bridges[Math.floor((local * sockets) / gpusPerNode)] ?? 0;
    const plx = new Map<number, number>();
    const attachOf = (local: number): number => {
      if (perSwitch === 0) return bridgeOf(local);
      const index = Math.floor(local / perSwitch);
      const known = plx.get(index);
      if (known !== undefined) return known;
      const from = builder.vertex('pcieSwitch', `node${node}.pcie${index}`);
      plx.set(index, from);
      const name = `node${node}.pcie${index}`;
      const to = bridgeOf(index * perSwitch);
      parents.set(from, builder.cable({ ...common, from, to, bytesPerSecond: slot, kind: 'pcie', name }));
      return from;
    };
    for (let local = 0; local < gpusPerNode; local++) {
      const from = node * gpusPerNode + local;
      const up = builder.cable({
        from,
        to: attachOf(local),
        bytesPerSecond: slot,
        upLatencySeconds: scaleUp.latencySeconds,
        downLatencySeconds: 0,
        kind: 'pcie',
        tier: 0,
        name: `node${node}.gpu${local}`,
      });
      parents.set(from, up);
    }
    const nics = nicsPerNode[node] ?? 0;
    for (let nic = 0; nic < nics; nic++) {
      const from = attachOf(gpuOfNic({ gpusPerNode, nicsPerNode: nics }, nic));
      const to = gpus + (firstNic[node] ?? 0) + nic;
      const name = `node${node}.nic${nic}.pcie`;
      parents.set(to, builder.cable({ ...common, from, to, bytesPerSecond: slot, kind: 'pcie', name }) + 1);
    }
  }
  return parents;
}

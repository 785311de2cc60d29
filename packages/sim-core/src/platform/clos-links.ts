import { type ClosShape, leafOf, podOf, railOfLeaf } from './clos-shape.js';
import type { GraphBuilder } from './graph-builder.js';

/** Adds leaves, spines and cores with their cables. NIC k of the graph is vertex firstNic + k. Returns each NIC's upward link. */
export function addClosLinks(builder: GraphBuilder, shape: ClosShape, firstNic: number): number[] {
  const latency = { upLatencySeconds: shape.switchLatencySeconds, downLatencySeconds: shape.switchLatencySeconds };
  const railName = (leaf: number): string => `rail${railOfLeaf(shape, leaf)}`;
  const leaves = Array.from({ length: shape.leaves }, (_, leaf) =>
    builder.vertex('switch', `${railName(leaf)}.leaf${leaf % shape.leavesPerRail}`),
  );
  const podName = (pod: number): string => {
    if (shape.tiers === 3) return `rail${Math.floor(pod / shape.podsPerRail)}.pod${pod % shape.podsPerRail}.`;
    return shape.railOnly ? `rail${pod}.` : '';
  };
  const spines = Array.from({ length: shape.pods * shape.spinesPerPod }, (_, i) =>
    builder.vertex('switch', `${podName(Math.floor(i / shape.spinesPerPod))}spine${i % shape.spinesPerPod}`),
  );
  const nicUp: number[] = [];
  for (let node = 0; node < shape.nodes; node++) {
    for (let nic = 0; nic < shape.nicsPerNode; nic++) {
      nicUp.push(
        builder.cable({
          from: firstNic + node * shape.nicsPerNode + nic,
          to: leaves[leafOf(shape, node, nic)] ?? 0,
          bytesPerSecond: shape.nicBytesPerSecond,
          upLatencySeconds: shape.nicLatencySeconds + shape.switchLatencySeconds,
          downLatencySeconds: shape.nicLatencySeconds,
          kind: 'nic',
          tier: 1,
          name: `node${node}.nic${nic}`,
        }),
      );
    }
  }
  for (let leaf = 0; leaf < shape.leaves; leaf++) {
    for (let spine = 0; spine < shape.spinesPerPod; spine++) {
      builder.cable({
        ...latency,
        from: leaves[leaf] ?? 0,
        to: spines[podOf(shape, leaf) * shape.spinesPerPod + spine] ?? 0,
        bytesPerSecond: shape.leafCableBytesPerSecond,
        kind: 'fabric',
        tier: 2,
        name: `${railName(leaf)}.leaf${leaf % shape.leavesPerRail}.spine${spine}`,
      });
    }
  }
  if (shape.tiers === 3) addCores(builder, shape, spines, podName);
  return nicUp;
}

function addCores(
  builder: GraphBuilder,
  shape: ClosShape,
  spines: readonly number[],
  podName: (pod: number) => string,
): void {
  const perRail = shape.spinesPerPod * shape.coresPerSpine;
  const cores = Array.from({ length: shape.cores }, (_, core) =>
    builder.vertex('switch', `${shape.railOnly ? `rail${Math.floor(core / perRail)}.` : ''}core${core % perRail}`),
  );
  for (let pod = 0; pod < shape.pods; pod++) {
    const firstCore = shape.railOnly ? Math.floor(pod / shape.podsPerRail) * perRail : 0;
    for (let spine = 0; spine < shape.spinesPerPod; spine++) {
      for (let j = 0; j < shape.coresPerSpine; j++) {
        const core = spine * shape.coresPerSpine + j;
        builder.cable({
          from: spines[pod * shape.spinesPerPod + spine] ?? 0,
          to: cores[firstCore + core] ?? 0,
          bytesPerSecond: shape.spineCableBytesPerSecond,
          upLatencySeconds: shape.switchLatencySeconds,
          downLatencySeconds: shape.switchLatencySeconds,
          kind: 'fabric',
          tier: 3,
          name: `${podName(pod)}spine${spine}.core${core}`,
        });
      }
    }
  }
}

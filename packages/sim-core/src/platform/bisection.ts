import { bytesPerSecondOfGbps, type ClosShape, podOf } from './clos-shape.js';
import type { TorusFabric } from './cluster.js';
import type { FabricGraph } from './fabric-graph.js';
import { FlowNetwork } from './max-flow.js';

/**
 * Bytes/s, one way, that the network of a Clos carries from the first half of the nodes to the rest: what one half can
 * send and the other receive at once. Exact: under spraying a Clos is a tree of aggregate links, and on a tree it is
 * best to deliver as low as possible. O(leaves).
 */
export function closBisection(shape: ClosShape, nodesBelow: number = Math.floor(shape.nodes / 2)): number {
  let total = 0;
  const pods = Array.from({ length: shape.pods }, () => ({ send: 0, receive: 0 }));
  for (let leaf = 0; leaf < shape.leaves; leaf++) {
    const first = (leaf % shape.leavesPerRail) * shape.nodesPerLeaf;
    const last = Math.min(first + shape.nodesPerLeaf, shape.nodes);
    const senders = Math.max(0, Math.min(nodesBelow, last) - first);
    const port = shape.nicsPerRail * shape.nicBytesPerSecond;
    const left = deliver(senders * port, (last - first - senders) * port, shape.leafUplinkBytesPerSecond);
    total += left.delivered;
    const pod = pods[podOf(shape, leaf)];
    if (pod) {
      pod.send += left.send;
      pod.receive += left.receive;
    }
  }
  const roots = Array.from({ length: shape.railOnly ? shape.rails : 1 }, () => ({ send: 0, receive: 0 }));
  pods.forEach((pod, i) => {
    const left = deliver(pod.send, pod.receive, shape.podUplinkBytesPerSecond);
    total += left.delivered;
    const root = roots[shape.railOnly ? Math.floor(i / shape.podsPerRail) : 0];
    if (root) {
      root.send += left.send;
      root.receive += left.receive;
    }
  });
  return roots.reduce((sum, root) => sum + Math.min(root.send, root.receive), total);
}

/** Delivers below a switch what can be, and lets the rest through its uplink. */
function deliver(send: number, receive: number, uplink: number): { delivered: number; send: number; receive: number } {
  const delivered = Math.min(send, receive);
  return { delivered, send: Math.min(send - delivered, uplink), receive: Math.min(receive - delivered, uplink) };
}

/** Bytes/s across the middle of a torus, one way: two cuts through the longest dimension. */
export function torusBisection(fabric: TorusFabric): number {
  const chips = fabric.dims.reduce((product, extent) => product * extent, 1);
  const longest = Math.max(...fabric.dims);
  return longest < 2 ? 0 : ((2 * chips) / longest) * bytesPerSecondOfGbps(fabric.linkGbps);
}

/** The same as `closBisection` for any graph, as a maximum flow from the NICs of the first nodes to those of the rest. */
export function graphBisection(graph: FabricGraph, nodesBelow: number = Math.floor(graph.cluster.nodes / 2)): number {
  const network = new FlowNetwork(graph.vertices + 2);
  const [source, sink] = [graph.vertices, graph.vertices + 1];
  for (let link = 0; link < graph.links; link++) {
    const kind = graph.linkKind(link);
    if (kind === 'nic' || kind === 'fabric') {
      network.edge(graph.from[link] ?? 0, graph.to[link] ?? 0, graph.capacity[link] ?? 0);
    }
  }
  for (let nic = 0; nic < graph.nics; nic++) {
    const vertex = graph.gpus + nic;
    if (graph.nodeOfNic(nic) < nodesBelow) network.edge(source, vertex, Number.POSITIVE_INFINITY);
    else network.edge(vertex, sink, Number.POSITIVE_INFINITY);
  }
  return network.maximum(source, sink);
}

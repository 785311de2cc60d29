import { addCables, nicsOfGraph } from './cable-list.js';
import { addClosLinks } from './clos-links.js';
import { bytesPerSecondOfGbps, type ClosShape, closShape } from './clos-shape.js';
import type { Cluster } from './cluster.js';
import { addDragonflyLinks, type DragonflyLinks } from './dragonfly-links.js';
import { GraphBuilder, type LinkKind, linkKinds, type VertexKind, vertexKinds } from './graph-builder.js';
import { addNodeLinks } from './node-links.js';
import { addTorusLinks, type TorusLinks } from './torus-links.js';

/**
 * Every directed link of a cluster, as columns. Link 2c is cable c upwards, link 2c + 1 downwards. Vertices: GPU g
 * (global index) is g, NIC k is gpus + k, then switches. Names: docs/topology.md.
 */
export class FabricGraph {
  readonly links: number;
  readonly vertices: number;
  readonly gpus: number;
  readonly nics: number;
  readonly from: Int32Array;
  readonly to: Int32Array;
  /** Bytes/s. */
  readonly capacity: Float64Array;
  /** Seconds that crossing the link and entering what is at its end adds. */
  readonly latency: Float64Array;
  /** Positions in `linkKinds` and `vertexKinds`. */
  readonly kind: Uint8Array;
  readonly vertexKind: Uint8Array;
  readonly tier: Uint8Array;
  /** Links that leave vertex v: outLinks[outFirst[v] … outFirst[v + 1]). */
  readonly outFirst: Int32Array;
  readonly outLinks: Int32Array;
  /** Link of a vertex towards the root of its node or scale-up domain, -1 if it has none. */
  readonly parentLink: Int32Array;
  /** Link from a NIC into the fabric, -1 for a NIC without cable; the one back is that id xor 1. */
  readonly nicUp: Int32Array;
  /** First NIC (global index) of each node, and one entry more. */
  readonly firstNic: Int32Array;
  readonly #vertexNames: readonly string[];
  readonly #cableNames: readonly string[];
  #cableByName: Map<string, number> | undefined;

  constructor(
    readonly cluster: Cluster,
    builder: GraphBuilder,
    parts: { parents: ReadonlyMap<number, number>; nicUp: readonly number[]; firstNic: readonly number[] },
    readonly clos: ClosShape | undefined,
    readonly dragonfly: DragonflyLinks | undefined,
    readonly torus: TorusLinks | undefined,
  ) {
    const { cables } = builder;
    this.links = 2 * cables.length;
    this.vertices = builder.vertexNames.length;
    this.gpus = cluster.nodes * cluster.gpusPerNode;
    this.nics = parts.nicUp.length;
    this.from = new Int32Array(this.links);
    this.to = new Int32Array(this.links);
    this.capacity = new Float64Array(this.links);
    this.latency = new Float64Array(this.links);
    this.kind = new Uint8Array(this.links);
    this.tier = new Uint8Array(this.links);
    cables.forEach((cable, c) => {
      for (const link of [2 * c, 2 * c + 1]) {
        this.from[link] = link % 2 === 0 ? cable.from : cable.to;
        this.to[link] = link % 2 === 0 ? cable.to : cable.from;
        this.capacity[link] = cable.bytesPerSecond;
        this.latency[link] = link % 2 === 0 ? cable.upLatencySeconds : cable.downLatencySeconds;
        this.kind[link] = linkKinds.indexOf(cable.kind);
        this.tier[link] = cable.tier;
      }
    });
    this.vertexKind = Uint8Array.from(builder.vertexKind, (kind) => vertexKinds.indexOf(kind));
    this.#vertexNames = builder.vertexNames;
    this.#cableNames = cables.map((cable) => cable.name);
    this.nicUp = Int32Array.from(parts.nicUp);
    this.firstNic = Int32Array.from(parts.firstNic);
    this.parentLink = new Int32Array(this.vertices).fill(-1);
    for (const [vertex, link] of parts.parents) this.parentLink[vertex] = link;
    this.outFirst = new Int32Array(this.vertices + 1);
    for (const vertex of this.from) this.outFirst[vertex + 1] = (this.outFirst[vertex + 1] ?? 0) + 1;
    for (let v = 0; v < this.vertices; v++)
      this.outFirst[v + 1] = (this.outFirst[v + 1] ?? 0) + (this.outFirst[v] ?? 0);
    const next = this.outFirst.slice();
    this.outLinks = new Int32Array(this.links);
    this.from.forEach((vertex, link) => {
      const at = next[vertex] ?? 0;
      this.outLinks[at] = link;
      next[vertex] = at + 1;
    });
  }

  linkKind(link: number): LinkKind {
    return linkKinds[this.kind[link] ?? 0] ?? 'fabric';
  }

  kindOfVertex(vertex: number): VertexKind {
    return vertexKinds[this.vertexKind[vertex] ?? 0] ?? 'switch';
  }

  linkName(link: number): string {
    const cable = this.#cableNames[link >> 1];
    if (cable === undefined) throw new RangeError(`FabricGraph.linkName: link ${link} of ${this.links}`);
    return `${cable}.${link % 2 === 0 ? 'up' : 'down'}`;
  }

  vertexName(vertex: number): string {
    return this.#vertexNames[vertex] ?? `vertex${vertex}`;
  }

  /** Links of a name: one for `….up` or `….down`, both for the cable's name; empty when nothing is called so. */
  linksNamed(name: string): number[] {
    this.#cableByName ??= new Map(this.#cableNames.map((cable, c) => [cable, c]));
    const whole = this.#cableByName.get(name);
    if (whole !== undefined) return [2 * whole, 2 * whole + 1];
    const match = /^(.*)\.(up|down)$/.exec(name);
    const cable = match ? this.#cableByName.get(match[1] ?? '') : undefined;
    return cable === undefined ? [] : [2 * cable + (match?.[2] === 'down' ? 1 : 0)];
  }

  nodeOfNic(nic: number): number {
    let [low, high] = [0, this.firstNic.length - 2];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.firstNic[middle] ?? 0) <= nic) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** NICs of a node. */
  nicsOfNode(node: number): number {
    return (this.firstNic[node + 1] ?? 0) - (this.firstNic[node] ?? 0);
  }
}

/** Builds the graph of a cluster. Throws RangeError on a fabric that `clusterProblems` would refuse. */
export function buildFabricGraph(cluster: Cluster): FabricGraph {
  const { fabric, nodes, gpusPerNode } = cluster;
  const builder = new GraphBuilder();
  const gpus = nodes * gpusPerNode;
  for (let gpu = 0; gpu < gpus; gpu++) {
    builder.vertex('gpu', `node${Math.floor(gpu / gpusPerNode)}.gpu${gpu % gpusPerNode}`);
  }
  if (fabric.kind === 'torus') {
    const torus = addTorusLinks(builder, fabric);
    const firstNic = new Array<number>(nodes + 1).fill(0);
    return new FabricGraph(cluster, builder, { parents: new Map(), nicUp: [], firstNic }, undefined, undefined, torus);
  }
  const clos = fabric.kind === 'clos' ? closShape(cluster) : undefined;
  const cableNics = fabric.kind === 'graph' ? nicsOfGraph(cluster, fabric) : undefined;
  const perNode = Array.from({ length: nodes }, (_, node) =>
    clos ? clos.nicsPerNode : (cableNics?.[node]?.length ?? gpusPerNode),
  );
  const firstNic = [0];
  for (const count of perNode) firstNic.push((firstNic.at(-1) ?? 0) + count);
  const nicNames = perNode.flatMap((count, node) => Array.from({ length: count }, (_, i) => `node${node}.nic${i}`));
  const nics = nicNames.map((name) => ({ vertex: builder.vertex('nic', name), name }));
  const parents = addNodeLinks(builder, cluster, perNode, firstNic, bytesPerSecondOfGbps(fabric.nicGbps));
  let dragonfly: DragonflyLinks | undefined;
  let nicUp: number[];
  if (clos) {
    nicUp = addClosLinks(builder, clos, gpus);
  } else if (fabric.kind === 'dragonfly') {
    ({ nicUp, dragonfly } = addDragonflyLinks(builder, fabric, nics));
  } else if (fabric.kind === 'graph') {
    const vertexOf = (node: number, i: number): number => gpus + (firstNic[node] ?? 0) + i;
    nicUp = addCables(builder, fabric, cableNics ?? [], vertexOf, nics.length);
  } else {
    throw new RangeError(`buildFabricGraph: fabric.kind ${fabric.kind}`);
  }
  return new FabricGraph(cluster, builder, { parents, nicUp, firstNic }, clos, dragonfly, undefined);
}

import type { Cluster, FabricGraph, TopologySummary } from '@regatta/sim-core';

/** One cable as `topology --json` lists it: `<name>.up` and `<name>.down` are its directions. */
export interface CableJson {
  readonly name: string;
  readonly kind: string;
  readonly from: string;
  readonly to: string;
  readonly bytesPerSecond: number;
}

/** What `topology --json` prints. `links` is null where there are too many to list. */
export interface TopologyJson extends TopologySummary {
  readonly schemaVersion: 1;
  readonly command: 'topology';
  readonly cluster: Cluster;
  /** Of an imported cluster whose cables are a two-tier Clos: the fabric to simulate it with. */
  readonly closFabric?: Cluster['fabric'];
  /** Names that the nodes have where the cluster exists; node k of every other field is nodeNames[k]. */
  readonly nodeNames?: readonly string[];
  readonly links: readonly CableJson[] | null;
  readonly warnings: readonly string[];
}

/** Every cable of a graph with its stable name. */
export function cablesJson(graph: FabricGraph): CableJson[] {
  return Array.from({ length: graph.links / 2 }, (_, cable) => ({
    name: graph.linkName(2 * cable).slice(0, -'.up'.length),
    kind: graph.linkKind(2 * cable),
    from: graph.vertexName(graph.from[2 * cable] ?? 0),
    to: graph.vertexName(graph.to[2 * cable] ?? 0),
    bytesPerSecond: graph.capacity[2 * cable] ?? 0,
  }));
}

/** The summary with the resolved cluster and, if there is a graph, all links. */
export function topologyJson(
  cluster: Cluster,
  summary: TopologySummary,
  more: Pick<TopologyJson, 'closFabric' | 'nodeNames' | 'warnings'> & { readonly graph: FabricGraph | undefined },
): TopologyJson {
  const { graph, closFabric, nodeNames, warnings } = more;
  return {
    schemaVersion: 1,
    command: 'topology',
    ...summary,
    cluster,
    ...(closFabric ? { closFabric } : {}),
    ...(nodeNames ? { nodeNames } : {}),
    links: graph ? cablesJson(graph) : null,
    warnings,
  };
}

import { bytesPerSecondOfGbps, defaultNicLatencySeconds, defaultSwitchLatencySeconds } from './clos-shape.js';
import type { Cluster, GraphFabric } from './cluster.js';
import type { GraphBuilder } from './graph-builder.js';

/** End of a cable in a graph fabric: a switch by name, or a node with, if stated, the index of its NIC. */
export type CableEnd =
  | { readonly kind: 'switch'; readonly name: string }
  | { readonly kind: 'node'; readonly node: number; readonly nic: number | undefined };

/** Reads `node3`, `node3.nic2` or the name of a switch. */
export function cableEnd(fabric: GraphFabric, text: string): CableEnd | undefined {
  if (fabric.switches.includes(text)) return { kind: 'switch', name: text };
  const match = /^node(\d+)(?:\.nic(\d+))?$/.exec(text);
  if (!match) return undefined;
  return { kind: 'node', node: Number(match[1]), nic: match[2] === undefined ? undefined : Number(match[2]) };
}

/** A NIC of a graph fabric: one end of one cable. */
interface CableNic {
  readonly cable: number;
  readonly end: 'from' | 'to';
  readonly index: number;
}

/** NICs of each node of a graph fabric: one for each cable end on it; stated indices first, the rest in the order of the file. */
export function nicsOfGraph(cluster: Cluster, fabric: GraphFabric): CableNic[][] {
  const switches = new Set(fabric.switches);
  const nics: { cable: number; end: 'from' | 'to'; index: number | undefined }[][] = Array.from(
    { length: cluster.nodes },
    () => [],
  );
  fabric.cables.forEach((cable, i) => {
    for (const end of ['from', 'to'] as const) {
      if (switches.has(cable[end])) continue;
      const at = cableEnd(fabric, cable[end]);
      if (at?.kind === 'node') nics[at.node]?.push({ cable: i, end, index: at.nic });
    }
  });
  return nics.map((list) => {
    const taken = new Set(list.map((nic) => nic.index));
    let next = 0;
    const numbered = list.map((nic) => {
      if (nic.index !== undefined) return { ...nic, index: nic.index };
      while (taken.has(next)) next++;
      return { ...nic, index: next++ };
    });
    return numbered.sort((a, b) => a.index - b.index);
  });
}

/** Adds the switches and cables of a graph fabric. `nicVertex(node, i)` is the vertex of the node's i-th NIC. */
export function addCables(
  builder: GraphBuilder,
  fabric: GraphFabric,
  nics: readonly (readonly CableNic[])[],
  nicVertex: (node: number, i: number) => number,
  nicCount: number,
): number[] {
  const vertices = new Map(fabric.switches.map((name) => [name, builder.vertex('switch', name)]));
  const nicUp = new Array<number>(nicCount).fill(-1);
  const ends = new Map<string, { vertex: number; name: string }>();
  const firstNicVertex = nicVertex(0, 0);
  nics.forEach((list, node) => {
    list.forEach((nic, i) => {
      ends.set(`${nic.cable}${nic.end}`, { vertex: nicVertex(node, i), name: `node${node}.nic${i}` });
    });
  });
  fabric.cables.forEach((cable, i) => {
    const at = (end: 'from' | 'to') => {
      const nic = ends.get(`${i}${end}`);
      if (nic) return { ...nic, host: true };
      const vertex = vertices.get(cable[end]);
      if (vertex === undefined) throw new RangeError(`buildFabricGraph: cables.${i}.${end} ${cable[end]} is not known`);
      return { vertex, name: cable[end], host: false };
    };
    const [first, second] = [at('from'), at('to')];
    // The end at the host comes first, so that "up" always leaves the host.
    const [from, to] = second.host && !first.host ? [second, first] : [first, second];
    const into = (end: { host: boolean }): number =>
      end.host ? defaultNicLatencySeconds : defaultSwitchLatencySeconds;
    const out = (end: { host: boolean }): number => (end.host ? defaultNicLatencySeconds : 0);
    const host = from.host || to.host;
    const up = builder.cable({
      from: from.vertex,
      to: to.vertex,
      bytesPerSecond: bytesPerSecondOfGbps(host ? Math.min(cable.gbps, fabric.nicGbps) : cable.gbps),
      upLatencySeconds: out(from) + into(to),
      downLatencySeconds: out(to) + into(from),
      kind: host ? 'nic' : 'fabric',
      tier: host ? 1 : 2,
      name: from.host && !to.host ? from.name : `${from.name}.${to.name}`,
    });
    if (from.host) nicUp[from.vertex - firstNicVertex] = up;
    if (to.host) nicUp[to.vertex - firstNicVertex] = up + 1;
  });
  return nicUp;
}

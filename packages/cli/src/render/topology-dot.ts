import { type FabricGraph, switchTiers } from '@regatta/sim-core';

/** The network as Graphviz text: hosts, switches by tier, cables between the same two merged, with their number and rate. */
export function topologyDot(graph: FabricGraph, nodeNames: readonly string[] = []): string {
  const tier = switchTiers(graph);
  const nameOf = (vertex: number): string => {
    if (graph.torus) return `chip${vertex}`;
    const nic = vertex - graph.gpus;
    if (nic < 0 || nic >= graph.nics) return graph.vertexName(vertex);
    const node = graph.nodeOfNic(nic);
    return nodeNames[node] ?? `node${node}`;
  };
  const edges = new Map<string, { from: string; to: string; cables: number; bytesPerSecond: number }>();
  for (let link = 0; link < graph.links; link += 2) {
    const kind = graph.linkKind(link);
    if (kind !== 'nic' && kind !== 'fabric') continue;
    const [from, to] = [nameOf(graph.from[link] ?? 0), nameOf(graph.to[link] ?? 0)];
    const key = JSON.stringify([from, to]);
    const edge = edges.get(key) ?? { from, to, cables: 0, bytesPerSecond: 0 };
    edge.cables++;
    edge.bytesPerSecond += graph.capacity[link] ?? 0;
    edges.set(key, edge);
  }
  const ranks = new Map<number, string[]>();
  for (let vertex = 0; vertex < graph.vertices; vertex++) {
    const at = tier[vertex] ?? 0;
    if (at > 0) ranks.set(at, [...(ranks.get(at) ?? []), graph.vertexName(vertex)]);
  }
  const lines = ['graph regatta {', '  rankdir=BT;', '  node [shape=box, fontname="sans-serif"];'];
  for (const [at, names] of [...ranks].sort(([a], [b]) => a - b)) {
    lines.push(
      `  { rank=same; // tier ${at}`,
      ...names.map((name) => `    ${quote(name)} [style=filled, fillcolor="#dde8f5"];`),
      '  }',
    );
  }
  for (const { from, to, cables, bytesPerSecond } of edges.values()) {
    const label = `${cables > 1 ? `${cables} x ` : ''}${Number(((bytesPerSecond * 8) / cables / 1e9).toPrecision(4))}G`;
    lines.push(`  ${quote(from)} -- ${quote(to)} [label="${label}"];`);
  }
  return [...lines, '}', ''].join('\n');
}

function quote(name: string): string {
  return `"${name.replace(/["\\]/g, '\\$&')}"`;
}

import type { FabricGraph } from './fabric-graph.js';

/** Top of the node or scale-up domain that a vertex is in: itself where it has nothing above. */
export function rootOf(graph: FabricGraph, from: number): number {
  let vertex = from;
  for (let link = graph.parentLink[vertex] ?? -1; link >= 0; link = graph.parentLink[vertex] ?? -1) {
    vertex = graph.to[link] ?? 0;
  }
  return vertex;
}

/** Links up to the common ancestor and down again inside one node or scale-up domain; undefined when the trees differ. */
export function insidePath(graph: FabricGraph, from: number, to: number): number[] | undefined {
  const climb = (vertex: number): number[] => {
    const links: number[] = [];
    for (let link = graph.parentLink[vertex] ?? -1; link >= 0; link = graph.parentLink[graph.to[link] ?? 0] ?? -1) {
      links.push(link);
    }
    return links;
  };
  const up = climb(from);
  const down = climb(to);
  const end = (start: number, links: readonly number[]): number => graph.to[links.at(-1) ?? -1] ?? start;
  if (end(from, up) !== end(to, down)) return undefined;
  // What both have in common above the meeting point is not crossed.
  while (up.length > 0 && up.at(-1) === down.at(-1)) {
    up.pop();
    down.pop();
  }
  return [...up, ...down.reverse().map((link) => link ^ 1)];
}

/** Link from a GPU straight to a NIC, undefined when there is no such cable. */
export function directLink(graph: FabricGraph, from: number, to: number): number | undefined {
  for (let i = graph.outFirst[from] ?? 0; i < (graph.outFirst[from + 1] ?? 0); i++) {
    const link = graph.outLinks[i] ?? 0;
    if (graph.to[link] === to) return link;
  }
  return undefined;
}

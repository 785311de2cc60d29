import type { CableTier, FabricFigures, PathCount, SwitchTier } from './fabric-figures.js';
import type { FabricGraph } from './fabric-graph.js';
import { vertexKinds } from './graph-builder.js';
import { ShortestPaths } from './shortest-paths.js';

/** Tier of each switch: 1 with a host on it, 2 beside such a one, and so on; 0 for what is no switch or is unreachable. */
export function switchTiers(graph: FabricGraph): Int32Array {
  const tier = new Int32Array(graph.vertices);
  let level: number[] = [];
  const isSwitch = (vertex: number): boolean => graph.vertexKind[vertex] === vertexKinds.indexOf('switch');
  const enter = (vertex: number, at: number, into: number[]): void => {
    if (!isSwitch(vertex) || tier[vertex] !== 0) return;
    tier[vertex] = at;
    into.push(vertex);
  };
  for (const up of graph.nicUp) if (up >= 0) enter(graph.to[up] ?? 0, 1, level);
  for (let at = 2; level.length > 0; at++) {
    const above: number[] = [];
    for (const vertex of level) for (const link of linksOut(graph, vertex)) enter(graph.to[link] ?? 0, at, above);
    level = above;
  }
  return tier;
}

function linksOut(graph: FabricGraph, vertex: number): Int32Array {
  return graph.outLinks.subarray(graph.outFirst[vertex], graph.outFirst[vertex + 1]);
}

/** Figures of a materialised fabric. Oversubscription is measured: bytes/s below over bytes/s above, tier by tier. */
export function graphFigures(graph: FabricGraph): FabricFigures {
  const tier = switchTiers(graph);
  const sums = new Map<number, { count: number; down: number; up: number; downRate: number; upRate: number }>();
  const cables = new Map<string, { count: number; total: number }>();
  const fabricKinds = new Set(['nic', 'fabric']);
  for (let vertex = 0; vertex < graph.vertices; vertex++) {
    const at = tier[vertex] ?? 0;
    if (at === 0) continue;
    const sum = sums.get(at) ?? { count: 0, down: 0, up: 0, downRate: 0, upRate: 0 };
    let [down, up] = [0, 0];
    for (const link of linksOut(graph, vertex)) {
      const other = tier[graph.to[link] ?? 0] ?? 0;
      if (other < at) {
        down++;
        sum.downRate += graph.capacity[link] ?? 0;
      } else {
        up++;
        if (other > at) sum.upRate += graph.capacity[link] ?? 0;
      }
    }
    sums.set(at, { ...sum, count: sum.count + 1, down: Math.max(sum.down, down), up: Math.max(sum.up, up) });
  }
  for (let link = 0; link < graph.links; link += 2) {
    if (!fabricKinds.has(graph.linkKind(link))) continue;
    const name = cableName(graph, tier, link);
    const known = cables.get(name) ?? { count: 0, total: 0 };
    cables.set(name, { count: known.count + 1, total: known.total + (graph.capacity[link] ?? 0) });
  }
  const ratio = (at: number): number => {
    const sum = sums.get(at);
    return sum && sum.upRate > 0 ? Math.max(1, sum.downRate / sum.upRate) : 1;
  };
  const { diameter, paths } = distances(graph);
  return {
    nics: graph.nics,
    nicsPerNode: graph.nics / Math.max(1, graph.cluster.nodes),
    rails: 1,
    tiers: [...sums]
      .sort(([a], [b]) => a - b)
      .map(([at, sum]): SwitchTier => {
        return { name: `tier ${at}`, count: sum.count, downPorts: sum.down, upPorts: sum.up };
      }),
    cables: [...cables]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, { count, total }]): CableTier => {
        return { name, cables: count, bytesPerSecond: total / count, totalBytesPerSecond: total };
      }),
    oversubscription: { leaf: ratio(1), spine: ratio(2), overall: ratio(1) * ratio(2) },
    diameter,
    paths,
  };
}

function cableName(graph: FabricGraph, tier: Int32Array, link: number): string {
  if (graph.torus) return 'chip - chip';
  if (graph.linkKind(link) === 'nic') return 'NIC - switch';
  if (graph.dragonfly) return graph.tier[link] === 3 ? 'router - router, global' : 'router - router, local';
  const ends = [tier[graph.from[link] ?? 0] ?? 0, tier[graph.to[link] ?? 0] ?? 0].sort();
  return `tier ${ends[0]} - tier ${ends[1]}`;
}

/** Longest shortest way between places where hosts hang, and how many ways there are at each distance. */
function distances(graph: FabricGraph): Pick<FabricFigures, 'diameter' | 'paths'> {
  const places = graph.torus
    ? Array.from({ length: graph.gpus }, (_, chip) => chip)
    : [...new Set([...graph.nicUp].filter((up) => up >= 0).map((up) => graph.to[up] ?? 0))];
  const shortest = new ShortestPaths(graph);
  // A torus looks the same from every chip.
  const targets = graph.torus ? places.slice(0, 1) : places;
  const most = new Map<number, { least: number; most: number }>();
  for (const target of targets) {
    for (const from of places) {
      const found = shortest.count(from, target);
      if (!found) continue;
      const known = most.get(found.hops);
      most.set(found.hops, {
        least: Math.min(known?.least ?? found.ways, found.ways),
        most: Math.max(known?.most ?? found.ways, found.ways),
      });
    }
  }
  const firstUp = graph.nicUp.find((up) => up >= 0);
  const ends = firstUp === undefined ? 0 : (graph.latency[firstUp] ?? 0) + (graph.latency[firstUp ^ 1] ?? 0);
  const hop = graph.links > 0 ? hopLatency(graph) : 0;
  const paths = [...most]
    .sort(([a], [b]) => a - b)
    .map(([hops, { least }]): PathCount => {
      const switches = graph.torus ? hops : hops + 1;
      return {
        between: hops === 0 ? 'one switch' : `${hops} hops`,
        switches,
        paths: least,
        latencySeconds: ends + hops * hop,
      };
    });
  const farthest = paths.at(-1);
  return { diameter: { switches: farthest?.switches ?? 0, latencySeconds: farthest?.latencySeconds ?? 0 }, paths };
}

function hopLatency(graph: FabricGraph): number {
  for (let link = 0; link < graph.links; link++) if (graph.linkKind(link) === 'fabric') return graph.latency[link] ?? 0;
  return 0;
}

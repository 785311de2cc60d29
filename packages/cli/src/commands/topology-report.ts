import { expandHostlist, InputError } from '@regatta/scenarios';
import {
  buildFabricGraph,
  type Cluster,
  clusterProblems,
  defaultPlacement,
  nodeListPlacement,
  type Placement,
  topologySummary,
} from '@regatta/sim-core';
import { type Arguments, flag, stringArgument } from '../conduct/command.js';
import type { Io } from '../conduct/io.js';
import { topologyDot } from '../render/topology-dot.js';
import { topologyJson } from '../render/topology-json.js';
import { topologyText } from '../render/topology-text.js';

/** A cluster to describe; names and warnings if it was imported. */
export interface DescribedCluster {
  readonly cluster: Cluster;
  /** The Clos that its list of cables is, if it is one. */
  readonly closFabric?: Cluster['fabric'];
  readonly nodeNames?: readonly string[];
  readonly warnings: readonly string[];
  /** True when its files are the last word: two halves that nothing joins are then a remark, not a mistake. */
  readonly imported: boolean;
}

/** Most GPUs of which the links are listed one by one. */
const mostListedGpus = 65_536;

const wrong = (path: string, message: string, expected: string, received: string): InputError =>
  new InputError([{ code: 'range', path, message, expected, received }]);

/** Prints a cluster as text, JSON or Graphviz. Throws InputError on a cluster that cannot be, or a job that does not fit. */
export function reportTopology(described: DescribedCluster, args: Arguments, io: Io): number {
  const { cluster, nodeNames } = described;
  const warnings = [...described.warnings];
  if (described.imported) warnings.push(...clusterProblems(cluster).map(({ path, message }) => `${path}: ${message}`));
  const summary = topologySummary(cluster, jobPlacement(cluster, nodeNames, args));
  const listed = summary.gpus <= mostListedGpus;
  if (flag(args, 'dot')) {
    if (!listed) throw wrong('--dot', `${summary.gpus} GPUs are too many to draw`, `at most ${mostListedGpus}`, '');
    deliver(topologyDot(buildFabricGraph(cluster), nodeNames), args, io);
  } else if (flag(args, 'json')) {
    if (!listed) warnings.push(`the links of more than ${mostListedGpus} GPUs are not listed`);
    const graph = listed ? buildFabricGraph(cluster) : undefined;
    deliver(
      `${JSON.stringify(topologyJson(cluster, summary, { ...described, graph, warnings }), null, 2)}\n`,
      args,
      io,
    );
  } else {
    deliver(topologyText(summary), args, io);
  }
  for (const warning of warnings) io.remark(`warning: ${warning}`);
  return 0;
}

function deliver(text: string, args: Arguments, io: Io): void {
  const out = stringArgument(args, 'out');
  if (out === undefined) io.print(text);
  else io.writeFile(out, text, flag(args, 'force'));
}

/** Placement of --job and --job-nodes; undefined without them. */
function jobPlacement(
  cluster: Cluster,
  nodeNames: readonly string[] | undefined,
  args: Arguments,
): Placement | undefined {
  const count = stringArgument(args, 'job');
  const list = stringArgument(args, 'job-nodes');
  if (count === undefined && list === undefined) return undefined;
  const nodes = list === undefined ? undefined : nodesOf(list, cluster, nodeNames);
  const places = (nodes?.length ?? cluster.nodes) * cluster.gpusPerNode;
  const gpus = count === undefined ? places : Number(count);
  if (!Number.isInteger(gpus) || gpus < 1 || gpus > places) {
    throw wrong('--job', `${count} GPUs do not fit`, `a whole number from 1 to ${places}`, count ?? '');
  }
  return nodes ? nodeListPlacement(cluster.gpusPerNode, nodes, gpus) : defaultPlacement(cluster.gpusPerNode, gpus);
}

/** Node numbers of a list such as `0-31,64`, or of the names that the nodes have. */
function nodesOf(list: string, cluster: Cluster, nodeNames: readonly string[] | undefined): number[] {
  const numbers = /^[\d,-]+$/.test(list);
  const found = expandHostlist(numbers ? `[${list}]` : list);
  if (!found.ok) throw wrong('--job-nodes', found.message, 'a list such as 0-31,64', list);
  const indexOf = new Map(nodeNames?.map((name, node) => [name, node]));
  const nodes = found.names.map((name) => indexOf.get(name) ?? (/^\d+$/.test(name) ? Number(name) : -1));
  const unknown = found.names.find((_, i) => !((nodes[i] ?? -1) >= 0 && (nodes[i] ?? 0) < cluster.nodes));
  if (unknown !== undefined) {
    throw wrong('--job-nodes', `there is no node ${unknown}`, `nodes 0 to ${cluster.nodes - 1}`, list);
  }
  if (new Set(nodes).size !== nodes.length)
    throw wrong('--job-nodes', 'a node is listed twice', 'each node once', list);
  return nodes;
}

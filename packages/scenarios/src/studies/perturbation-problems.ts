import { buildFabricGraph, type Cluster, closCable, closShape } from '@regatta/sim-core';
import type { JobProblem } from '../schema/job-problems.js';
import type { ResolvedScenario } from '../schema/scenario-schema.js';

/** Flows over a fabric that chooses ways are routed one by one, over a graph of every link: up to so many GPUs. */
const mostRoutedGpus = 65536;
/** Chips of a torus whose activities are laid over its cables: those that lie alike are worked out once. */
const mostTorusGpus = 262144;

/** What a scenario perturbs that its cluster does not have, and fabrics too large to route flow by flow. */
export function perturbationProblems({ perturb }: ResolvedScenario, cluster: Cluster, gpus: number): JobProblem[] {
  const problems: JobProblem[] = [];
  const { fabric } = cluster;
  const routed = fabric.kind !== 'torus' && !(fabric.kind === 'clos' && fabric.routing === 'spray');
  if (routed && gpus > mostRoutedGpus) {
    problems.push({
      path: 'cluster.fabric.routing',
      message: `${fabric.kind === 'clos' ? fabric.routing : fabric.kind} is simulated flow by flow, not at ${gpus} GPUs`,
      expected: `spray on a Clos, or at most ${mostRoutedGpus} GPUs`,
    });
  }
  if (fabric.kind === 'torus' && gpus > mostTorusGpus) {
    problems.push({
      path: 'cluster.fabric.dims',
      message: `a torus is simulated cable by cable, not at ${gpus} GPUs`,
      expected: `at most ${mostTorusGpus} GPUs, or spray on a Clos`,
    });
  }
  const { sigma, distribution } = perturb.jitter;
  const most = distribution === 'exponential' ? 1 : distribution === 'uniform' ? 0.57 : 10;
  if (sigma > most) {
    problems.push({
      path: 'perturb.jitter.sigma',
      message: `${sigma} with ${distribution} jitter would give factors below 0`,
      expected: `at most ${most}`,
    });
  }
  perturb.slowRanks.forEach(({ rank }, i) => {
    if (rank >= gpus)
      problems.push({
        path: `perturb.slowRanks.${i}.rank`,
        message: `${rank} of ${gpus} ranks`,
        expected: `at most ${gpus - 1}`,
      });
  });
  perturb.traffic.forEach((flow, i) => {
    for (const end of ['from', 'to'] as const) {
      if (flow[end] < cluster.nodes) continue;
      problems.push({
        path: `perturb.traffic.${i}.${end}`,
        message: `node ${flow[end]} of ${cluster.nodes} nodes`,
        expected: `at most ${cluster.nodes - 1}`,
      });
    }
  });
  return problems.length > 0 ? problems : linkProblems(perturb.links, cluster, { ports: true });
}

/**
 * Links that the cluster does not have.
 * @param ports Whether GPUs of a torus have ports beside its cables: in a step they limit what a chip sends (default false).
 */
export function linkProblems(
  links: readonly { readonly link: string }[],
  cluster: Cluster,
  { ports = false }: { readonly ports?: boolean } = {},
): JobProblem[] {
  const known = (link: string): boolean => isPort(link, cluster) && (ports || cluster.fabric.kind !== 'torus');
  const unknown = links.flatMap(({ link }, i) => (known(link) ? [] : [{ link, i }]));
  if (unknown.length === 0) return [];
  const isKnown = cableNames(cluster);
  return unknown
    .filter(({ link }) => !isKnown(link))
    .map(({ link, i }) => ({
      path: `perturb.links.${i}.link`,
      message: `unknown link ${link}`,
      expected: `a name of regatta topology --json, such as ${exampleOf(cluster)}`,
    }));
}

const exampleOf = ({ fabric }: Cluster): string =>
  fabric.kind === 'torus' ? 'chip0.x or chip0.y.up' : 'node0.nic0 or rail0.leaf0.spine0.up';

/** Tells names of links: of a Clos by their numbers, without the graph of a large cluster. */
function cableNames(cluster: Cluster): (name: string) => boolean {
  if (cluster.fabric.kind === 'clos' && cluster.node.kind === 'nvswitch') {
    const shape = closShape(cluster);
    return (name) => closCable(shape, name) !== undefined;
  }
  const graph = buildFabricGraph(cluster);
  return (name) => graph.linksNamed(name).length > 0;
}

/** A NIC or a port of a GPU that the cluster has: known by its name alone, without the graph of a large cluster. */
function isPort(link: string, cluster: Cluster): boolean {
  const found = /^node(\d+)\.(nic|gpu)(\d+)(?:\.(?:up|down))?$/.exec(link);
  if (!found) return false;
  const { fabric, gpusPerNode, nodes } = cluster;
  // Chips of a torus have no NICs.
  if (fabric.kind === 'torus' && found[2] === 'nic') return false;
  const nics = fabric.kind === 'clos' ? (fabric.nicsPerNode ?? gpusPerNode) : gpusPerNode;
  return Number(found[1]) < nodes && Number(found[3]) < (found[2] === 'nic' ? nics : gpusPerNode);
}

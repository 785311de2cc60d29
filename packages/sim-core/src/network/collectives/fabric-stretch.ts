import type { Cluster } from '../../platform/cluster.js';
import { buildFabricGraph, type FabricGraph } from '../../platform/fabric-graph.js';
import { Router } from '../../platform/routes.js';
import { members, type Step, type Transfer } from './algorithms/algorithm.js';
import { halvingDoubling } from './algorithms/halving-doubling.js';
import { pat } from './algorithms/pat.js';
import { recursiveDoubling } from './algorithms/recursive-doubling.js';
import { ring } from './algorithms/ring.js';
import { tree } from './algorithms/tree.js';
import type { CollectiveCost } from './collective-cost.js';
import type { CollectiveFabric } from './collective-fabric.js';
import { linkBytes, type RouteOf, routesOfGpus } from './link-bytes.js';
import type { CollectiveOp, GroupLayout } from './types.js';

/** Pairs of an all-to-all that are routed; of more, evenly spaced distances stand for all. */
const maxPairs = 50_000;

/**
 * How many times longer than its NICs alone a collective keeps the fabric of an otherwise idle cluster busy: 1 where the
 * switches carry what the NICs send; more where tiers are oversubscribed, hashes collide or cables are slow. Each algorithm's
 * own pairs are laid over the routes of its GPUs, the first `ranks` of the cluster.
 * @throws DisconnectedError when no way leads between two GPUs that have to talk.
 */
export function fabricStretch(cluster: Cluster, group: GroupLayout, op: CollectiveOp, algorithm: string): number {
  if (group.domains <= 1 || cluster.fabric.kind === 'torus' || carriesAll(cluster)) return 1;
  const graph = buildFabricGraph(cluster);
  // Least loaded at the start of each of many flows spreads them; there is no single start here.
  const router = new Router(graph, cluster.fabric.routing === 'adaptive' ? { routing: 'spray' } : {});
  const routes = routesOfGpus(router, members(group.ranks));
  let nics = 0;
  let whole = 0;
  for (const phase of phasesOf(group, op, algorithm)) {
    const busy = busySeconds(graph, phase, routes);
    nics += busy.nics;
    whole += Math.max(busy.nics, busy.fabric);
  }
  return nics > 0 ? whole / nics : 1;
}

/** Algorithms whose levels or steps take their turns; those of the others overlap. */
const inTurn: readonly string[] = ['halving-doubling', 'recursive-doubling', 'pairwise', 'hierarchical-all-to-all'];

/** Seconds of a collective alone on a fabric with that stretch. */
export function secondsOnFabric(cost: CollectiveCost, fabric: CollectiveFabric, stretch: number): number {
  const nicSeconds = cost.nicBytes / (fabric.nicBytesPerSecond * fabric.nicMax);
  if (inTurn.includes(cost.algorithm)) return cost.secondsAlone + nicSeconds * (stretch - 1);
  return Math.max(cost.secondsAlone, cost.latencySeconds + nicSeconds * stretch);
}

/** A Clos without oversubscription that sprays carries whatever its NICs send. */
function carriesAll({ fabric }: Cluster): boolean {
  return (
    fabric.kind === 'clos' &&
    fabric.routing !== 'ecmp' &&
    fabric.routing !== 'static-rail' &&
    fabric.oversubscription <= 1 &&
    (fabric.spineOversubscription ?? fabric.oversubscription) <= 1 &&
    fabric.spinesPerPod === undefined
  );
}

function busySeconds(graph: FabricGraph, phase: Step, routes: RouteOf): { nics: number; fabric: number } {
  const { links, bytes } = linkBytes(phase, routes);
  const busy = { nics: 0, fabric: 0 };
  links.forEach((link, i) => {
    const kind = graph.linkKind(link);
    const seconds = (bytes[i] ?? 0) / (graph.capacity[link] ?? 0);
    if (kind === 'nic') busy.nics = Math.max(busy.nics, seconds);
    else if (kind === 'fabric') busy.fabric = Math.max(busy.fabric, seconds);
  });
  return busy;
}

/** The transfers between domains, phase after phase; whole messages of 1. */
function phasesOf(group: GroupLayout, op: CollectiveOp, algorithm: string): Step[] {
  const { ranks, ranksPerDomain, domains } = group;
  const domainOf = (rank: number): number => Math.floor(rank / ranksPerDomain);
  const across = (steps: readonly Step[]): Step[] =>
    steps.map((step) => step.filter(({ from, to }) => domainOf(from) !== domainOf(to)));
  // The same between domains on each rail.
  const onRails = (steps: readonly Step[]): Step[] =>
    steps.map((step) =>
      members(ranksPerDomain).flatMap((local) =>
        step
          .map(({ from, to, bytes }): Transfer => {
            return { from: from * ranksPerDomain + local, to: to * ranksPerDomain + local, bytes };
          })
          .filter(({ from, to }) => from < ranks && to < ranks),
      ),
    );
  switch (algorithm) {
    case 'sharp':
    case 'nvls':
      return [];
    case 'tree':
    case 'nvls-tree':
      return onRails(tree.steps('all_reduce', domains, 1));
    case 'pat':
      return across(pat.steps('all_gather', ranks, 1));
    case 'halving-doubling':
      return across(halvingDoubling.steps(op, ranks, 1));
    case 'recursive-doubling':
      return across(recursiveDoubling.steps('all_reduce', ranks, 1));
    case 'pairwise':
      return across(distances(ranks).map((distance) => shift(ranks, distance)));
    case 'hierarchical-all-to-all':
      return onRails([distances(domains).flatMap((distance) => shift(domains, distance))]);
    case 'posted':
      if (op === 'all_to_all') return across([distances(ranks).flatMap((distance) => shift(ranks, distance))]);
      return across([shift(ranks, 1)]);
    default:
      return onRails([ring.steps('all_gather', domains, 1)[0] ?? []]);
  }
}

const shift = (ranks: number, distance: number): Transfer[] =>
  members(ranks).map((from) => ({ from, to: (from + distance) % ranks, bytes: 1 }));

/** Distances 1 … n - 1 around a ring, or as many of them as `maxPairs` allows. */
function distances(ranks: number): number[] {
  const count = Math.min(ranks - 1, Math.max(2, Math.floor(maxPairs / ranks)));
  return Array.from({ length: count }, (_, i) => 1 + Math.floor((i * (ranks - 1)) / count));
}

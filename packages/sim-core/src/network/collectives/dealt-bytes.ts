import type { FabricGraph } from '../../platform/fabric-graph.js';
import type { Router } from '../../platform/routes.js';
import type { Transfer } from './algorithms/algorithm.js';
import type { Dealing } from './collective-phases.js';
import type { LinkTally } from './link-tally.js';
import type { GroupLayout } from './types.js';

/** Pairs of an all-to-all that are routed one by one; of more, evenly spread distances stand for all. */
const maxPairs = 2 ** 22;

/** Of more pairs of an exchange in steps so many stand for all: steps add up, so that fewer of them do not lean to one side. */
const pairsOfSteps = 2 ** 20;

/** How dealt bytes are laid over the links of a fabric. */
export interface DealtOn {
  readonly tally: LinkTally;
  readonly layout: GroupLayout;
  /** Members can be counted by where they sit (`countable`). */
  readonly counted: boolean;
  /** Links inside domains can be the limit. */
  readonly inside: boolean;
  /** Share of its rate that a link between domains reaches. */
  readonly reach: number;
  /** Lays one transfer over its way. */
  add(transfer: Transfer): void;
}

/**
 * Lays over the links what members deal out (collective-phases.ts), one byte each: by counting where members can be counted, as many
 * transfers as there are kinds of them; pair by pair elsewhere, where each has a hash or looks for a way of its own.
 * @returns Share of the pairs that are accounted for; below 1 evenly spread distances stand for the others.
 */
export function dealtBytes(among: Dealing, on: DealtOn): number {
  const { tally, layout, counted, inside, reach, add } = on;
  const { ranks, ranksPerDomain, domains } = layout;
  const bytes = 1 / (among === 'rails' ? domains : ranks);
  if (among === 'inside') {
    for (const transfer of insidePairs(layout, (members) => 1 / members)) add(transfer);
    return 1;
  }
  if (!counted) return listed(among, layout, add);
  const domainOf = (member: number): number => Math.floor(member / ranksPerDomain);
  const localOf = (member: number): number => member % ranksPerDomain;
  if (tally.graph.torus) {
    tally.countTorus(ranks, bytes / reach);
  } else if (among === 'rails') {
    const alike = Math.floor(ranks / ranksPerDomain);
    tally.count({ members: alike * ranksPerDomain, domainOf, localOf }, true, bytes / reach);
    if (alike === domains) return 1;
    for (let domain = 0; domain < alike; domain++) {
      for (const transfer of railPairs(layout, domain, alike, bytes)) add(transfer);
      for (const transfer of railPairs(layout, alike, domain, bytes)) add(transfer);
    }
  } else {
    // Members of a node that is not all in the group do not find all of its GPUs to change the rail over.
    const whole = ranks - (ranks % tally.graph.cluster.gpusPerNode);
    tally.count({ members: whole, domainOf, localOf }, false, bytes / reach);
    for (let lone = whole; lone < ranks; lone++) {
      for (let other = 0; other < whole && domainOf(other) !== domainOf(lone); other++) {
        add({ from: lone, to: other, bytes });
        add({ from: other, to: lone, bytes });
      }
    }
    if (inside) for (const transfer of insidePairs(layout, () => bytes)) add(transfer);
  }
  return 1;
}

/** Pair by pair, distance after distance, or as many distances as `maxPairs` allows. */
function listed(among: 'all' | 'rails', layout: GroupLayout, add: (transfer: Transfer) => void): number {
  const { ranks, domains } = layout;
  const places = among === 'rails' ? domains : ranks;
  const steps = distances(places, among === 'rails' ? domains * layout.ranksPerDomain : ranks);
  const bytes = (places - 1) / places / steps.length;
  for (const distance of steps) {
    for (let from = 0; from < places; from++) {
      const to = (from + distance) % places;
      if (among === 'all') add({ from, to, bytes });
      else for (const transfer of railPairs(layout, from, to, bytes)) add(transfer);
    }
  }
  return steps.length / Math.max(1, places - 1);
}

/** Distances that are taken together: all places of a node of up to so many GPUs are met equally often. */
const runLength = 8;

/** Distances of a pairwise exchange, each a step: all up to `maxPairs`, else as many as stand for them. */
export function stepDistances(ranks: number): number[] {
  return distances(ranks, ranks, ranks * (ranks - 1) <= maxPairs ? maxPairs : pairsOfSteps);
}

/**
 * Distances 1 … n - 1 around a ring, or as many of them as `most` allows of `pairs` each: evenly spaced runs, since single ones would
 * meet some places of the others' nodes more often than others where their spacing goes into the size of a node.
 */
export function distances(places: number, pairs = places, most = maxPairs): number[] {
  const all = places - 1;
  const count = Math.min(all, Math.max(2, Math.floor(most / pairs)));
  const runs = count === all ? 1 : Math.max(1, Math.floor(count / runLength));
  const length = runs === 1 ? count : runLength;
  const start = (run: number): number => 1 + Math.floor((run * all) / runs);
  return Array.from({ length: runs * length }, (_, i) => {
    const run = Math.floor(i / length);
    // In the middle of its part: the nearest distances are no more than the others.
    return start(run) + Math.floor((start(run + 1) - start(run) - length) / 2) + (i % length);
  });
}

/** Each member with the others of its domain; `bytesOf` knows how many are in it. */
function* insidePairs(
  { ranks, ranksPerDomain }: GroupLayout,
  bytesOf: (members: number) => number,
): Generator<Transfer> {
  for (let from = 0; from < ranks; from++) {
    const first = from - (from % ranksPerDomain);
    const end = Math.min(ranks, first + ranksPerDomain);
    const bytes = bytesOf(end - first);
    for (let to = first; to < end; to++) if (to !== from) yield { from, to, bytes };
  }
}

/** One domain with another on each rail; a smaller domain has members on several rails. */
function* railPairs(
  { ranks, ranksPerDomain }: GroupLayout,
  source: number,
  target: number,
  bytes: number,
): Generator<Transfer> {
  const at = (domain: number, rail: number): number => {
    const first = domain * ranksPerDomain;
    return first + (rail % Math.min(ranksPerDomain, ranks - first));
  };
  for (let rail = 0; rail < ranksPerDomain; rail++) yield { from: at(source, rail), to: at(target, rail), bytes };
}

/**
 * True when dealt bytes can be counted by where members sit: packets are sprayed or follow tables over links that are all up, and
 * every node has the same NICs, each on a switch, all of which are joined; or the fabric is a torus, whose ways go dimension by dimension.
 */
export function countable(graph: FabricGraph, router: Router, down: ReadonlySet<number>): boolean {
  if (down.size > 0) return false;
  if (graph.torus) return true;
  if (!router.sprays && !router.usesTables) return false;
  if (graph.clos || graph.dragonfly) return true;
  const perNode = graph.nicsOfNode(0);
  for (let node = 1; node < graph.cluster.nodes; node++) if (graph.nicsOfNode(node) !== perNode) return false;
  let first = -1;
  for (const cable of graph.nicUp) {
    const meets = cable < 0 ? -1 : (graph.to[cable] ?? -1);
    if (meets < 0 || graph.kindOfVertex(meets) !== 'switch') return false;
    if (first < 0) first = meets;
    if (!router.joins(first, meets)) return false;
  }
  return first >= 0;
}

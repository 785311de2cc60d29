import type { FabricSpec, Routing } from '@regatta/sim-core';
import type { SlurmSwitch, SlurmTopology } from './slurm-types.js';

/** Rates that a Slurm topology does not state. */
export interface SlurmRates {
  readonly nicGbps: number;
  readonly nicsPerNode: number;
  readonly oversubscription: number;
  readonly routing: Routing;
}

interface SlurmFabric {
  readonly fabric: FabricSpec;
  readonly nodeNames: readonly string[];
  readonly warnings: readonly string[];
}

/**
 * Fabric of a Slurm topology: a Clos when every switch of a level has as many below it, else a graph in which the
 * cables of a switch upwards are one of their summed rate. A block is a leaf under one spine.
 */
export function slurmFabric(topology: SlurmTopology, rates: SlurmRates): SlurmFabric {
  const switches = topology.kind === 'tree' ? topology.switches : underOneRoot(topology);
  const warnings: string[] = [];
  if (topology.kind === 'ring')
    warnings.push('a ring names no switches: each is taken as one switch under a common one');
  const tree = new Map(switches.map((one) => [one.name, one]));
  const below = new Set(switches.flatMap((one) => one.switches));
  const roots = switches.filter((one) => !below.has(one.name));
  if (roots.length > 1) warnings.push(`${roots.length} trees that no switch joins: a job cannot span them`);
  const leaves = roots.flatMap((root) => leavesOf(root, tree));
  const nodeNames = [...new Set(leaves.flatMap((leaf) => leaf.nodes))];
  const regular = regularClos(roots, tree, rates);
  if (regular) return { fabric: regular, nodeNames, warnings };
  const indexOf = new Map(nodeNames.map((name, i) => [name, i]));
  const cables: { from: string; to: string; gbps: number }[] = [];
  const nameOf = (name: string): string => (/^node\d+(\.|$)/.test(name) ? `switch-${name}` : name);
  const seen = new Set<string>();
  const wire = (one: SlurmSwitch): number => {
    const fresh = one.nodes.filter((node) => !seen.has(node));
    for (const node of fresh) {
      seen.add(node);
      for (let nic = 0; nic < rates.nicsPerNode; nic++) {
        cables.push({ from: `node${indexOf.get(node)}.nic${nic}`, to: nameOf(one.name), gbps: rates.nicGbps });
      }
    }
    let down = fresh.length * rates.nicsPerNode * rates.nicGbps;
    for (const child of one.switches.flatMap((name) => tree.get(name) ?? [])) {
      const up = wire(child) / rates.oversubscription;
      if (up > 0) cables.push({ from: nameOf(child.name), to: nameOf(one.name), gbps: up });
      down += up;
    }
    return down;
  };
  for (const root of roots) wire(root);
  const fabric: FabricSpec = {
    kind: 'graph',
    nicGbps: rates.nicGbps,
    switches: switches.map((one) => nameOf(one.name)),
    cables,
    routing: rates.routing,
  };
  return { fabric, nodeNames, warnings };
}

function underOneRoot(topology: Exclude<SlurmTopology, { kind: 'tree' }>): SlurmSwitch[] {
  const groups = topology.kind === 'block' ? topology.blocks : topology.rings;
  const leaves = groups.map(({ name, nodes, line }) => ({ name, nodes, line, switches: [] }));
  const root = { name: `${topology.kind}s`, switches: leaves.map((leaf) => leaf.name), nodes: [], line: 0 };
  return leaves.length > 1 ? [root, ...leaves] : leaves;
}

function leavesOf(one: SlurmSwitch, tree: ReadonlyMap<string, SlurmSwitch>): SlurmSwitch[] {
  const children = one.switches.flatMap((name) => tree.get(name) ?? []);
  return children.length === 0 ? [one] : children.flatMap((child) => leavesOf(child, tree));
}

/** The Clos that a tree is, when all its switches of one level are alike and it has at most three levels. */
function regularClos(
  roots: readonly SlurmSwitch[],
  tree: ReadonlyMap<string, SlurmSwitch>,
  rates: SlurmRates,
): FabricSpec | undefined {
  if (roots.length !== 1) return undefined;
  const levels: (readonly SlurmSwitch[])[] = [roots];
  for (let level = roots; level.some((one) => one.switches.length > 0); ) {
    level = level.flatMap((one) => one.switches.flatMap((name) => tree.get(name) ?? []));
    levels.push(level);
  }
  const alike = levels.every(
    (level) => new Set(level.map((one) => `${one.switches.length} ${one.nodes.length}`)).size === 1,
  );
  const leaves = levels.at(-1) ?? [];
  const nodesPerLeaf = leaves[0]?.nodes.length ?? 0;
  const unique = new Set(leaves.flatMap((leaf) => leaf.nodes)).size === leaves.length * nodesPerLeaf;
  if (!alike || !unique || levels.length > 3 || nodesPerLeaf === 0) return undefined;
  const leavesPerPod = levels.length === 3 ? leaves.length / (levels[1]?.length ?? 1) : undefined;
  return {
    kind: 'clos',
    tiers: levels.length === 3 ? 3 : 2,
    rails: 1,
    nicGbps: rates.nicGbps,
    nicsPerNode: rates.nicsPerNode,
    nodesPerLeaf,
    oversubscription: rates.oversubscription,
    routing: rates.routing,
    ...(leavesPerPod === undefined ? {} : { leavesPerPod }),
  };
}

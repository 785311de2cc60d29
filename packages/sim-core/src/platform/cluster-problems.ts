import { cableEnd } from './cable-list.js';
import type { ClosFabric, Cluster, DragonflyFabric, GraphFabric, TorusFabric } from './cluster.js';

/** One thing that is wrong with a cluster: the field, what is wrong, what is allowed. */
export interface ClusterProblem {
  readonly path: string;
  readonly message: string;
  readonly allowed: string;
}

/** Collects problems of fields of one object. */
class Problems {
  readonly found: ClusterProblem[] = [];

  add(path: string, message: string, allowed: string): void {
    this.found.push({ path, message, allowed });
  }

  /** A whole number from `least` on; returns true when it is. */
  whole(path: string, value: number, least = 1): boolean {
    if (Number.isSafeInteger(value) && value >= least) return true;
    this.add(path, `is ${value}`, `a whole number from ${least}`);
    return false;
  }

  /** A finite number above 0. */
  positive(path: string, value: number | undefined): void {
    if (value !== undefined && !(Number.isFinite(value) && value > 0))
      this.add(path, `is ${value}`, 'a finite number above 0');
  }

  notNegative(path: string, value: number | undefined): void {
    if (value !== undefined && !(Number.isFinite(value) && value >= 0))
      this.add(path, `is ${value}`, 'a finite number from 0');
  }
}

/** Everything that makes a cluster impossible, found in one pass; empty when it can be built. */
export function clusterProblems(cluster: Cluster): ClusterProblem[] {
  const problems = new Problems();
  const { device, fabric, node } = cluster;
  const nodes = problems.whole('nodes', cluster.nodes);
  const gpus = problems.whole('gpusPerNode', cluster.gpusPerNode);
  problems.positive('device.scaleUp.bandwidthBytesPerSecond', device.scaleUp.bandwidthBytesPerSecond);
  problems.notNegative('device.scaleUp.latencySeconds', device.scaleUp.latencySeconds);
  problems.whole('device.scaleUp.domain', device.scaleUp.domain);
  problems.positive('node.pcieBytesPerSecond', node.pcieBytesPerSecond);
  problems.positive('node.interSocketBytesPerSecond', node.interSocketBytesPerSecond);
  if (node.gpusPerPcieSwitch !== undefined) problems.whole('node.gpusPerPcieSwitch', node.gpusPerPcieSwitch, 0);
  (cluster.deviceRanges ?? []).forEach(({ first, count }, i) => {
    const path = `deviceRanges.${i}`;
    if (problems.whole(`${path}.first`, first, 0) && problems.whole(`${path}.count`, count)) {
      if (first + count > cluster.nodes)
        problems.add(path, `ends at node ${first + count - 1}`, `nodes 0 to ${cluster.nodes - 1}`);
    }
  });
  if (!nodes || !gpus) return problems.found;
  switch (fabric.kind) {
    case 'clos':
      closProblems(problems, cluster, fabric);
      break;
    case 'dragonfly':
      dragonflyProblems(problems, cluster, fabric);
      break;
    case 'torus':
      torusProblems(problems, cluster, fabric);
      break;
    case 'graph':
      graphProblems(problems, cluster, fabric);
      break;
  }
  return problems.found;
}

function shareProblem(problems: Problems, path: string, gpus: number, nics: number): void {
  if (gpus % nics !== 0 && nics % gpus !== 0) {
    problems.add(path, `${gpus} GPUs of a node do not divide into ${nics} NICs`, `a divisor or a multiple of ${gpus}`);
  }
}

function closProblems(problems: Problems, cluster: Cluster, fabric: ClosFabric): void {
  const nics = fabric.nicsPerNode ?? cluster.gpusPerNode;
  if (fabric.tiers !== 2 && fabric.tiers !== 3) problems.add('fabric.tiers', `is ${fabric.tiers}`, '2 or 3');
  problems.positive('fabric.nicGbps', fabric.nicGbps);
  problems.positive('fabric.oversubscription', fabric.oversubscription);
  problems.positive('fabric.spineOversubscription', fabric.spineOversubscription);
  problems.notNegative('fabric.switchLatencySeconds', fabric.switchLatencySeconds);
  problems.notNegative('fabric.nicLatencySeconds', fabric.nicLatencySeconds);
  if (fabric.nodesPerLeaf !== undefined) problems.whole('fabric.nodesPerLeaf', fabric.nodesPerLeaf);
  if (fabric.leavesPerPod !== undefined) problems.whole('fabric.leavesPerPod', fabric.leavesPerPod);
  if (fabric.spinesPerPod !== undefined) problems.whole('fabric.spinesPerPod', fabric.spinesPerPod);
  const rails = problems.whole('fabric.rails', fabric.rails);
  if (!problems.whole('fabric.nicsPerNode', nics)) return;
  if (rails && nics % fabric.rails !== 0) {
    problems.add(
      'fabric.rails',
      `${nics} NICs of a node do not divide into ${fabric.rails} rails`,
      `a divisor of ${nics}`,
    );
  }
  shareProblem(problems, 'fabric.nicsPerNode', cluster.gpusPerNode, nics);
}

function dragonflyProblems(problems: Problems, cluster: Cluster, fabric: DragonflyFabric): void {
  const { groups, routersPerGroup, hostsPerRouter, globalLinksPerRouter } = fabric;
  problems.positive('fabric.nicGbps', fabric.nicGbps);
  problems.positive('fabric.linkGbps', fabric.linkGbps);
  const whole = [
    problems.whole('fabric.groups', groups, 2),
    problems.whole('fabric.routersPerGroup', routersPerGroup),
    problems.whole('fabric.hostsPerRouter', hostsPerRouter),
    problems.whole('fabric.globalLinksPerRouter', globalLinksPerRouter),
  ];
  if (whole.includes(false)) return;
  if (routersPerGroup * globalLinksPerRouter < groups - 1) {
    problems.add(
      'fabric.globalLinksPerRouter',
      `${routersPerGroup * globalLinksPerRouter} global links of a group do not reach ${groups - 1} other groups`,
      `at least ${Math.ceil((groups - 1) / routersPerGroup)}`,
    );
  }
  const nics = cluster.nodes * cluster.gpusPerNode;
  const places = groups * routersPerGroup * hostsPerRouter;
  if (nics > places)
    problems.add(
      'nodes',
      `${nics} NICs do not fit on ${places} host ports`,
      `at most ${Math.floor(places / cluster.gpusPerNode)}`,
    );
}

function torusProblems(problems: Problems, cluster: Cluster, fabric: TorusFabric): void {
  problems.positive('fabric.linkGbps', fabric.linkGbps);
  if (fabric.dims.length !== 2 && fabric.dims.length !== 3) {
    problems.add('fabric.dims', `has ${fabric.dims.length} dimensions`, '2 or 3');
  }
  const whole = fabric.dims.map((extent, d) => problems.whole(`fabric.dims.${d}`, extent));
  if (whole.includes(false)) return;
  const points = fabric.dims.reduce((product, extent) => product * extent, 1);
  const gpus = cluster.nodes * cluster.gpusPerNode;
  if (points !== gpus) {
    problems.add(
      'fabric.dims',
      `${fabric.dims.join(' x ')} = ${points} points for ${gpus} GPUs`,
      `a product of ${gpus}`,
    );
  }
}

function graphProblems(problems: Problems, cluster: Cluster, fabric: GraphFabric): void {
  problems.positive('fabric.nicGbps', fabric.nicGbps);
  const names = new Set<string>();
  fabric.switches.forEach((name, i) => {
    if (names.has(name)) problems.add(`fabric.switches.${i}`, `${name} comes twice`, 'unique names');
    if (/^node\d+(\.|$)/.test(name))
      problems.add(`fabric.switches.${i}`, `${name} is the name of a node`, 'another name');
    names.add(name);
  });
  // Union-find over `node<k>` and switches; hosts do not forward, so a way through a host joins nothing: only switches are united.
  const parent = new Map<string, string>();
  const root = (name: string): string => {
    let at = name;
    for (let up = parent.get(at); up !== undefined && up !== at; up = parent.get(at)) at = up;
    return at;
  };
  const nicsOf = Array.from({ length: cluster.nodes }, (): { index: number | undefined; place: string }[] => []);
  // A cable between two hosts is a place of its own: it joins them and leads nowhere else.
  const placeOf = (end: { place: string; node: number | undefined }, cable: number): string =>
    end.node === undefined ? end.place : `cable ${cable}`;
  let broken = false;
  fabric.cables.forEach((cable, i) => {
    const path = `fabric.cables.${i}`;
    problems.positive(`${path}.gbps`, cable.gbps);
    if (cable.from === cable.to) problems.add(path, `joins ${cable.from} to itself`, 'two ends');
    const ends = (['from', 'to'] as const).map((end) => {
      const name = cable[end];
      if (names.has(name)) return { place: name, node: undefined, nic: undefined };
      const at = cableEnd(fabric, name);
      if (at?.kind === 'node' && at.node < cluster.nodes) return { place: name, node: at.node, nic: at.nic };
      problems.add(
        `${path}.${end}`,
        `${name} is not known`,
        `a name of switches, or node0 to node${cluster.nodes - 1}`,
      );
      broken = true;
      return undefined;
    });
    const [a, b] = ends;
    if (!a || !b) return;
    if (a.node !== undefined) nicsOf[a.node]?.push({ index: a.nic, place: placeOf(b, i) });
    if (b.node !== undefined) nicsOf[b.node]?.push({ index: b.nic, place: placeOf(a, i) });
    if (a.node === undefined && b.node === undefined) parent.set(root(a.place), root(b.place));
  });
  if (broken) return;
  const counts = new Set<number>();
  nicsOf.forEach((nics, node) => {
    const stated = nics.map((nic) => nic.index).filter((index) => index !== undefined);
    if (stated.some((index) => index >= nics.length) || new Set(stated).size !== stated.length) {
      problems.add(
        'fabric.cables',
        `node${node} has NICs ${stated.join(', ')} on ${nics.length} cables`,
        `each of 0 to ${nics.length - 1} once`,
      );
    }
    if (nics.length > 0 && !counts.has(nics.length))
      shareProblem(problems, 'fabric.cables', cluster.gpusPerNode, nics.length);
    counts.add(nics.length);
  });
  disconnected(problems, nicsOf, root);
}

/** Nodes without a cable, and nodes that share no set of joined switches with some other node; one line for each set of nodes. */
function disconnected(
  problems: Problems,
  nicsOf: readonly (readonly { place: string }[])[],
  root: (name: string) => string,
): void {
  if (nicsOf.length < 2) return;
  const groups = new Map<string, { readonly node: number; readonly roots: readonly string[] }>();
  nicsOf.forEach((nics, node) => {
    const roots = [...new Set(nics.map((nic) => root(nic.place)))].sort();
    if (roots.length === 0) problems.add('fabric.cables', `node${node} has no cable`, 'a cable to each node');
    else if (!groups.has(roots.join('\n'))) groups.set(roots.join('\n'), { node, roots });
  });
  const all = [...groups.values()];
  all.forEach(({ node, roots }, i) => {
    const apart = all.slice(0, i).find((other) => !other.roots.some((name) => roots.includes(name)));
    if (apart) {
      const message = `no way leads from node${apart.node} to node${node}`;
      problems.add('fabric.cables', message, 'a way over switches between all nodes');
    }
  });
}

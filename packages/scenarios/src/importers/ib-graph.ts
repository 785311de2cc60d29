import type { GraphFabric, Routing } from '@regatta/sim-core';
import { type IbHost, ibHosts, ibSwitchNames } from './ib-hosts.js';
import type { IbCable, IbFabric } from './ibnetdiscover.js';
import type { NodeInside } from './node-inside.js';
import type { SlurmTopology } from './slurm-types.js';

interface HostPort {
  readonly cable: number;
  readonly device: string;
}

/** Fabric of switches and cables as ibnetdiscover saw it, with the compute nodes that Slurm names if it is there. */
export function ibGraph(
  fabric: IbFabric,
  options: {
    readonly nicGbps: number;
    readonly routing: Routing;
    readonly slurm?: SlurmTopology;
    readonly inside?: NodeInside;
  },
): { fabric: GraphFabric; nodeNames: string[]; nicsPerNode: number; warnings: string[] } {
  const { hosts: all, warnings } = ibHosts(fabric);
  const hosts = computeHosts(all, options.slurm, warnings);
  const switches = ibSwitchNames(fabric);
  const ends = new Map<string, string>(switches);
  const cablesOf = new Map<string, number[]>();
  fabric.cables.forEach((cable, i) => {
    for (const id of new Set([cable.a, cable.b])) cablesOf.set(id, [...(cablesOf.get(id) ?? []), i]);
  });
  const cabled = hosts
    .map((host) => ({ host, ports: portsOf(host, cablesOf, options.inside) }))
    .filter(({ ports }) => ports.length > 0);
  if (cabled.length < hosts.length)
    warnings.push(`${hosts.length - cabled.length} hosts have no cable and are left out`);
  const nicOf = new Map<string, string>();
  cabled.forEach(({ host, ports }, node) => {
    const own = new Set(host.adapters.map((adapter) => adapter.id));
    ports.forEach(({ cable }, nic) => {
      const { a, b } = fabric.cables[cable] ?? { a: '', b: '' };
      nicOf.set(`${cable}:${own.has(a) ? a : b}`, `node${node}.nic${nic}`);
    });
  });
  const counts = new Set(cabled.map(({ ports }) => ports.length));
  if (counts.size > 1) warnings.push(`hosts have ${Math.min(...counts)} to ${Math.max(...counts)} cabled NICs`);
  const unstated = fabric.cables.filter((cable) => cable.gbps === undefined).length;
  if (unstated > 0) warnings.push(`${unstated} cables state no rate; ${options.nicGbps} Gb/s is assumed`);
  const endOf = (id: string, cable: number): string | undefined => nicOf.get(`${cable}:${id}`) ?? ends.get(id);
  const cables = fabric.cables.flatMap((cable: IbCable, i) => {
    const [from, to] = [endOf(cable.a, i), endOf(cable.b, i)];
    return from === undefined || to === undefined ? [] : [{ from, to, gbps: cable.gbps ?? options.nicGbps }];
  });
  const nicGbps = Math.max(
    0,
    ...cables.filter((cable) => /^node\d/.test(cable.from) || /^node\d/.test(cable.to)).map((cable) => cable.gbps),
  );
  return {
    fabric: {
      kind: 'graph',
      nicGbps: nicGbps || options.nicGbps,
      switches: [...new Set(switches.values())],
      cables,
      routing: options.routing,
    },
    nodeNames: cabled.map(({ host }) => host.name),
    nicsPerNode: Math.max(1, ...counts),
    warnings,
  };
}

/** Hosts that Slurm knows, in its order; all of them when it knows none. */
function computeHosts(hosts: readonly IbHost[], slurm: SlurmTopology | undefined, warnings: string[]): IbHost[] {
  if (!slurm) return [...hosts];
  const byName = new Map(hosts.map((host) => [host.name, host]));
  const known = slurm.nodes.flatMap((name) => byName.get(name) ?? []);
  if (known.length === 0) {
    warnings.push('no node of the Slurm topology is a host of the fabric; all hosts of the fabric are taken');
    return [...hosts];
  }
  const [absent, other] = [slurm.nodes.length - known.length, hosts.length - known.length];
  if (absent > 0) warnings.push(`${absent} nodes of the Slurm topology are not on the fabric`);
  if (other > 0) warnings.push(`${other} hosts of the fabric are not in the Slurm topology and are left out`);
  return known;
}

/** Cabled ports of a host, in the order of the NICs that serve its GPUs if the matrix knows their names. */
function portsOf(host: IbHost, cablesOf: ReadonlyMap<string, readonly number[]>, inside?: NodeInside): HostPort[] {
  const ports = host.adapters.flatMap(({ id, device }) => (cablesOf.get(id) ?? []).map((cable) => ({ cable, device })));
  if (!inside) return ports;
  const rank = new Map(inside.nicDevices.map((device, i) => [device, i]));
  const serving = ports.filter(({ device }) => rank.has(device));
  if (serving.length === 0) return ports;
  return serving.sort((a, b) => (rank.get(a.device) ?? 0) - (rank.get(b.device) ?? 0));
}

import { bytesPerSecondOfGbps, defaultNicLatencySeconds, defaultSwitchLatencySeconds } from './clos-shape.js';
import type { DragonflyFabric } from './cluster.js';
import type { GraphBuilder } from './graph-builder.js';

/** One direction of a global cable: the routers at its ends and the link between them. */
export interface GlobalLink {
  readonly fromRouter: number;
  readonly toRouter: number;
  readonly link: number;
}

/** Routers and links of a dragonfly, as its routing needs them. Router r of the fabric is vertex firstRouter + r. */
export interface DragonflyLinks {
  readonly groups: number;
  readonly routersPerGroup: number;
  readonly firstRouter: number;
  /** Link from router a to router b of one group: local[a * routersPerGroup + (b mod routersPerGroup)]. */
  readonly local: readonly number[];
  /** Global links from group i to group j: global[i * groups + j]. */
  readonly global: readonly (readonly GlobalLink[])[];
}

/**
 * Adds a dragonfly (Kim et al., ISCA 2008): full mesh inside a group; global port m of a group (router floor(m / h))
 * goes to the group m mod (g - 1) + 1 further on. Ports that find no partner stay free. NIC k is on router floor(k / p).
 */
export function addDragonflyLinks(
  builder: GraphBuilder,
  fabric: DragonflyFabric,
  nics: readonly { readonly vertex: number; readonly name: string }[],
): { nicUp: number[]; dragonfly: DragonflyLinks } {
  const { groups, routersPerGroup, hostsPerRouter, globalLinksPerRouter } = fabric;
  const linkRate = bytesPerSecondOfGbps(fabric.linkGbps ?? fabric.nicGbps);
  const names = Array.from(
    { length: groups * routersPerGroup },
    (_, r) => `group${Math.floor(r / routersPerGroup)}.router${r % routersPerGroup}`,
  );
  const routers = names.map((name) => builder.vertex('switch', name));
  const firstRouter = routers[0] ?? 0;
  const nicUp = nics.map(({ vertex, name }, k) =>
    builder.cable({
      from: vertex,
      to: firstRouter + Math.floor(k / hostsPerRouter),
      bytesPerSecond: bytesPerSecondOfGbps(fabric.nicGbps),
      upLatencySeconds: defaultNicLatencySeconds + defaultSwitchLatencySeconds,
      downLatencySeconds: defaultNicLatencySeconds,
      kind: 'nic',
      tier: 1,
      name,
    }),
  );
  const between = (a: number, b: number, tier: number, name: string): number =>
    builder.cable({
      from: firstRouter + a,
      to: firstRouter + b,
      bytesPerSecond: linkRate,
      upLatencySeconds: defaultSwitchLatencySeconds,
      downLatencySeconds: defaultSwitchLatencySeconds,
      kind: 'fabric',
      tier,
      name,
    });
  const local = new Array<number>(routers.length * routersPerGroup).fill(-1);
  for (let a = 0; a < routers.length; a++) {
    const base = a - (a % routersPerGroup);
    for (let b = a + 1; b < base + routersPerGroup; b++) {
      const link = between(a, b, 2, `${names[a]}.router${b % routersPerGroup}`);
      local[a * routersPerGroup + (b % routersPerGroup)] = link;
      local[b * routersPerGroup + (a % routersPerGroup)] = link + 1;
    }
  }
  const global: GlobalLink[][] = Array.from({ length: groups * groups }, () => []);
  const ports = routersPerGroup * globalLinksPerRouter;
  for (let group = 0; group < groups; group++) {
    for (let port = 0; port < ports; port++) {
      const offset = (port % (groups - 1)) + 1;
      const other = (group + offset) % groups;
      const otherPort = groups - offset - 1 + Math.floor(port / (groups - 1)) * (groups - 1);
      if (other < group || otherPort >= ports) continue;
      const a = group * routersPerGroup + Math.floor(port / globalLinksPerRouter);
      const b = other * routersPerGroup + Math.floor(otherPort / globalLinksPerRouter);
      const link = between(a, b, 3, `${names[a]}.${names[b]}`);
      global[group * groups + other]?.push({ fromRouter: a, toRouter: b, link });
      global[other * groups + group]?.push({ fromRouter: b, toRouter: a, link: link + 1 });
    }
  }
  return { nicUp, dragonfly: { groups, routersPerGroup, firstRouter, local, global } };
}

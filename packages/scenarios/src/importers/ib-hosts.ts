import type { IbFabric } from './ibnetdiscover.js';
import { naturalOrder } from './text-issues.js';

/** A host with its adapters, in the order of their device names. */
export interface IbHost {
  readonly name: string;
  readonly adapters: readonly { readonly id: string; readonly device: string }[];
}

/** Hosts of a fabric: adapters grouped by the first word of their description. SHARP aggregation nodes are none. */
export function ibHosts(fabric: IbFabric): { hosts: IbHost[]; warnings: string[] } {
  const byHost = new Map<string, { id: string; device: string }[]>();
  let unnamed = 0;
  for (const node of fabric.nodes) {
    if (node.kind !== 'ca' || /Aggregation Node/i.test(node.description)) continue;
    const [first = '', device = ''] = node.description.split(/\s+/);
    // An adapter that was never told its host's name describes itself: "MT4129 ConnectX7   Mellanox Technologies".
    const own = first === '' || /^MT\d+$/.test(first);
    if (own && node.description !== '') unnamed++;
    const name = own ? node.id : first;
    byHost.set(name, [...(byHost.get(name) ?? []), { id: node.id, device: own ? '' : device }]);
  }
  const hosts = [...byHost]
    .sort(([a], [b]) => naturalOrder(a, b))
    .map(([name, adapters]) => ({
      name,
      adapters: adapters.sort((a, b) => naturalOrder(a.device, b.device) || naturalOrder(a.id, b.id)),
    }));
  const warnings = unnamed > 0 ? [`${unnamed} adapters do not say which host they are in; each counts as a host`] : [];
  return { hosts, warnings };
}

/** Short unique names of the switches: what stands between `;` and `:` in the description, more of it, or the id. */
export function ibSwitchNames(fabric: IbFabric): Map<string, string> {
  const switches = fabric.nodes.filter((node) => node.kind === 'switch');
  const forms = [
    (text: string): string => /;([^:]+):/.exec(text)?.[1] ?? '',
    (text: string): string => /;(.+)$/.exec(text)?.[1]?.replace(/:[^/]*/, '') ?? '',
    (text: string): string => text,
  ];
  const names = new Map<string, string>();
  const taken = new Set<string>();
  for (const form of forms) {
    const counts = new Map<string, number>();
    const open = switches.filter((node) => !names.has(node.id));
    for (const node of open) counts.set(form(node.description), (counts.get(form(node.description)) ?? 0) + 1);
    for (const node of open) {
      const name = form(node.description);
      if (name === '' || counts.get(name) !== 1 || taken.has(name) || /^node\d+(\.|$)/.test(name)) continue;
      names.set(node.id, name);
      taken.add(name);
    }
  }
  for (const node of switches) if (!names.has(node.id)) names.set(node.id, node.id);
  return names;
}

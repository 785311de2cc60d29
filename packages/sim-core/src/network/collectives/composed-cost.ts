import type { CollectiveFabric } from './collective-fabric.js';
import { ncclTables } from './nccl-tables.js';
import { type GroupLayout, type Protocol, protocols } from './types.js';

/** What a collective puts on a group's links, before any protocol: hops in a row, bytes of the busiest port and NIC. */
export interface LinkDemand {
  readonly intraHops: number;
  readonly interHops: number;
  readonly portBytes: number;
  readonly nicBytes: number;
  /** Levels overlap in chunks (default); otherwise port and NIC work one after the other. */
  readonly pipelined?: boolean;
  /** Seconds of steps that follow each other on idle links, where they are known one by one. */
  readonly serialSeconds?: number;
}

/** A demand over one protocol. */
export interface ProtocolCost {
  readonly protocol: Protocol;
  readonly latencySeconds: number;
  readonly scaleUpBytes: number;
  readonly nicBytes: number;
  readonly rateCap: number;
}

/** Bytes on the wire for one of data: LL stores a flag with each 4 bytes, LL128 with each 120. */
export const wireBytes: Readonly<Record<Protocol, number>> = { LL: 2, LL128: 1 / 0.92, Simple: 1 };

/** Longer paths than NCCL's tables were measured on, in microseconds. */
export function extraMicroseconds(fabric: CollectiveFabric): { readonly scaleUp: number; readonly network: number } {
  return {
    scaleUp: Math.max(0, fabric.scaleUpLatencySeconds * 1e6 - ncclTables.scaleUpPathMicroseconds),
    network: Math.max(0, fabric.networkLatencySeconds * 1e6 - ncclTables.networkPathMicroseconds),
  };
}

/** Seconds of a cost on idle links. */
export function idleCostSeconds(cost: ProtocolCost, fabric: CollectiveFabric): number {
  return (
    cost.latencySeconds +
    Math.max(
      1 / cost.rateCap,
      cost.scaleUpBytes / (fabric.scaleUpBytesPerSecond * fabric.nvlinkMax),
      cost.nicBytes / (fabric.nicBytesPerSecond * fabric.nicMax),
    )
  );
}

/** A demand over the protocol that takes it least time, for algorithms that NCCL's tuner has no row of (hops from its tables). */
export function composedCost(demand: LinkDemand, group: GroupLayout, fabric: CollectiveFabric): ProtocolCost {
  const hops = ncclTables[fabric.scaleUpKind === 'pci' ? 'pci' : 'scaleUp'].ring;
  const extra = extraMicroseconds(fabric);
  const port = group.ranksPerDomain > 1 ? demand.portBytes : 0;
  const nic = group.domains > 1 ? demand.nicBytes : 0;
  const portRate = fabric.scaleUpBytesPerSecond * fabric.nvlinkMax;
  const nicRate = fabric.nicBytesPerSecond * fabric.nicMax;
  let best: ProtocolCost | undefined;
  let least = Number.POSITIVE_INFINITY;
  protocols.forEach((protocol, p) => {
    if (protocol === 'LL128' && fabric.scaleUpKind === 'pci') return;
    const wire = wireBytes[protocol];
    const inside = demand.intraHops * ((hops[p] ?? 0) + extra.scaleUp);
    const across = demand.interHops * ((ncclTables.network.ring[p] ?? 0) + extra.network);
    const llSeconds = protocol === 'LL' ? port / ncclTables.generations[fabric.generation].llMax : 0;
    const apart = demand.pipelined === false ? port / portRate + nic / nicRate : 0;
    const inTurn = wire * (demand.serialSeconds ?? apart);
    const cost = {
      protocol,
      latencySeconds: ((ncclTables.base.ring[p] ?? 0) + inside + across) * 1e-6,
      scaleUpBytes: port * wire,
      nicBytes: nic * wire,
      rateCap: 1 / Math.max(llSeconds, inTurn),
    };
    const seconds = idleCostSeconds(cost, fabric);
    if (seconds >= least) return;
    best = cost;
    least = seconds;
  });
  if (!best) throw new RangeError(`composedCost: no protocol carries ${demand.portBytes} and ${demand.nicBytes} bytes`);
  return best;
}

import { type CollectiveAlgorithm, inSwitch, type Step } from './algorithms/algorithm.js';
import type { CollectiveFabric } from './collective-fabric.js';
import type { LinkDemand } from './composed-cost.js';
import type { CollectiveOp, GroupLayout } from './types.js';

/** Bytes of the busiest port and NIC of some transfers, either direction, and which kinds of hop they take. */
interface StepLoad {
  readonly port: number;
  readonly nic: number;
}

/** Member m sits in domain floor(m / ranksPerDomain) and uses NIC m mod nicsPerDomain of it. */
function loadOf(transfers: Step, { ranksPerDomain, nicsPerDomain, domains }: GroupLayout): StepLoad {
  const ports = new Map<number, number>();
  const nics = new Map<number, number>();
  const add = (loads: Map<number, number>, key: number, bytes: number): void => {
    loads.set(key, (loads.get(key) ?? 0) + bytes);
  };
  const domainOf = (member: number): number => Math.floor(member / ranksPerDomain);
  const nicOf = (member: number): number =>
    domainOf(member) * nicsPerDomain + ((member % ranksPerDomain) % nicsPerDomain);
  for (const { from, to, bytes } of transfers) {
    // A switch that reduces is the scale-up one inside a domain, the network's above.
    const inside = from === inSwitch || to === inSwitch ? domains === 1 : domainOf(from) === domainOf(to);
    const loads = inside ? ports : nics;
    const place = inside ? (member: number): number => member : nicOf;
    if (from !== inSwitch) add(loads, 2 * place(from), bytes);
    if (to !== inSwitch) add(loads, 2 * place(to) + 1, bytes);
  }
  return { port: Math.max(0, ...ports.values()), nic: Math.max(0, ...nics.values()) };
}

/**
 * What any algorithm, also one of a user, puts on the links of a group, counted from its steps.
 * @throws RangeError when the algorithm cannot run the operation on that many ranks.
 */
export function demandOfSteps(
  algorithm: CollectiveAlgorithm,
  op: CollectiveOp,
  bytes: number,
  group: GroupLayout,
  fabric: CollectiveFabric,
): LinkDemand {
  const steps = algorithm.steps(op, group.ranks, bytes);
  const each = steps.map((step) => loadOf(step, group));
  const whole = algorithm.pipelined ? loadOf(steps.flat(), group) : undefined;
  const portRate = fabric.scaleUpBytesPerSecond * fabric.nvlinkMax;
  const nicRate = fabric.nicBytesPerSecond * fabric.nicMax;
  const demand = { intraHops: 0, interHops: 0, portBytes: 0, nicBytes: 0, serialSeconds: 0 };
  for (const { port, nic } of each) {
    if (nic > 0) demand.interHops++;
    else if (port > 0) demand.intraHops++;
    demand.portBytes += port;
    demand.nicBytes += nic;
    demand.serialSeconds += Math.max(port / portRate, nic / nicRate);
  }
  if (!whole) return demand;
  return { ...demand, portBytes: whole.port, nicBytes: whole.nic, serialSeconds: 0 };
}

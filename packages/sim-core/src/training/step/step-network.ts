import {
  type CollectiveCost,
  type CollectiveFabric,
  type CollectiveOp,
  collectiveCost,
  collectiveFabricOf,
} from '../../network/collectives/index.js';
import { FluidNetwork } from '../../network/index.js';
import { portBytesPerSecond } from '../../platform/scale-up-domain.js';
import { hopLabel, type LinkUse, type UseLabel } from '../plan/link-use.js';
import type { GroupPlacement, Plan } from '../plan/plan.js';
import type { GroupKind } from '../plan/rank-grid.js';
import type { CollectiveDescriptor, StepGroupKind } from './program.js';
import { noRoute, type Route, routeOf } from './route.js';
import { TorusLoads } from './torus-loads.js';

interface FabricUse extends LinkUse {
  readonly link: number;
}

/**
 * The links that a plan's classes share, and what each collective and message weighs on them. One link of a class stands
 * for all of its links; a weight is what all activities of one class put on one such link (spec/model.md 5.5 and 8).
 */
export class StepNetwork {
  readonly fluid: FluidNetwork;
  readonly #plan: Plan;
  readonly #fabric: CollectiveFabric;
  readonly #capacity: Float64Array;
  readonly #nicTransmit: number;
  readonly #nicReceive: number;
  /** What a class puts on links of the fabric, by label and class. */
  readonly #uses: ReadonlyMap<UseLabel, ReadonlyMap<number, readonly FabricUse[]>>;
  readonly #costs = new Map<string, CollectiveCost>();
  readonly #torus: TorusLoads | undefined;

  constructor(plan: Plan) {
    this.#plan = plan;
    this.#fabric = collectiveFabricOf(plan.cluster);
    const classes = plan.classes.length;
    const nics = plan.nics.length;
    this.#nicTransmit = classes;
    this.#nicReceive = classes + nics;
    const fabricLinks = classes + 2 * nics;
    const { torus } = plan;
    this.#capacity = new Float64Array(fabricLinks + (torus?.capacity.length ?? plan.links.length));
    if (torus) this.#capacity.set(torus.capacity, fabricLinks);
    this.#torus = torus && new TorusLoads(torus, fabricLinks, this.#capacity);
    plan.links.forEach(({ capacityBytesPerSecond }, l) => {
      this.#capacity[fabricLinks + l] = capacityBytesPerSecond * plan.cluster.device.nicMax;
    });
    this.#uses = fabricUses(plan, fabricLinks);
    const nicBytesPerSecond = this.#fabric.nicBytesPerSecond;
    plan.classes.forEach((rankClass, k) => {
      const device = plan.places.devices[rankClass.device] ?? plan.cluster.device;
      const factor = plan.places.portFactorOf(rankClass.representative);
      this.#capacity[k] = portBytesPerSecond(plan.cluster, device) * device.nvlinkMax * factor;
    });
    plan.nics.forEach((nic, n) => {
      const owner = plan.classes[nic.classes[0] ?? 0];
      const device = plan.places.devices[owner?.device ?? 0] ?? plan.cluster.device;
      const capacity = nicBytesPerSecond * device.nicMax * nic.capacityFactor;
      this.#capacity[this.#nicTransmit + n] = capacity;
      this.#capacity[this.#nicReceive + n] = capacity;
    });
    this.fluid = new FluidNetwork(this.#capacity);
  }

  /** A collective of the group class with the given member classes and placement. */
  collective(
    { op, bytes, copies }: Pick<CollectiveDescriptor, 'op' | 'bytes' | 'copies'>,
    classes: readonly number[],
    placement: GroupPlacement,
    kind: StepGroupKind,
  ): Route {
    if (placement.ranks <= 1) return noRoute;
    const flat = this.#cost(op, bytes, placement);
    if (this.#torus) return this.#torus.collective(flat, kind, classes);
    const cost = op === 'all_to_all' && copies > 1 ? hierarchicalAllToAll(flat, bytes, copies, placement) : flat;
    const weights = new Map<number, number>();
    let alone = 0;
    const share = (cost.nicBytes * placement.nicsPerDomain) / placement.ranksPerDomain;
    const volume = Math.max(cost.scaleUpBytes, share);
    if (cost.scaleUpBytes > 0) for (const k of classes) weights.set(k, cost.scaleUpBytes);
    if (cost.nicBytes > 0) {
      const members = new Set(classes);
      for (const nic of new Set(classes.map((k) => this.#plan.classes[k]?.nic ?? 0))) {
        const load = share * this.#ranksBehind(nic, (k) => members.has(k));
        weights.set(this.#nicTransmit + nic, load);
        weights.set(this.#nicReceive + nic, load);
        alone = Math.max(alone, cost.nicBytes / (this.#capacity[this.#nicTransmit + nic] ?? 0));
      }
      if (kind !== 'tie' && kind !== 'world') {
        alone = Math.max(alone, this.#crossFabric(weights, kind, members, share));
      }
    }
    return this.#route(volume, weights, cost, alone, cost.nicBytes > 0, cost.scaleUpBytes > 0);
  }

  /** A message from each rank of one class to its peer at another stage. */
  message(from: number, stage: number, bytes: number): Route {
    const shares = this.#plan.sharesDomain(from, stage);
    const placement = shares
      ? { ranks: 2, domains: 1, ranksPerDomain: 2, nicsPerDomain: 2 }
      : { ranks: 2, domains: 2, ranksPerDomain: 1, nicsPerDomain: 1 };
    const cost = this.#cost('send_recv', bytes, placement);
    const to = this.#plan.peer(from, stage);
    const stages = stage - (this.#plan.classes[from]?.stage ?? 0);
    if (this.#torus) return this.#torus.message(cost, hopLabel(stages), from, to);
    const weights = new Map<number, number>();
    let alone = 0;
    if (shares) {
      weights.set(from, cost.scaleUpBytes);
      weights.set(to, cost.scaleUpBytes);
    } else {
      const sender = this.#plan.classes[from]?.nic ?? 0;
      const receiver = this.#plan.classes[to]?.nic ?? 0;
      weights.set(this.#nicTransmit + sender, cost.nicBytes * this.#ranksBehind(sender, (k) => k === from));
      weights.set(this.#nicReceive + receiver, cost.nicBytes * this.#ranksBehind(receiver, (k) => k === to));
      const capacity = Math.min(
        this.#capacity[this.#nicTransmit + sender] ?? 0,
        this.#capacity[this.#nicReceive + receiver] ?? 0,
      );
      alone = Math.max(cost.nicBytes / capacity, this.#crossFabricByMessage(weights, from, stages, cost.nicBytes));
    }
    return this.#route(shares ? cost.scaleUpBytes : cost.nicBytes, weights, cost, alone, !shares, shares);
  }

  /** What the groups of one class put on the fabric's links; returns the most that one such group puts on one, in seconds. */
  #crossFabric(weights: Map<number, number>, kind: GroupKind, members: ReadonlySet<number>, bytes: number): number {
    const ofGroup = new Map<string, number>();
    let alone = 0;
    for (const rankClass of members) {
      for (const { link, rank, share, ranks, together } of this.#usesOf(kind, rankClass)) {
        weights.set(link, (weights.get(link) ?? 0) + share * ranks * bytes);
        const group = `${link}/${this.#plan.grid.groupBase(kind, rank)}`;
        const own = (ofGroup.get(group) ?? 0) + share * together * bytes;
        ofGroup.set(group, own);
        alone = Math.max(alone, own / (this.#capacity[link] ?? 0));
      }
    }
    return alone;
  }

  /** What the messages of one class to another stage put on them. */
  #crossFabricByMessage(weights: Map<number, number>, from: number, stages: number, bytes: number): number {
    let alone = 0;
    for (const { link, share, ranks } of this.#usesOf(hopLabel(stages), from)) {
      weights.set(link, (weights.get(link) ?? 0) + share * ranks * bytes);
      alone = Math.max(alone, (share * bytes) / (this.#capacity[link] ?? 0));
    }
    return alone;
  }

  #usesOf(label: UseLabel, rankClass: number): readonly FabricUse[] {
    return this.#uses.get(label)?.get(rankClass) ?? [];
  }

  #ranksBehind(nic: number, counted: (rankClass: number) => boolean): number {
    const nicClass = this.#plan.nics[nic];
    let ranks = 0;
    nicClass?.classes.forEach((k, i) => {
      if (counted(k)) ranks += nicClass.counts[i] ?? 0;
    });
    return ranks;
  }

  #cost(op: CollectiveOp, bytes: number, placement: GroupPlacement): CollectiveCost {
    const key = `${op}|${bytes}|${placement.ranks}|${placement.domains}|${placement.ranksPerDomain}|${placement.nicsPerDomain}`;
    const known = this.#costs.get(key);
    if (known) return known;
    const cost = collectiveCost(op, bytes, placement, this.#fabric);
    this.#costs.set(key, cost);
    return cost;
  }

  #route(
    volume: number,
    weights: ReadonlyMap<number, number>,
    cost: CollectiveCost,
    aloneNetworkSeconds: number,
    crossesNetwork: boolean,
    usesScaleUp: boolean,
  ): Route {
    let seconds = aloneNetworkSeconds;
    if (usesScaleUp) {
      for (const link of weights.keys()) {
        if (link < this.#nicTransmit) seconds = Math.max(seconds, cost.scaleUpBytes / (this.#capacity[link] ?? 0));
      }
    }
    return routeOf(volume, weights, cost, seconds, { crossesNetwork, usesScaleUp });
  }
}

function fabricUses(plan: Plan, firstLink: number): Map<UseLabel, Map<number, FabricUse[]>> {
  const byLabel = new Map<UseLabel, Map<number, FabricUse[]>>();
  plan.links.forEach(({ uses }, l) => {
    for (const [label, all] of uses) {
      const byClass = byLabel.get(label) ?? new Map<number, FabricUse[]>();
      byLabel.set(label, byClass);
      for (const { rankClass, ...rest } of all) {
        const use = { ...rest, link: firstLink + l };
        const known = byClass.get(rankClass);
        if (known) known.push(use);
        else byClass.set(rankClass, [use]);
      }
    }
  });
  return byLabel;
}

/**
 * All-to-all of tokens with `copies` destinations each, at random: one copy crosses to each domain that holds any of them, and
 * is spread over the domain's own links there.
 */
function hierarchicalAllToAll(
  flat: CollectiveCost,
  bytes: number,
  copies: number,
  placement: GroupPlacement,
): CollectiveCost {
  const { domains, ranksPerDomain } = placement;
  if (domains <= 1) return flat;
  const others = (domains - 1) * (1 - (1 - 1 / domains) ** copies);
  const direct = (copies * (domains - 1)) / domains;
  return {
    ...flat,
    nicBytes: (flat.nicBytes * others) / direct,
    scaleUpBytes: (bytes * (ranksPerDomain - 1)) / ranksPerDomain,
  };
}

import { closCable } from '../../platform/clos-cables.js';
import { closShape, leafOf, podOf } from '../../platform/clos-shape.js';
import type { RankPlaces } from './placement-map.js';

export type Direction = 'up' | 'down';
export const directions = ['up', 'down'] as const;

/** A tier of switches whose uplinks many ranks share: leaves towards spines, or pods towards cores. */
export class ZoneTier {
  readonly #whole: number;
  readonly #oversubscribed: boolean;
  /** Zones whose links are not all as built: bytes/s that are missing, by direction. */
  readonly #missing = { up: new Map<number, number>(), down: new Map<number, number>() };

  /**
   * @param zoneOf Switch (leaf or pod) behind which a rank's NIC is, rail by rail.
   * @param zoneRanks Ranks of the nodes behind one zone (of each rail).
   */
  constructor(
    readonly zoneOf: (rank: number) => number,
    readonly zoneRanks: number,
    readonly zonesPerRail: number,
    wholeBytesPerSecond: number,
    oversubscribed: boolean,
  ) {
    this.#whole = wholeBytesPerSecond;
    this.#oversubscribed = oversubscribed;
  }

  take(zone: number, direction: Direction, bytesPerSecond: number): void {
    const missing = this.#missing[direction];
    missing.set(zone, (missing.get(zone) ?? 0) + bytesPerSecond);
  }

  /**
   * All links of a zone in one direction together, which is exact for sprayed packets: they load them alike. Infinity where they
   * never bind before the NICs under them do: leaving those out changes nothing.
   */
  capacity(zone: number, direction: Direction): number {
    const missing = this.#missing[direction].get(zone) ?? 0;
    if (missing === 0 && !this.#oversubscribed) return Number.POSITIVE_INFINITY;
    // Fair sharing never leaves a job nothing at all.
    return Math.max(this.#whole - missing, 1e-3 * this.#whole);
  }

  /** Zones whose links in a direction are not all as built. */
  touched(direction: Direction): Iterable<number> {
    return this.#missing[direction].keys();
  }

  get oversubscribed(): boolean {
    return this.#oversubscribed;
  }

  get binds(): boolean {
    return this.#oversubscribed || this.#missing.up.size > 0 || this.#missing.down.size > 0;
  }
}

/** The tiers of a Clos with what is perturbed in them. */
export function zoneTiers(places: RankPlaces): ZoneTier[] {
  const { fabric } = places.cluster;
  if (fabric.kind !== 'clos') return [];
  const asBuilt = places.fabricLinks.length === 0 && places.traffic.length === 0;
  if (asBuilt && fabric.oversubscription <= 1 && (fabric.spineOversubscription ?? 1) <= 1) return [];
  const shape = closShape(places.cluster);
  const leafOfRank = (rank: number): number =>
    leafOf(shape, places.nodeOf(rank), places.nicOf(rank) % places.nicsPerNode);
  const leafRanks = shape.nodesPerLeaf * shape.gpusPerNode;
  const leaves = new ZoneTier(
    leafOfRank,
    leafRanks,
    shape.leavesPerRail,
    shape.leafUplinkBytesPerSecond,
    shape.oversubscription > 1,
  );
  const pods = new ZoneTier(
    (rank) => podOf(shape, leafOfRank(rank)),
    leafRanks * shape.leavesPerPod,
    shape.podsPerRail,
    shape.podUplinkBytesPerSecond,
    shape.spineOversubscription > 1,
  );
  for (const { link, capacityFactor } of places.fabricLinks) {
    const cable = closCable(shape, link);
    if (!cable) continue;
    const [tier, whole] =
      cable.tier === 'leaf' ? [leaves, shape.leafCableBytesPerSecond] : [pods, shape.spineCableBytesPerSecond];
    for (const direction of cable.directions) tier.take(cable.zone, direction, (1 - capacityFactor) * whole);
  }
  for (const { from, to, bytesPerSecond } of places.traffic) {
    for (let nic = 0; nic < shape.nicsPerNode; nic++) {
      const [source, target] = [leafOf(shape, from, nic), leafOf(shape, to, nic)];
      const part = bytesPerSecond / shape.nicsPerNode;
      if (source === target) continue;
      leaves.take(source, 'up', part);
      leaves.take(target, 'down', part);
      if (shape.tiers === 2 || podOf(shape, source) === podOf(shape, target)) continue;
      pods.take(podOf(shape, source), 'up', part);
      pods.take(podOf(shape, target), 'down', part);
    }
  }
  return [leaves, ...(shape.tiers === 3 ? [pods] : [])].filter(({ binds }) => binds);
}

import { type ClosShape, podOf, railOfLeaf } from './clos-shape.js';

/**
 * Aggregate links of a Clos under spraying. Every leaf spreads evenly over its spines and every spine over its cores,
 * so all cables of one leaf upwards carry the same load and act as one link of their summed capacity; likewise
 * downwards, and for a pod towards the cores. Exact while all cables of the aggregate have the same capacity.
 * Ids: leafUp(l), leafDown(l), podUp(p), podDown(p), in this order.
 */
export function aggregateCount(shape: ClosShape): number {
  return 2 * shape.leaves + (shape.tiers === 3 ? 2 * shape.pods : 0);
}

/** Id of all cables of a leaf towards its spines. */
export function leafUp(_shape: ClosShape, leaf: number): number {
  return leaf;
}

/** Id of all cables from the spines to a leaf. */
export function leafDown(shape: ClosShape, leaf: number): number {
  return shape.leaves + leaf;
}

/** Id of all cables of a pod towards the cores (three tiers). */
export function podUp(shape: ClosShape, pod: number): number {
  return 2 * shape.leaves + pod;
}

/** Id of all cables from the cores to a pod (three tiers). */
export function podDown(shape: ClosShape, pod: number): number {
  return 2 * shape.leaves + shape.pods + pod;
}

/** Bytes/s of an aggregate link. */
export function aggregateCapacity(shape: ClosShape, id: number): number {
  return id < 2 * shape.leaves ? shape.leafUplinkBytesPerSecond : shape.podUplinkBytesPerSecond;
}

/** Name of an aggregate link: rail and leaf (or pod) within the rail. */
export function aggregateName(shape: ClosShape, id: number): string {
  if (id < 2 * shape.leaves) {
    const leaf = id % shape.leaves;
    return `rail${railOfLeaf(shape, leaf)}.leaf${leaf % shape.leavesPerRail}.${id < shape.leaves ? 'up' : 'down'}`;
  }
  const index = id - 2 * shape.leaves;
  const pod = index % shape.pods;
  const rail = Math.floor(pod / shape.podsPerRail);
  return `rail${rail}.pod${pod % shape.podsPerRail}.${index < shape.pods ? 'up' : 'down'}`;
}

/** True when the fabric itself joins two leaves; a rail-only fabric joins leaves of one rail only. */
export function leavesConnected(shape: ClosShape, fromLeaf: number, toLeaf: number): boolean {
  return !shape.railOnly || railOfLeaf(shape, fromLeaf) === railOfLeaf(shape, toLeaf);
}

/**
 * Aggregate links that traffic between two leaves crosses, each with its whole weight: none on one leaf, two inside a
 * pod, four between pods. Undefined when the fabric does not join them (rail-only, other rail): such traffic changes
 * the rail inside the scale-up domain first.
 */
export function aggregatesBetween(shape: ClosShape, fromLeaf: number, toLeaf: number): number[] | undefined {
  if (fromLeaf === toLeaf) return [];
  if (!leavesConnected(shape, fromLeaf, toLeaf)) return undefined;
  const fromPod = podOf(shape, fromLeaf);
  const toPod = podOf(shape, toLeaf);
  const ends = [leafUp(shape, fromLeaf), leafDown(shape, toLeaf)];
  return fromPod === toPod ? ends : [...ends, podUp(shape, fromPod), podDown(shape, toPod)];
}

/** Switches between two NICs: 1 on one leaf, 3 inside a pod, 5 between pods. */
export function switchesBetween(shape: ClosShape, fromLeaf: number, toLeaf: number): number {
  if (fromLeaf === toLeaf) return 1;
  return podOf(shape, fromLeaf) === podOf(shape, toLeaf) ? 3 : 5;
}

/** Seconds from NIC to NIC: both NICs and the switches between them. */
export function networkLatencySeconds(shape: ClosShape, fromLeaf: number, toLeaf: number): number {
  return 2 * shape.nicLatencySeconds + switchesBetween(shape, fromLeaf, toLeaf) * shape.switchLatencySeconds;
}

import type { ClosShape } from './clos-shape.js';

/** A cable of a Clos above the NICs, by its name: the leaf or the pod (over all rails) that it leaves upwards. */
export interface ClosCable {
  readonly tier: 'leaf' | 'pod';
  readonly zone: number;
  readonly directions: readonly ('up' | 'down')[];
}

/** Finds a cable, or one direction of it, by its name (docs/topology.md) without the graph; undefined when there is none. */
export function closCable(shape: ClosShape, name: string): ClosCable | undefined {
  const match = /^rail(\d+)\.(leaf|pod)(\d+)\.spine(\d+)(?:\.core(\d+))?(?:\.(up|down))?$/.exec(name);
  if (!match) return undefined;
  const [rail = 0, inRail = 0, spine = 0, core] = [match[1], match[3], match[4], match[5]].map((digits) =>
    digits === undefined ? undefined : Number(digits),
  );
  const directions = (['up', 'down'] as const).filter((way) => match[6] === undefined || match[6] === way);
  if (rail >= shape.rails || spine >= shape.spinesPerPod) return undefined;
  if (match[2] === 'leaf') {
    const known = core === undefined && inRail < shape.leavesPerRail;
    return known ? { tier: 'leaf', zone: rail * shape.leavesPerRail + inRail, directions } : undefined;
  }
  const ofSpine = core !== undefined && Math.floor(core / shape.coresPerSpine) === spine;
  const known = shape.tiers === 3 && ofSpine && inRail < shape.podsPerRail;
  return known ? { tier: 'pod', zone: rail * shape.podsPerRail + inRail, directions } : undefined;
}

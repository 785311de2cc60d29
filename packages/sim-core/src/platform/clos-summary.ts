import { networkLatencySeconds, switchesBetween } from './clos-aggregates.js';
import type { ClosShape } from './clos-shape.js';
import type { CableTier, FabricFigures, PathCount, SwitchTier } from './fabric-figures.js';

function cableTier(name: string, cables: number, bytesPerSecond: number): CableTier {
  return { name, cables, bytesPerSecond, totalBytesPerSecond: cables * bytesPerSecond };
}

/** Figures of a Clos by arithmetic. */
export function closFigures(shape: ClosShape): FabricFigures {
  const nics = shape.nodes * shape.nicsPerNode;
  const spines = shape.pods * shape.spinesPerPod;
  const podLeaves = Math.min(shape.leavesPerPod, shape.tiers === 3 ? shape.leavesPerRail : shape.leavesPerPod);
  const tiers: SwitchTier[] = [
    {
      name: 'leaf',
      count: shape.leaves,
      downPorts: shape.nodesPerLeaf * shape.nicsPerRail,
      upPorts: shape.spinesPerPod,
    },
    { name: 'spine', count: spines, downPorts: podLeaves, upPorts: shape.coresPerSpine },
  ];
  const cables: CableTier[] = [
    cableTier('NIC - switch', nics, shape.nicBytesPerSecond),
    cableTier('leaf - spine', shape.leaves * shape.spinesPerPod, shape.leafCableBytesPerSecond),
  ];
  if (shape.tiers === 3) {
    const podsOfCore = shape.railOnly ? shape.podsPerRail : shape.pods;
    tiers.push({ name: 'core', count: shape.cores, downPorts: podsOfCore, upPorts: 0 });
    cables.push(cableTier('spine - core', spines * shape.coresPerSpine, shape.spineCableBytesPerSecond));
  }
  const paths = pathCounts(shape);
  const farthest = paths.at(-1);
  return {
    nics,
    nicsPerNode: shape.nicsPerNode,
    rails: shape.rails,
    tiers,
    cables,
    oversubscription: {
      leaf: shape.oversubscription,
      spine: shape.spineOversubscription,
      overall: shape.oversubscription * shape.spineOversubscription,
    },
    diameter: { switches: farthest?.switches ?? 0, latencySeconds: farthest?.latencySeconds ?? 0 },
    paths,
  };
}

/** The distances that occur, near to far. */
function pathCounts(shape: ClosShape): PathCount[] {
  const found: PathCount[] = [];
  const add = (between: string, toLeaf: number, paths: number): void => {
    const switches = switchesBetween(shape, 0, toLeaf);
    found.push({ between, switches, paths, latencySeconds: networkLatencySeconds(shape, 0, toLeaf) });
  };
  add('one leaf', 0, 1);
  const reachable = shape.railOnly ? shape.leavesPerRail : shape.leaves;
  const inPod = shape.tiers === 2 ? reachable : Math.min(shape.leavesPerRail, shape.leavesPerPod);
  if (inPod > 1) add('one pod', 1, shape.spinesPerPod);
  if (reachable > inPod) add('two pods', inPod, shape.spinesPerPod * shape.coresPerSpine);
  return found;
}

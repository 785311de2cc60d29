/**
 * Which all-reduce wins at which size, and why? 8, 64 and 1,024 H100s in nodes of 8 with a 400 Gb/s NIC each: microseconds
 * of every algorithm by message size, with the one that NCCL's tuner picks.
 *
 * Small messages count hops: LL rings in a node, trees across nodes (2 log2 N network hops where a ring has 2(N-1)).
 * Large messages count bytes: in-switch reduction in a node sends each byte once; across nodes the ring and the hierarchical
 * form put 2(n-1)/n S on the NICs of a node together, the tree 2 S; recursive doubling sends everything log2 n times.
 */
import { catalogueDevice } from '@regatta/scenarios';
import {
  type AlgorithmName,
  algorithmsOf,
  type Cluster,
  collectiveCost,
  collectiveFabricOf,
  packedGroupLayout,
} from '@regatta/sim-core';
import { isMain, printTable } from './support/flows.js';

const device = catalogueDevice('h100-sxm-80gb');
if (!device) throw new Error('no such device');
const cluster: Cluster = {
  name: 'example',
  device,
  nodes: 128,
  gpusPerNode: 8,
  node: { kind: 'nvswitch' },
  fabric: { kind: 'clos', tiers: 3, rails: 8, nicGbps: 400, oversubscription: 1, routing: 'spray' },
};
const fabric = collectiveFabricOf(cluster);

/** Microseconds of one all-reduce; undefined where the algorithm does not fit the group. */
function microseconds(algorithm: AlgorithmName | undefined, ranks: number, bytes: number) {
  try {
    const cost = collectiveCost('all_reduce', bytes, packedGroupLayout(cluster, ranks), fabric, algorithm);
    return { us: 1e6 * cost.secondsAlone, name: `${cost.algorithm} ${cost.protocol}` };
  } catch {
    return undefined;
  }
}

/** One row for each size, by GPU count: what NCCL picks, and the time of each algorithm. */
export function main() {
  return [8, 64, 1024].map((ranks) => {
    const rows = [1 << 10, 1 << 15, 1 << 20, 1 << 25, 1 << 30].map((bytes) => {
      const picked = microseconds(undefined, ranks, bytes);
      const each = algorithmsOf('all_reduce').flatMap((algorithm) => {
        const time = microseconds(algorithm, ranks, bytes);
        return time ? [[algorithm, time.us] as const] : [];
      });
      const size = bytes < 1 << 20 ? `${bytes >> 10} KiB` : `${bytes >> 20} MiB`;
      return { size, nccl: picked?.name ?? '', us: picked?.us ?? 0, ...Object.fromEntries(each) };
    });
    printTable(`all-reduce over ${ranks} H100s, microseconds`, rows);
    return { ranks, rows };
  });
}

if (isMain(import.meta.url)) main();

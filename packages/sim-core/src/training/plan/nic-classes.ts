import type { RankPlaces } from './placement-map.js';
import type { NicClass } from './plan.js';

/** NICs in classes, and the class of each colour's NIC. */
export interface NicClasses {
  readonly nics: readonly NicClass[];
  readonly nicOf: Int32Array;
}

/**
 * @param representatives A rank of each colour.
 * @param ranks Ranks of the job.
 */
export function nicClasses(
  places: RankPlaces,
  representatives: ArrayLike<number>,
  ranks: number,
  colourOf: (rank: number) => number,
): NicClasses {
  const nics: NicClass[] = [];
  const interned = new Map<string, number>();
  const nicOf = new Int32Array(representatives.length);
  for (let colour = 0; colour < representatives.length; colour++) {
    const rank = representatives[colour] ?? 0;
    const nic = places.nicOf(rank);
    const counts = new Map<number, number>();
    if (places.privateNics) counts.set(colour, 1);
    else {
      const first = places.nodeOf(rank) * places.gpusPerNode;
      for (let other = first; other < Math.min(first + places.gpusPerNode, ranks); other++) {
        if (places.nicOf(other) !== nic) continue;
        const c = colourOf(other);
        counts.set(c, (counts.get(c) ?? 0) + 1);
      }
    }
    const members = [...counts].sort((a, b) => a[0] - b[0]);
    const capacityFactor = places.nicFactorOf(nic);
    const key = `${capacityFactor}|${members.join(';')}`;
    const known = interned.get(key) ?? nics.length;
    if (known === nics.length) {
      interned.set(key, known);
      nics.push({ capacityFactor, classes: members.map((m) => m[0]), counts: members.map((m) => m[1]) });
    }
    nicOf[colour] = known;
  }
  return { nics, nicOf };
}

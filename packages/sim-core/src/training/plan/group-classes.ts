import type { GroupPlacements } from './group-placement.js';
import type { GroupClass } from './plan.js';
import type { Membership, RankBlocks } from './rank-blocks.js';
import type { GroupKind } from './rank-grid.js';
import type { Colouring } from './refinement.js';

/** Communicators in classes, and the class of each colour's group by kind. */
export interface GroupClasses {
  readonly groups: readonly GroupClass[];
  readonly groupOf: ReadonlyMap<GroupKind, Int32Array>;
}

/** @param firstBlock A block of each colour. */
export function groupClasses(
  blocks: RankBlocks,
  colouring: Colouring,
  firstBlock: Int32Array,
  placements: GroupPlacements,
): GroupClasses {
  const groups: GroupClass[] = [];
  const groupOf = new Map<GroupKind, Int32Array>();
  for (const membership of blocks.memberships) {
    const { kind } = membership;
    if (kind === 'nic') continue;
    const members = membersByGroup(membership, colouring, firstBlock);
    const interned = new Map<string, number>();
    const known = new Map<number, number>();
    const column = new Int32Array(colouring.colours);
    for (let colour = 0; colour < colouring.colours; colour++) {
      const block = firstBlock[colour] ?? 0;
      const id = membership.groupOf[block] ?? 0;
      const own = members.get(id) ?? [];
      let group = known.get(id);
      if (group === undefined) {
        const key = own.join(';');
        group = interned.get(key) ?? groups.length;
        interned.set(key, group);
        known.set(id, group);
      }
      if (group === groups.length) {
        groups.push({
          kind,
          classes: own.map((member) => member[0]),
          counts: own.map((member) => member[1]),
          placement: placements.of(kind, blocks.representative[block] ?? 0),
        });
      }
      column[colour] = group;
    }
    groupOf.set(kind, column);
  }
  return { groups, groupOf };
}

/** Ranks of each colour in the groups that hold a colour's first block, in order of colour. */
function membersByGroup(
  { groupOf, weight }: Membership,
  { colourOf }: Colouring,
  firstBlock: Int32Array,
): ReadonlyMap<number, readonly (readonly [number, number])[]> {
  const sums = new Map<number, Map<number, number>>();
  for (const block of firstBlock) sums.set(groupOf[block] ?? 0, new Map());
  for (let block = 0; block < groupOf.length; block++) {
    const sum = sums.get(groupOf[block] ?? 0);
    if (!sum) continue;
    const colour = colourOf[block] ?? 0;
    sum.set(colour, (sum.get(colour) ?? 0) + (weight[block] ?? 0));
  }
  return new Map([...sums].map(([group, sum]) => [group, [...sum].sort((a, b) => a[0] - b[0])]));
}

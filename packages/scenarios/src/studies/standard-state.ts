import type { ColumnLayout, ColumnNode } from './ailing-columns.js';
import { type AilingNic, type AilingNode, stateText } from './ailing-nodes.js';
import { standardNics } from './standard-nics.js';

/**
 * The representative of all states that last as long as the given one, since only columns and tensor peers change places between them
 * (`interchangeableColumns`): its ailing columns are the first ones, in a standard order, their NICs have standard numbers, and of
 * columns that ail alike there is one. Alike columns do the same at the same time, so their number matters to nobody as long as
 * there is a column in good health beside them; where there is none the state is left as it is.
 */
export function standardState(nodes: readonly AilingNode[], layout: ColumnLayout): readonly AilingNode[] {
  const { columns, columnRanks, gpusPerNode } = layout;
  const columnNodes = columnRanks / gpusPerNode;
  const stageNodes = columns * columnNodes;
  const ailing = new Map<number, ColumnNode[]>();
  for (const { node, ...state } of nodes) {
    const within = node % stageNodes;
    const place = Math.floor(node / stageNodes) * columnNodes + (within % columnNodes);
    const column = Math.floor(within / columnNodes);
    const members = ailing.get(column);
    if (members) members.push({ place, ...state });
    else ailing.set(column, [{ place, ...state }]);
  }
  if (ailing.size >= columns) return nodes;
  const nicOf = standardNics([...ailing.values()], layout);
  const forms = new Map<string, readonly ColumnNode[]>();
  for (const members of ailing.values()) {
    const renamed = members.map((member) => ({ ...member, nics: renumbered(member.nics, nicOf) }));
    forms.set(renamed.map((member) => `${member.place}:${stateText(member)}`).join(' '), renamed);
  }
  return [...forms]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([, members], column) =>
      members.map(({ place, ...state }) => ({
        node: Math.floor(place / columnNodes) * stageNodes + column * columnNodes + (place % columnNodes),
        ...state,
      })),
    );
}

const renumbered = (nics: readonly AilingNic[], nicOf: (nic: number) => number): readonly AilingNic[] =>
  nics.map(({ nic, capacityFactor }) => ({ nic: nicOf(nic), capacityFactor })).sort((a, b) => a.nic - b.nic);

import type { Plan } from '../plan/plan.js';

/** Groups of one kind inside a cell: classes that meet in each. */
export interface CellGroups {
  readonly group: number;
  /** Positions in the cell's class list. */
  readonly members: Int32Array;
}

/** Rank classes of one stage that meet in tensor, context or expert collectives: they run their blocks in lockstep. */
export interface Cell {
  readonly classes: Int32Array;
  /** By kind of group: the groups that meet in this cell. */
  readonly groups: ReadonlyMap<string, readonly CellGroups[]>;
}

const lockstepKinds = ['tensor', 'context', 'expert'] as const;

/** Connected components of rank classes under the groups whose collectives block the compute stream. */
export function lockstepCells(plan: Plan): { readonly cells: readonly Cell[]; readonly cellOf: Int32Array } {
  const count = plan.classes.length;
  const parent = Int32Array.from({ length: count }, (_, i) => i);
  const root = (of: number): number => {
    let at = of;
    while ((parent[at] ?? at) !== at) {
      parent[at] = parent[parent[at] ?? at] ?? at;
      at = parent[at] ?? at;
    }
    return at;
  };
  const kinds = lockstepKinds.filter((kind) => plan.kinds.includes(kind));
  for (const group of plan.groups) {
    if (!kinds.some((kind) => kind === group.kind)) continue;
    const first = root(group.classes[0] ?? 0);
    for (const member of group.classes) parent[root(member)] = first;
  }
  const cellIndex = new Map<number, number>();
  const cellOf = new Int32Array(count);
  const classLists: number[][] = [];
  for (let k = 0; k < count; k++) {
    const at = root(k);
    let cell = cellIndex.get(at);
    if (cell === undefined) {
      cell = classLists.length;
      cellIndex.set(at, cell);
      classLists.push([]);
    }
    cellOf[k] = cell;
    classLists[cell]?.push(k);
  }
  const cells = classLists.map((classes): Cell => {
    const position = new Map(classes.map((k, i) => [k, i]));
    const groups = new Map<string, CellGroups[]>();
    for (const kind of kinds) {
      const seen = new Set<number>();
      const list: CellGroups[] = [];
      for (const k of classes) {
        const group = plan.groupOf(kind, k);
        if (seen.has(group)) continue;
        seen.add(group);
        const members = (plan.groups[group]?.classes ?? []).map((member) => position.get(member) ?? 0);
        list.push({ group, members: Int32Array.from(members) });
      }
      groups.set(kind, list);
    }
    return { classes: Int32Array.from(classes), groups };
  });
  return { cells, cellOf };
}

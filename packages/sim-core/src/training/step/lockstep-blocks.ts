import type { Plan } from '../plan/plan.js';
import { Book } from './books.js';
import { type Cell, lockstepCells } from './cells.js';
import type { ClassCursors } from './class-cursors.js';
import type { ComputeStreams } from './compute-streams.js';
import type { Ledger } from './ledger.js';
import type { MeetingGroups } from './meeting-groups.js';
import { EventKind, type StepClock } from './step-clock.js';
import { SegmentKind, type Template } from './template.js';

/**
 * Advances all classes of a cell through a block in one event a class: where nothing can interfere, the max-plus recurrence over
 * the block's segments is the same as executing them one by one.
 */
export class LockstepBlocks {
  readonly #clock: StepClock;
  readonly #cursors: ClassCursors;
  readonly #streams: ComputeStreams;
  readonly #groups: MeetingGroups;
  readonly #ledger: Ledger;
  readonly #cells: readonly Cell[];
  readonly #cellOf: Int32Array;
  /** Classes of each cell that have reached the block. */
  readonly #arrived: Int32Array;
  readonly #start: Float64Array;

  constructor(
    plan: Plan,
    clock: StepClock,
    cursors: ClassCursors,
    streams: ComputeStreams,
    groups: MeetingGroups,
    ledger: Ledger,
  ) {
    this.#clock = clock;
    this.#cursors = cursors;
    this.#streams = streams;
    this.#groups = groups;
    this.#ledger = ledger;
    const { cells, cellOf } = lockstepCells(plan);
    this.#cells = cells;
    this.#cellOf = cellOf;
    this.#arrived = new Int32Array(cells.length);
    this.#start = new Float64Array(plan.classes.length);
  }

  startOf(k: number): number {
    return this.#start[k] as number;
  }

  /** A class reaches the block; the last of its cell sets all of them off. */
  arrive(k: number): void {
    this.#start[k] = this.#clock.now;
    const index = this.#cellOf[k] as number;
    const cell = this.#cells[index];
    if (!cell) return;
    this.#arrived[index] = (this.#arrived[index] as number) + 1;
    if ((this.#arrived[index] as number) < cell.classes.length) return;
    this.#arrived[index] = 0;
    this.#run(cell);
  }

  #run(cell: Cell): void {
    const streams = this.#streams;
    const size = cell.classes.length;
    const clock = new Float64Array(size);
    const templates: Template[] = [];
    for (let i = 0; i < size; i++) {
      const k = cell.classes[i] as number;
      clock[i] = this.#start[k] as number;
      const template = this.#cursors.template(k);
      if (template) templates.push(template);
    }
    const first = templates[0];
    if (!first) return;
    for (let s = 0; s < first.segments; s++) {
      if (first.kind[s] === SegmentKind.compute) {
        for (let i = 0; i < size; i++) {
          const template = templates[i] ?? first;
          clock[i] = (clock[i] as number) + streams.seconds(template, s, cell.classes[i] as number);
        }
      } else this.#meet(cell, first.argument[s] as number, clock);
    }
    for (let i = 0; i < size; i++)
      this.#clock.queue.push(clock[i] as number, (cell.classes[i] as number) * 4 + EventKind.block);
  }

  /** A collective of each group of the cell: it starts when the last member comes. */
  #meet(cell: Cell, descriptor: number, clock: Float64Array): void {
    const ledger = this.#ledger;
    const { group: kind } = this.#groups.collective(descriptor);
    for (const { group, members } of cell.groups.get(kind) ?? []) {
      const exposed = this.#groups.exposedSeconds(group, descriptor);
      const book = this.#groups.all[group]?.book ?? Book.data;
      let start = 0;
      for (const i of members) start = Math.max(start, clock[i] as number);
      for (const i of members) {
        const k = cell.classes[i] as number;
        ledger.book(k, Book.skew, start - (clock[i] as number));
        ledger.book(k, book, exposed);
        clock[i] = start + exposed;
      }
    }
  }
}

/** True when collectives inside blocks meet nobody else's traffic: they stay in their scale-up domain. */
export function blocksAreAlone(plan: Plan): boolean {
  return plan.groups.every(
    (group) =>
      ['data', 'expertData', 'shard', 'replica'].includes(group.kind) ||
      group.placement.ranks <= 1 ||
      group.placement.domains === 1,
  );
}

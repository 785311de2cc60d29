import type { Plan } from '../plan/plan.js';
import { Book } from './books.js';
import type { ClassCursors } from './class-cursors.js';
import type { ComputeStreams } from './compute-streams.js';
import type { Ledger } from './ledger.js';
import { LockstepStretches, type Stretch } from './lockstep-stretches.js';
import type { MeetingGroup, MeetingGroups } from './meeting-groups.js';
import type { StepProgram } from './program.js';
import { EventKind, type StepClock } from './step-clock.js';
import type { StepTape } from './step-tape.js';
import { SegmentKind, type Template } from './template.js';

/**
 * Advances classes through blocks in which nothing can interfere, ahead of the clock and in one event a class: the max-plus
 * recurrence over the block's segments, where a collective starts when the last member of its group has come to it, is the
 * same as executing them one by one.
 */
export class LockstepBlocks {
  readonly #clock: StepClock;
  readonly #cursors: ClassCursors;
  readonly #streams: ComputeStreams;
  readonly #groups: MeetingGroups;
  readonly #ledger: Ledger;
  /** By collective descriptor: the group of each class that it runs over. */
  readonly #groupOf: readonly Int32Array[];
  readonly #stretches: LockstepStretches;
  // One entry a class: when it came to the block, and the time up to which it has been carried.
  readonly #time: Float64Array;
  readonly #template: (Template | undefined)[];
  // One entry a group: members that have come to the collective, and the segment that it is.
  readonly #arrived: Int32Array;
  readonly #segment: Int32Array;
  /** Groups whose members have all come. */
  readonly #complete: number[] = [];

  constructor(
    plan: Plan,
    program: StepProgram,
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
    const columns = new Map(
      plan.kinds.map((kind) => [kind, Int32Array.from(plan.classes, (_, k) => plan.groupOf(kind, k))]),
    );
    const none = new Int32Array(cursors.count);
    this.#groupOf = program.collectives.map(({ group }) =>
      group === 'tie' || group === 'world' ? none : (columns.get(group) ?? none),
    );
    this.#stretches = new LockstepStretches(groups, streams, this.#groupOf, { keepsCourse: ledger.tape !== undefined });
    this.#time = new Float64Array(cursors.count);
    this.#template = new Array(cursors.count);
    this.#arrived = new Int32Array(groups.all.length);
    this.#segment = new Int32Array(groups.all.length);
  }

  /** A class comes to a block: it is carried to its end or to a collective that others have not come to yet. */
  arrive(k: number): void {
    const { now } = this.#clock;
    const template = this.#cursors.template(k);
    if (!template) return;
    this.#template[k] = template;
    this.#time[k] = now;
    this.#comeTo(k, template, this.#compute(k, template, 0));
    for (let group = this.#complete.pop(); group !== undefined; group = this.#complete.pop()) this.#meet(group);
  }

  /** Carries a class over its compute segments from one on; returns the collective that follows, or the number of segments. */
  #compute(k: number, template: Template, from: number): number {
    const { tape } = this.#ledger;
    let segment = from;
    for (; segment < template.segments && template.kind[segment] === SegmentKind.compute; segment++) {
      this.#time[k] = (this.#time[k] as number) + this.#streams.seconds(template, segment, k);
      tape?.computed(k, this.#time[k] as number);
    }
    return segment;
  }

  /** A class ends its block, or comes to a collective; the last member of its group completes it. */
  #comeTo(k: number, template: Template, segment: number): void {
    if (segment >= template.segments) {
      this.#clock.queue.push(this.#time[k] as number, k * 4 + EventKind.block);
      return;
    }
    const group = this.#groupOf[template.argument[segment] as number]?.[k] as number;
    const arrived = (this.#arrived[group] as number) + 1;
    this.#arrived[group] = arrived;
    this.#segment[group] = segment;
    if (arrived === this.#groups.all[group]?.classes.length) this.#complete.push(group);
  }

  /** All members have come: their collective runs and they go on, together for as long as they only meet each other. */
  #meet(group: number): void {
    const meeting = this.#groups.all[group];
    if (!meeting) return;
    const { classes, book } = meeting;
    const ledger = this.#ledger;
    const time = this.#time;
    this.#arrived[group] = 0;
    const stretch = this.#stretches.from(group, classes, this.#segment[group] as number, this.#template);
    let start = 0;
    for (let i = 0; i < classes.length; i++) start = Math.max(start, time[classes[i] as number] as number);
    if (ledger.tape) this.#record(ledger.tape, meeting, stretch, start);
    for (let i = 0; i < classes.length; i++) {
      const k = classes[i] as number;
      ledger.book(k, Book.skew, start - (time[k] as number) + (stretch.skewSeconds[i] as number));
      ledger.book(k, book, stretch.exposedSeconds);
      time[k] = start + (stretch.endSeconds[i] as number);
    }
    for (let i = 0; i < classes.length; i++) {
      const k = classes[i] as number;
      this.#comeTo(k, this.#template[k] as Template, stretch.end);
    }
  }

  #record(tape: StepTape, { classes, book }: MeetingGroup, { course }: Stretch, from: number): void {
    for (const { start, end, computed } of course) {
      classes.forEach((k, i) => {
        tape.waited(k, Book.skew, from + start);
        tape.waited(k, book, from + end);
        tape.computed(k, from + (computed[i] as number));
      });
    }
  }
}

/** True when collectives inside blocks meet nobody else's traffic: they stay in their scale-up domain, or on cables of their own. */
export function blocksAreAlone(plan: Plan): boolean {
  if (plan.torus) return plan.torus.blocksAlone;
  return plan.groups.every(
    (group) =>
      ['data', 'expertData', 'shard', 'replica'].includes(group.kind) ||
      group.placement.ranks <= 1 ||
      group.placement.domains === 1,
  );
}

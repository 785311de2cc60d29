import type { ComputeStreams } from './compute-streams.js';
import type { MeetingGroups } from './meeting-groups.js';
import { SegmentKind, type Template } from './template.js';

/**
 * What a group does from a collective of a block on for as long as its members meet nobody else, in seconds since that collective
 * started: it is the same each time, whenever they came to it.
 */
export interface Stretch {
  /** Template of each member. */
  readonly templates: readonly Template[];
  readonly segment: number;
  /** First segment after the stretch: the end of the block, or a collective of another group. */
  readonly end: number;
  /** When each member comes to it. */
  readonly endSeconds: Float64Array;
  /** What the collectives leave exposed. */
  readonly exposedSeconds: number;
  /** What each member waits for the others in all collectives but the first. */
  readonly skewSeconds: Float64Array;
  /** Start and end of each collective and, member by member, the end of the compute behind it; only where a tape is kept. */
  readonly course: readonly CourseOfMeeting[];
}

export interface CourseOfMeeting {
  readonly start: number;
  readonly end: number;
  readonly computed: Float64Array;
}

/** Stretches of the groups of a step, each worked out when it is first come to. */
export class LockstepStretches {
  readonly #groups: MeetingGroups;
  readonly #streams: ComputeStreams;
  /** By collective descriptor: the group of each class that it runs over. */
  readonly #groupOf: readonly Int32Array[];
  readonly #keepsCourse: boolean;
  readonly #known: Stretch[][];

  constructor(
    groups: MeetingGroups,
    streams: ComputeStreams,
    groupOf: readonly Int32Array[],
    { keepsCourse }: { readonly keepsCourse: boolean },
  ) {
    this.#groups = groups;
    this.#streams = streams;
    this.#groupOf = groupOf;
    this.#keepsCourse = keepsCourse;
    this.#known = groups.all.map(() => []);
  }

  /** @param templates Of the blocks that the classes are in, by class. */
  from(
    group: number,
    classes: readonly number[],
    segment: number,
    templates: readonly (Template | undefined)[],
  ): Stretch {
    const known = this.#known[group] as Stretch[];
    for (let i = 0; i < known.length; i++) {
      const stretch = known[i] as Stretch;
      if (stretch.segment === segment && isOf(stretch, classes, templates)) return stretch;
    }
    const stretch = this.#workedOut(
      group,
      classes,
      segment,
      classes.map((k) => templates[k] as Template),
    );
    known.push(stretch);
    return stretch;
  }

  #workedOut(group: number, classes: readonly number[], from: number, templates: readonly Template[]): Stretch {
    const time = new Float64Array(classes.length);
    const skewSeconds = new Float64Array(classes.length);
    const course: CourseOfMeeting[] = [];
    const [first] = templates;
    const firstClass = classes[0];
    if (!first || firstClass === undefined) throw new Error(`LockstepStretches: group ${group} has no members`);
    let exposedSeconds = 0;
    let segment = from;
    do {
      let met = first.argument[segment] as number;
      let start = 0;
      templates.forEach((template, i) => {
        start = Math.max(start, time[i] as number);
        met = this.#groups.lessHidden(met, template.argument[segment] as number);
      });
      const exposed = this.#groups.exposedSeconds(group, met);
      const end = start + exposed;
      exposedSeconds += exposed;
      let next = segment;
      templates.forEach((template, i) => {
        skewSeconds[i] = (skewSeconds[i] as number) + start - (time[i] as number);
        time[i] = end;
        for (next = segment + 1; next < template.segments && template.kind[next] === SegmentKind.compute; next++)
          time[i] = (time[i] as number) + this.#streams.seconds(template, next, classes[i] as number);
      });
      if (this.#keepsCourse) course.push({ start, end, computed: time.slice() });
      segment = next;
    } while (segment < first.segments && this.#groupOf[first.argument[segment] as number]?.[firstClass] === group);
    return { templates, segment: from, end: segment, endSeconds: time, exposedSeconds, skewSeconds, course };
  }
}

function isOf({ templates }: Stretch, classes: readonly number[], current: readonly (Template | undefined)[]): boolean {
  for (let i = 0; i < classes.length; i++) if (templates[i] !== current[classes[i] as number]) return false;
  return true;
}

import { Book } from './books.js';
import type { ClassCursors } from './class-cursors.js';
import { contentionOf, type Ledger } from './ledger.js';
import type { MeetingGroups } from './meeting-groups.js';
import { EventKind, FlowKind, type Resumes, type StepClock } from './step-clock.js';

/** Blocking collectives of blocks that are executed operator by operator: members meet, the last to come starts it. */
export class CollectiveMeetings {
  readonly #clock: StepClock;
  readonly #cursors: ClassCursors;
  readonly #groups: MeetingGroups;
  readonly #ledger: Ledger;
  readonly #resumes: Resumes;
  // One entry a group: the collective that its members are meeting in.
  readonly #arrived: Int32Array;
  readonly #descriptor: Int32Array;
  readonly #start: Float64Array;
  /** When each class came to the collective that it is in. */
  readonly #ready: Float64Array;

  constructor(clock: StepClock, cursors: ClassCursors, groups: MeetingGroups, ledger: Ledger, resumes: Resumes) {
    this.#clock = clock;
    this.#cursors = cursors;
    this.#groups = groups;
    this.#ledger = ledger;
    this.#resumes = resumes;
    const count = groups.all.length;
    this.#arrived = new Int32Array(count);
    this.#descriptor = new Int32Array(count);
    this.#start = new Float64Array(count);
    this.#ready = new Float64Array(cursors.count);
  }

  arrive(k: number, descriptor: number): void {
    const { now, queue } = this.#clock;
    const groups = this.#groups;
    const group = groups.groupOf(k, groups.collective(descriptor).group);
    const arrived = (this.#arrived[group] as number) + 1;
    const met = arrived === 1 ? descriptor : groups.lessHidden(this.#descriptor[group] as number, descriptor);
    this.#ready[k] = now;
    this.#arrived[group] = arrived;
    this.#descriptor[group] = met;
    if (arrived < (groups.all[group]?.classes.length ?? 0)) return;
    this.#arrived[group] = 0;
    this.#start[group] = now;
    const route = groups.route(group, met);
    const { hideBehindSeconds, repeat } = groups.collective(met);
    const alone = route.links.length === 0 || (groups.portsAreFree && !route.crossesNetwork);
    if (hideBehindSeconds > 0 || repeat > 1 || alone) {
      queue.push(now + groups.exposedSeconds(group, met), group * 4 + EventKind.collective);
    } else this.#clock.startFlow(route, group * 4 + FlowKind.collective);
  }

  ended(group: number): void {
    const meeting = this.#groups.all[group];
    if (!meeting) return;
    const ledger = this.#ledger;
    const start = this.#start[group] as number;
    const { now } = this.#clock;
    const actual = now - start;
    const contention = contentionOf(actual, this.#groups.exposedSeconds(group, this.#descriptor[group] as number));
    const skewBook = meeting.kind === 'world' || meeting.kind === 'tie' ? Book.bubble : Book.skew;
    for (const k of meeting.classes) {
      ledger.bookWait(k, skewBook, start - (this.#ready[k] as number), start);
      ledger.bookWait(k, meeting.book, actual - contention, now - contention);
      ledger.bookWait(k, Book.networkContention, contention, now);
      this.#cursors.nextSegment(k);
    }
    for (const k of meeting.classes) this.#resumes.resumeBlock(k);
  }
}

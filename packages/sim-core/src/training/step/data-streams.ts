import type { Plan } from '../plan/plan.js';
import { Book } from './books.js';
import { type ClassCursors, slotOffsets } from './class-cursors.js';
import type { ComputeStreams } from './compute-streams.js';
import { contentionOf, type Ledger } from './ledger.js';
import type { MeetingGroups } from './meeting-groups.js';
import type { Route } from './route.js';
import { FlowKind, type Resumes, type StepClock } from './step-clock.js';

/**
 * Collectives of gradients and parameters beside the compute stream: each class has a stream of such tasks, and one starts
 * when it is at the head of the stream of every member of its group. While it runs it takes compute units.
 */
export class DataStreams {
  readonly #plan: Plan;
  readonly #clock: StepClock;
  readonly #cursors: ClassCursors;
  readonly #compute: ComputeStreams;
  readonly #groups: MeetingGroups;
  readonly #ledger: Ledger;
  readonly #resumes: Resumes;
  // One entry a (class, task slot).
  readonly #slot0: Int32Array;
  readonly #done: Uint8Array;
  readonly #atHead: Float64Array;
  readonly #ready: Float64Array;
  readonly #alone: Float64Array;
  // One ring buffer of slots a class.
  readonly #stream: readonly Int32Array[];
  readonly #head: Int32Array;
  readonly #tail: Int32Array;
  /** Members of each group at whose head its task is. */
  readonly #arrived: Int32Array;

  constructor(
    plan: Plan,
    clock: StepClock,
    cursors: ClassCursors,
    compute: ComputeStreams,
    groups: MeetingGroups,
    ledger: Ledger,
    resumes: Resumes,
  ) {
    this.#plan = plan;
    this.#clock = clock;
    this.#cursors = cursors;
    this.#compute = compute;
    this.#groups = groups;
    this.#ledger = ledger;
    this.#resumes = resumes;
    this.#slot0 = slotOffsets(cursors, ({ tasks }) => tasks.length);
    const slots = this.#slot0[cursors.count] as number;
    this.#done = new Uint8Array(slots).fill(1);
    this.#atHead = new Float64Array(slots);
    this.#ready = new Float64Array(slots);
    this.#alone = new Float64Array(slots);
    this.#stream = cursors.stageOf.map(({ tasks }) => new Int32Array(Math.max(4, tasks.length + 1)));
    this.#head = new Int32Array(cursors.count);
    this.#tail = new Int32Array(cursors.count);
    this.#arrived = new Int32Array(groups.all.length);
  }

  /** Puts a task on a class's stream. */
  issue(k: number, slot: number): void {
    const stream = this.#stream[k];
    if (!stream) return;
    this.#done[(this.#slot0[k] as number) + slot] = 0;
    const tail = this.#tail[k] as number;
    stream[tail % stream.length] = slot;
    this.#tail[k] = tail + 1;
    if (tail === (this.#head[k] as number)) this.#comesToHead(k);
  }

  /** True when the last task issued in a slot has ended; otherwise the class waits for it. */
  isDone(k: number, slot: number): boolean {
    const at = (this.#slot0[k] as number) + slot;
    if (this.#done[at] === 1) return true;
    this.#cursors.waitFor(k, at, this.#clock.now);
    return false;
  }

  /** The task at the head of the streams of a group's members has ended. */
  ended(group: number): void {
    const cursors = this.#cursors;
    const meeting = this.#groups.all[group];
    if (!meeting) return;
    for (const k of meeting.classes) {
      this.#compute.setRate(k, 1);
      const slot = this.#slotAt(k, this.#head[k] as number);
      this.#done[slot] = 1;
      this.#record(k, slot);
      this.#head[k] = (this.#head[k] as number) + 1;
    }
    for (const k of meeting.classes) {
      const head = this.#head[k] as number;
      const slot = this.#slotAt(k, head - 1);
      if ((this.#tail[k] as number) > head) this.#comesToHead(k);
      if ((cursors.waitSlot[k] as number) === slot && cursors.isInBlock(k)) {
        this.#bookWait(k, slot);
        cursors.waitSlot[k] = -1;
        cursors.nextSegment(k);
        this.#resumes.resumeBlock(k);
      }
    }
  }

  #record(k: number, slot: number): void {
    const { tape } = this.#ledger;
    if (!tape) return;
    const descriptor = this.#cursors.stageOf[k]?.tasks[slot - (this.#slot0[k] as number)] ?? -1;
    tape.tasks.add(k, descriptor, 0, this.#ready[slot] as number, this.#clock.now);
  }

  /** Slot (over all classes) of the task at a position of a class's stream. */
  #slotAt(k: number, position: number): number {
    const stream = this.#stream[k];
    return stream ? (this.#slot0[k] as number) + (stream[position % stream.length] as number) : -1;
  }

  #comesToHead(k: number): void {
    const { now } = this.#clock;
    const at = this.#slotAt(k, this.#head[k] as number);
    const descriptor = this.#cursors.stageOf[k]?.tasks[at - (this.#slot0[k] as number)] ?? -1;
    const group = this.#groups.groupOf(k, this.#groups.collective(descriptor).group);
    const members = this.#groups.all[group]?.classes ?? [];
    this.#atHead[at] = now;
    this.#arrived[group] = (this.#arrived[group] as number) + 1;
    if ((this.#arrived[group] as number) < members.length) return;
    this.#arrived[group] = 0;
    const route = this.#groups.route(group, descriptor);
    for (const member of members) {
      const slot = this.#slotAt(member, this.#head[member] as number);
      this.#ready[slot] = now;
      this.#alone[slot] = route.aloneSeconds;
      if (route.links.length > 0) this.#compute.setRate(member, this.#rateDuring(member, route));
    }
    this.#clock.startFlow(route, group * 4 + FlowKind.task);
  }

  #rateDuring(k: number, route: Route): number {
    const device = this.#plan.places.devices[this.#plan.classes[k]?.device ?? 0];
    if (!device) return 1;
    return 1 - (route.usesScaleUp ? device.smShareScaleUp : device.smShareNetwork);
  }

  /** Waiting for a task: behind earlier tasks and in flight it is exposed, until the last member comes it is skew. */
  #bookWait(k: number, slot: number): void {
    const { now } = this.#clock;
    const from = this.#cursors.waitStart[k] as number;
    const head = Math.max(from, this.#atHead[slot] as number);
    const ready = Math.max(head, this.#ready[slot] as number);
    const flight = now - ready;
    const beyond = contentionOf(now - (this.#ready[slot] as number), this.#alone[slot] as number);
    const contention = Math.min(flight, beyond);
    this.#ledger.bookWait(k, Book.data, head - from, head);
    this.#ledger.bookWait(k, Book.skew, ready - head, ready);
    this.#ledger.bookWait(k, Book.data, flight - contention, now - contention);
    this.#ledger.bookWait(k, Book.networkContention, contention, now);
  }
}

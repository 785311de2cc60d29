import { EventQueue } from '../../kernel/index.js';
import type { Plan } from '../plan/plan.js';
import { Book, type Books, bookColumns } from './books.js';
import { type Cell, lockstepCells } from './cells.js';
import {
  type CollectiveDescriptor,
  type StageProgram,
  type StepGroupKind,
  StepOp,
  type StepProgram,
} from './program.js';
import { type Route, StepNetwork } from './step-network.js';
import { SegmentKind, type Template } from './template.js';

/** What an execution leaves: the clock at the end, the books, and what it cost. */
export interface Execution {
  readonly stepSeconds: number;
  readonly books: Books;
  readonly events: number;
  /** End of each class's last operation before the step ended. */
  readonly classEndSeconds: Float64Array;
}

export interface ExecutionOptions {
  /** Factor on compute seconds of a class: [gemm, attention, memory] for each class. */
  readonly factors: Float64Array;
  /** false: execute every block operator by operator, also where nothing can interfere (the definition; for tests). */
  readonly coalesce?: boolean;
  /** Called with every busy or waiting stretch of a class, in order of its end. */
  readonly observe?: (rankClass: number, label: string, startSeconds: number, endSeconds: number) => void;
}

const EventKind = { blockEnd: 0, segmentEnd: 1, fixedEnd: 2, messageEnd: 3 } as const;
const FluidKind = { collective: 0, task: 1, message: 2 } as const;
const bookOfGroup = new Map<string, number>([
  ['tensor', Book.tensor],
  ['context', Book.context],
  ['expert', Book.expert],
  ['data', Book.data],
  ['expertData', Book.data],
  ['shard', Book.data],
  ['replica', Book.data],
  ['world', Book.data],
  ['tie', Book.pipeline],
]);

/** Groups that meet during the step: those of the plan, then tied-embedding pairs, then all ranks. */
interface MeetingGroup {
  readonly kind: StepGroupKind;
  readonly classes: readonly number[];
  readonly placement: {
    readonly ranks: number;
    readonly domains: number;
    readonly ranksPerDomain: number;
    readonly nicsPerDomain: number;
  };
}

/**
 * Runs a step program over a plan on the event queue: compute segments, blocking collectives where the ranks of a group
 * meet, data tasks on a stream of their own, and messages between pipeline stages, over one fluid network.
 *
 * Blocks in which nothing can interfere (no data task in flight, collectives that stay inside the scale-up domain) are
 * advanced in one event: the max-plus recurrence over their segments is the same as executing them one by one.
 */
export class StepExecution {
  readonly #plan: Plan;
  readonly #program: StepProgram;
  readonly #network: StepNetwork;
  readonly #queue = new EventQueue();
  readonly #cells: readonly Cell[];
  readonly #cellOf: Int32Array;
  readonly #coalesce: boolean;
  readonly #factors: Float64Array;
  readonly #observe: ExecutionOptions['observe'];
  readonly #groups: MeetingGroup[];
  readonly #tieOf: Int32Array;
  readonly #worldGroup: number;
  readonly #stageOf: readonly StageProgram[];
  // One entry a class.
  readonly #pc: Int32Array;
  readonly #segment: Int32Array;
  readonly #segmentEvent: Float64Array;
  readonly #segmentEnd: Float64Array;
  readonly #segmentWork: Float64Array;
  readonly #segmentAnchor: Float64Array;
  readonly #rate: Float64Array;
  readonly #waitStart: Float64Array;
  readonly #waitSlot: Int32Array;
  readonly #blockStart: Float64Array;
  readonly #ended: Float64Array;
  readonly #slot0: Int32Array;
  // One entry a (class, message slot).
  readonly #arrival: Float64Array;
  readonly #sent: Float64Array;
  readonly #alone: Float64Array;
  /** Blocking messages meet: the receiver has posted the receive, and the message of a sender that waits for that (plus 1). */
  readonly #posted: Uint8Array;
  readonly #offered: Int32Array;
  // One entry a cell.
  readonly #cellArrived: Int32Array;
  // One entry a group: the blocking collective that its members are meeting in.
  readonly #groupArrived: Int32Array;
  readonly #groupDescriptor: Int32Array;
  readonly #groupStart: Float64Array;
  readonly #groupReady: Float64Array;
  // One entry a (class, task slot); tasks queue on one data stream a class.
  readonly #taskSlot0: Int32Array;
  readonly #taskDone: Uint8Array;
  readonly #taskHead: Float64Array;
  readonly #taskReady: Float64Array;
  readonly #taskAlone: Float64Array;
  readonly #stream: Int32Array[];
  readonly #streamHead: Int32Array;
  readonly #streamTail: Int32Array;
  // One entry a group: the data task at the head of its members' streams.
  readonly #taskArrived: Int32Array;
  readonly #routes: (Route | undefined)[][];
  readonly #sendRoutes: (Route | undefined)[][];
  readonly #sendPeers: Int32Array[];
  // Messages in flight.
  #messageFrom = new Int32Array(1024);
  #messageTo = new Int32Array(1024);
  #messageSlot = new Int32Array(1024);
  #messageRoute = new Int32Array(1024);
  readonly #freeMessages: number[] = [];
  #messages = 0;
  readonly #runCount: Float64Array;
  readonly #books: Books = new Float64Array(bookColumns);
  readonly #multiplicity: Float64Array;
  #events = 0;
  #now = 0;

  constructor(plan: Plan, program: StepProgram, options: ExecutionOptions) {
    this.#plan = plan;
    this.#program = program;
    this.#network = new StepNetwork(plan);
    this.#coalesce = (options.coalesce ?? true) && blocksAreAlone(plan);
    this.#factors = options.factors;
    this.#observe = options.observe;
    const { cells, cellOf } = lockstepCells(plan);
    this.#cells = cells;
    this.#cellOf = cellOf;
    const count = plan.classes.length;
    this.#groups = [...plan.groups];
    this.#tieOf = new Int32Array(count).fill(-1);
    this.#addTieGroups();
    this.#worldGroup = this.#groups.length;
    this.#groups.push(worldGroup(plan));
    const groups = this.#groups.length;

    this.#stageOf = plan.classes.map((rankClass) => {
      const stage = program.stages[rankClass.device]?.[rankClass.stage];
      if (!stage)
        throw new Error(`StepExecution: no program for stage ${rankClass.stage} on device ${rankClass.device}`);
      return stage;
    });
    this.#pc = new Int32Array(count);
    this.#segment = new Int32Array(count);
    this.#segmentEvent = new Float64Array(count).fill(-1);
    this.#segmentEnd = new Float64Array(count);
    this.#segmentWork = new Float64Array(count);
    this.#segmentAnchor = new Float64Array(count);
    this.#rate = new Float64Array(count).fill(1);
    this.#waitStart = new Float64Array(count);
    this.#waitSlot = new Int32Array(count).fill(-1);
    this.#blockStart = new Float64Array(count);
    this.#ended = new Float64Array(count).fill(-1);
    this.#multiplicity = Float64Array.from(plan.classes, (rankClass) => rankClass.multiplicity);
    this.#slot0 = new Int32Array(count + 1);
    this.#taskSlot0 = new Int32Array(count + 1);
    for (let k = 0; k < count; k++) {
      const stage = this.#stageOf[k];
      this.#slot0[k + 1] = (this.#slot0[k] ?? 0) + (stage?.receives ?? 0);
      this.#taskSlot0[k + 1] = (this.#taskSlot0[k] ?? 0) + (stage?.tasks.length ?? 0);
    }
    const slots = this.#slot0[count] ?? 0;
    this.#arrival = new Float64Array(slots).fill(-1);
    this.#sent = new Float64Array(slots).fill(-1);
    this.#alone = new Float64Array(slots);
    this.#posted = new Uint8Array(slots);
    this.#offered = new Int32Array(slots);
    const taskSlots = this.#taskSlot0[count] ?? 0;
    this.#taskDone = new Uint8Array(taskSlots).fill(1);
    this.#taskHead = new Float64Array(taskSlots);
    this.#taskReady = new Float64Array(taskSlots);
    this.#taskAlone = new Float64Array(taskSlots);
    this.#stream = this.#stageOf.map((stage) => new Int32Array(Math.max(4, stage.tasks.length + 1)));
    this.#streamHead = new Int32Array(count);
    this.#streamTail = new Int32Array(count);
    this.#cellArrived = new Int32Array(cells.length);
    this.#groupArrived = new Int32Array(groups);
    this.#groupDescriptor = new Int32Array(groups);
    this.#groupStart = new Float64Array(groups);
    this.#groupReady = new Float64Array(count);
    this.#taskArrived = new Int32Array(groups);
    this.#routes = Array.from({ length: groups }, () => []);
    this.#sendRoutes = Array.from({ length: count }, () => []);
    this.#sendPeers = plan.classes.map(
      (_, k) => new Int32Array((this.#stageOf[k]?.sends ?? []).map((send) => plan.peer(k, send.peerStage))),
    );
    this.#runCount = new Float64Array(count * program.templates.length);
  }

  /** @throws Error when the program deadlocks: some class never ends. */
  run(): Execution {
    const count = this.#plan.classes.length;
    const fluid = this.#network.fluid;
    const queue = this.#queue;
    for (let k = 0; k < count; k++) this.#advance(k);
    for (;;) {
      const flowTime = fluid.nextTime();
      const eventTime = queue.peekTime();
      if (flowTime === Number.POSITIVE_INFINITY && eventTime === Number.POSITIVE_INFINITY) break;
      if (flowTime <= eventTime) {
        this.#now = flowTime;
        fluid.advanceTo(flowTime);
        // Copied out first: handling one completion may start others at the same instant.
        const finished = fluid.finishedTags.slice(0, fluid.finishedCount);
        for (const tag of finished) {
          this.#events++;
          this.#flowEnded(tag);
        }
      } else {
        this.#now = eventTime;
        if (fluid.now < eventTime) fluid.advanceTo(eventTime);
        while (queue.peekTime() === eventTime) {
          this.#events++;
          this.#handle(queue.pop());
        }
      }
    }
    let stepSeconds = 0;
    for (let k = 0; k < count; k++) {
      const end = this.#ended[k] ?? -1;
      if (end < 0) throw new Error(this.#deadlock(k));
      stepSeconds = Math.max(stepSeconds, end);
    }
    for (let k = 0; k < count; k++) this.#book(k, Book.bubble, stepSeconds - (this.#ended[k] ?? 0));
    this.#bookRuns();
    return { stepSeconds, books: this.#books, events: this.#events, classEndSeconds: this.#ended };
  }

  #deadlock(k: number): string {
    const rankClass = this.#plan.classes[k];
    return `StepExecution: rank ${rankClass?.representative} (stage ${rankClass?.stage}) never ends: it waits at step ${this.#pc[k]} of its program`;
  }

  #addTieGroups(): void {
    const last = this.#plan.grid.parallel.pipeline - 1;
    if (last === 0) return;
    this.#plan.classes.forEach((rankClass, k) => {
      if (rankClass.stage !== 0) return;
      const other = this.#plan.peer(k, last);
      const shares = this.#plan.sharesDomain(k, last);
      this.#tieOf[k] = this.#groups.length;
      this.#tieOf[other] = this.#groups.length;
      this.#groups.push({
        kind: 'tie',
        classes: [k, other],
        placement: shares
          ? { ranks: 2, domains: 1, ranksPerDomain: 2, nicsPerDomain: 2 }
          : { ranks: 2, domains: 2, ranksPerDomain: 1, nicsPerDomain: 1 },
      });
    });
  }

  #book(k: number, column: number, seconds: number): void {
    this.#books[column] = (this.#books[column] ?? 0) + seconds * (this.#multiplicity[k] ?? 0);
  }

  /** Work that is the same every time a template runs is counted, and booked once at the end. */
  #bookRuns(): void {
    const templates = this.#program.templates;
    for (let k = 0; k < this.#plan.classes.length; k++) {
      for (let t = 0; t < templates.length; t++) {
        const runs = this.#runCount[k * templates.length + t] ?? 0;
        const template = templates[t];
        if (runs === 0 || !template) continue;
        let own = 0;
        for (let i = 0; i < template.segments * 3; i++) {
          own += (template.seconds[i] ?? 0) * ((this.#factors[k * 3 + (i % 3)] ?? 1) - 1);
        }
        this.#book(k, Book.ideal, runs * template.idealSeconds);
        this.#book(k, Book.kernel, runs * (template.workSeconds - template.idealSeconds));
        this.#book(k, Book.recompute, runs * template.recomputeSeconds);
        this.#book(k, Book.optimizer, runs * template.optimizerSeconds);
        this.#book(k, Book.ownSlowness, runs * own);
      }
    }
  }

  #segmentSeconds(template: Template, segment: number, k: number): number {
    const at = segment * 3;
    const seconds = template.seconds;
    const factors = this.#factors;
    return (
      (seconds[at] as number) * (factors[k * 3] as number) +
      (seconds[at + 1] as number) * (factors[k * 3 + 1] as number) +
      (seconds[at + 2] as number) * (factors[k * 3 + 2] as number)
    );
  }

  /** Carries a class on through its program until it must wait for something. */
  #advance(k: number): void {
    const stage = this.#stageOf[k];
    if (!stage) return;
    const steps = stage.steps;
    for (;;) {
      const at = (this.#pc[k] as number) * 3;
      if (at >= steps.length) {
        this.#ended[k] = this.#now;
        return;
      }
      const a = steps[at + 1] as number;
      const b = steps[at + 2] as number;
      const op = steps[at] as number;
      if (op === StepOp.run) {
        this.#startBlock(k, a, b === 1);
        return;
      }
      if (op === StepOp.send) {
        this.#send(k, a, b);
        if (this.#program.blockingSends) {
          this.#waitStart[k] = this.#now;
          // A send and the receive that follows it are one exchange: both are posted together.
          if (steps[at + 3] === StepOp.receive) this.#post((this.#slot0[k] as number) + (steps[at + 4] as number));
          return;
        }
        this.#pc[k] = (this.#pc[k] as number) + 1;
      } else {
        const slot = (this.#slot0[k] as number) + a;
        if ((this.#arrival[slot] as number) < 0) {
          this.#waitStart[k] = this.#now;
          this.#waitSlot[k] = slot;
          if (this.#program.blockingSends) this.#post(slot);
          return;
        }
        this.#pc[k] = (this.#pc[k] as number) + 1;
      }
    }
  }

  /** A receiver is ready for a blocking message; one that was offered starts now. */
  #post(slot: number): void {
    if (this.#posted[slot] === 1) return;
    this.#posted[slot] = 1;
    const offered = this.#offered[slot] as number;
    if (offered > 0) this.#transfer(offered - 1);
  }

  #startBlock(k: number, templateIndex: number, byOperator: boolean): void {
    const template = this.#program.templates[templateIndex];
    if (!template) throw new Error(`StepExecution: no template ${templateIndex}`);
    const counter = k * this.#program.templates.length + templateIndex;
    this.#runCount[counter] = (this.#runCount[counter] as number) + 1;
    this.#blockStart[k] = this.#now;
    if (byOperator || !this.#coalesce) {
      this.#segment[k] = 0;
      this.#runSegments(k);
      return;
    }
    const cellIndex = this.#cellOf[k] as number;
    const cell = this.#cells[cellIndex];
    if (!cell) return;
    this.#cellArrived[cellIndex] = (this.#cellArrived[cellIndex] as number) + 1;
    if ((this.#cellArrived[cellIndex] as number) < cell.classes.length) return;
    this.#cellArrived[cellIndex] = 0;
    this.#runCell(cell);
  }

  /** Advances all classes of a cell through the block that they have all reached: a max-plus recurrence over segments. */
  #runCell(cell: Cell): void {
    const size = cell.classes.length;
    const clock = new Float64Array(size);
    const templates: Template[] = [];
    for (let i = 0; i < size; i++) {
      const k = cell.classes[i] as number;
      clock[i] = this.#blockStart[k] as number;
      const steps = this.#stageOf[k]?.steps;
      const template = this.#program.templates[steps?.[(this.#pc[k] as number) * 3 + 1] ?? -1];
      if (template) templates.push(template);
    }
    const first = templates[0];
    if (!first) return;
    for (let s = 0; s < first.segments; s++) {
      if (first.kind[s] === SegmentKind.compute) {
        for (let i = 0; i < size; i++) {
          const template = templates[i] ?? first;
          clock[i] = (clock[i] as number) + this.#segmentSeconds(template, s, cell.classes[i] as number);
        }
        continue;
      }
      const descriptor = first.argument[s] as number;
      const collective = this.#program.collectives[descriptor];
      if (!collective) continue;
      const book = bookOfGroup.get(collective.group) ?? Book.data;
      for (const { group, members } of cell.groups.get(collective.group) ?? []) {
        const exposed = this.#exposedSeconds(group, descriptor, collective);
        let start = 0;
        for (const i of members) start = Math.max(start, clock[i] as number);
        for (const i of members) {
          const k = cell.classes[i] as number;
          this.#book(k, Book.skew, start - (clock[i] as number));
          this.#book(k, book, exposed);
          clock[i] = start + exposed;
        }
      }
    }
    for (let i = 0; i < size; i++)
      this.#queue.push(clock[i] as number, (cell.classes[i] as number) * 4 + EventKind.blockEnd);
  }

  #exposedSeconds(group: number, descriptor: number, collective: CollectiveDescriptor): number {
    const route = this.#route(group, descriptor, collective);
    const alone = route.aloneSeconds * collective.repeat;
    const hidden = Math.min(alone, collective.hideBehindSeconds);
    // What hides still takes compute units from the operator that it hides behind (spec/model.md 4.3).
    const { device } = this.#plan.cluster;
    return alone - hidden + hidden * (route.usesScaleUp ? device.smShareScaleUp : device.smShareNetwork);
  }

  #route(group: number, descriptor: number, collective: CollectiveDescriptor): Route {
    const known = this.#routes[group]?.[descriptor];
    if (known) return known;
    const meeting = this.#groups[group];
    if (!meeting) throw new Error(`StepExecution: no group ${group}`);
    const route = this.#network.collective(collective, meeting.classes, meeting.placement, meeting.kind);
    const row = this.#routes[group];
    if (row) row[descriptor] = route;
    return route;
  }

  #groupOf(k: number, kind: StepGroupKind): number {
    if (kind === 'world') return this.#worldGroup;
    if (kind === 'tie') return this.#tieOf[k] as number;
    for (const known of this.#plan.kinds) if (known === kind) return this.#plan.groupOf(known, k);
    return -1;
  }

  /** Executes a block operator by operator, from the class's current segment on. */
  #runSegments(k: number): void {
    const steps = this.#stageOf[k]?.steps;
    const templateIndex = steps?.[(this.#pc[k] as number) * 3 + 1] ?? -1;
    const template = this.#program.templates[templateIndex];
    if (!template) return;
    for (;;) {
      const s = this.#segment[k] as number;
      if (s >= template.segments) {
        this.#pc[k] = (this.#pc[k] as number) + 1;
        this.#advance(k);
        return;
      }
      const argument = template.argument[s] as number;
      switch (template.kind[s]) {
        case SegmentKind.compute: {
          const work = this.#segmentSeconds(template, s, k);
          this.#segmentWork[k] = work;
          this.#segmentAnchor[k] = this.#now;
          this.#waitStart[k] = this.#now;
          const end = this.#now + work / (this.#rate[k] as number);
          this.#segmentEnd[k] = end;
          this.#segmentEvent[k] = this.#queue.push(end, k * 4 + EventKind.segmentEnd);
          return;
        }
        case SegmentKind.collective:
          this.#meet(k, argument);
          return;
        case SegmentKind.issue:
          this.#segment[k] = s + 1;
          this.#issue(k, argument);
          break;
        default: {
          const slot = (this.#taskSlot0[k] as number) + argument;
          if (this.#taskDone[slot] === 0) {
            this.#waitStart[k] = this.#now;
            this.#waitSlot[k] = slot;
            return;
          }
          this.#segment[k] = s + 1;
        }
      }
    }
  }

  /** A class arrives at a blocking collective; the last one starts it. */
  #meet(k: number, descriptor: number): void {
    const collective = this.#program.collectives[descriptor];
    if (!collective) throw new Error(`StepExecution: no collective ${descriptor}`);
    const group = this.#groupOf(k, collective.group);
    const meeting = this.#groups[group];
    if (!meeting) throw new Error(`StepExecution: class ${k} has no ${collective.group} group`);
    this.#groupReady[k] = this.#now;
    this.#groupArrived[group] = (this.#groupArrived[group] as number) + 1;
    if ((this.#groupArrived[group] as number) < meeting.classes.length) return;
    this.#groupArrived[group] = 0;
    this.#groupDescriptor[group] = descriptor;
    this.#groupStart[group] = this.#now;
    const route = this.#route(group, descriptor, collective);
    if (collective.hideBehindSeconds > 0 || collective.repeat > 1 || route.links.length === 0) {
      const exposed = this.#exposedSeconds(group, descriptor, collective);
      this.#queue.push(this.#now + exposed, group * 4 + EventKind.fixedEnd);
      return;
    }
    this.#startFlow(route, group * 4 + FluidKind.collective);
  }

  #startFlow(route: Route, tag: number): void {
    const fluid = this.#network.fluid;
    if (fluid.now < this.#now) fluid.advanceTo(this.#now);
    fluid.start(route.links, route.weights, route.volume, {
      rateCap: route.rateCap,
      latencySeconds: route.latencySeconds,
      tag,
    });
  }

  #collectiveEnded(group: number): void {
    const meeting = this.#groups[group];
    const descriptor = this.#groupDescriptor[group] as number;
    const collective = this.#program.collectives[descriptor];
    if (!meeting || !collective) return;
    const start = this.#groupStart[group] as number;
    const actual = this.#now - start;
    const expected = this.#exposedSeconds(group, descriptor, collective);
    const contention = actual > expected * (1 + 1e-12) ? actual - expected : 0;
    const book = bookOfGroup.get(meeting.kind) ?? Book.data;
    const skewBook = meeting.kind === 'world' || meeting.kind === 'tie' ? Book.bubble : Book.skew;
    for (const k of meeting.classes) {
      this.#book(k, skewBook, start - (this.#groupReady[k] as number));
      this.#book(k, book, actual - contention);
      this.#book(k, Book.networkContention, contention);
      this.#segment[k] = (this.#segment[k] as number) + 1;
    }
    for (const k of meeting.classes) this.#runSegments(k);
  }

  /** Puts a task on a class's data stream; it starts when it is at the head of the stream of every member of its group. */
  #issue(k: number, slot: number): void {
    const stream = this.#stream[k];
    if (!stream) return;
    this.#taskDone[(this.#taskSlot0[k] as number) + slot] = 0;
    const tail = this.#streamTail[k] as number;
    stream[tail % stream.length] = slot;
    this.#streamTail[k] = tail + 1;
    if (tail === (this.#streamHead[k] as number)) this.#taskAtHead(k);
  }

  #taskAtHead(k: number): void {
    const stream = this.#stream[k];
    const stage = this.#stageOf[k];
    if (!stream || !stage) return;
    const slot = stream[(this.#streamHead[k] as number) % stream.length] as number;
    const descriptor = stage.tasks[slot] ?? -1;
    const collective = this.#program.collectives[descriptor];
    if (!collective) throw new Error(`StepExecution: no task ${slot} in stage ${this.#plan.classes[k]?.stage}`);
    this.#taskHead[(this.#taskSlot0[k] as number) + slot] = this.#now;
    const group = this.#groupOf(k, collective.group);
    const meeting = this.#groups[group];
    if (!meeting) return;
    this.#taskArrived[group] = (this.#taskArrived[group] as number) + 1;
    if ((this.#taskArrived[group] as number) < meeting.classes.length) return;
    this.#taskArrived[group] = 0;
    const route = this.#route(group, descriptor, collective);
    for (const member of meeting.classes) {
      const memberStream = this.#stream[member];
      if (!memberStream) continue;
      const memberSlot = memberStream[(this.#streamHead[member] as number) % memberStream.length] as number;
      const at = (this.#taskSlot0[member] as number) + memberSlot;
      this.#taskReady[at] = this.#now;
      this.#taskAlone[at] = route.aloneSeconds;
      if (route.links.length > 0) this.#setRate(member, this.#rateDuring(member, route));
    }
    this.#startFlow(route, group * 4 + FluidKind.task);
  }

  #rateDuring(k: number, route: Route): number {
    const device = this.#plan.places.devices[this.#plan.classes[k]?.device ?? 0];
    if (!device) return 1;
    return 1 - (route.usesScaleUp ? device.smShareScaleUp : device.smShareNetwork);
  }

  /** Changes the rate of a class's compute stream; a segment under way keeps the work that is left. */
  #setRate(k: number, rate: number): void {
    const old = this.#rate[k] as number;
    if (old === rate) return;
    this.#rate[k] = rate;
    const event = this.#segmentEvent[k] as number;
    if (event < 0) return;
    const done = (this.#now - (this.#segmentAnchor[k] as number)) * old;
    const left = Math.max(0, (this.#segmentWork[k] as number) - done);
    // smContention is booked at the segment's end from its start and undisturbed seconds, so only the rest is rescheduled.
    this.#segmentWork[k] = left;
    this.#segmentAnchor[k] = this.#now;
    this.#segmentEnd[k] = this.#now + left / rate;
    this.#queue.reschedule(event, this.#segmentEnd[k] as number);
  }

  #taskEnded(group: number): void {
    const meeting = this.#groups[group];
    if (!meeting) return;
    for (const k of meeting.classes) {
      this.#setRate(k, 1);
      const stream = this.#stream[k];
      if (!stream) continue;
      const head = this.#streamHead[k] as number;
      const slot = (this.#taskSlot0[k] as number) + (stream[head % stream.length] as number);
      this.#taskDone[slot] = 1;
      this.#streamHead[k] = head + 1;
    }
    for (const k of meeting.classes) {
      const stream = this.#stream[k];
      if (!stream) continue;
      const head = this.#streamHead[k] as number;
      const slot = (this.#taskSlot0[k] as number) + (stream[(head - 1 + stream.length) % stream.length] as number);
      if ((this.#streamTail[k] as number) > head) this.#taskAtHead(k);
      if ((this.#waitSlot[k] as number) === slot && this.#waitsForTask(k)) {
        this.#bookTaskWait(k, slot);
        this.#waitSlot[k] = -1;
        this.#segment[k] = (this.#segment[k] as number) + 1;
        this.#runSegments(k);
      }
    }
  }

  #waitsForTask(k: number): boolean {
    const steps = this.#stageOf[k]?.steps;
    return steps?.[(this.#pc[k] as number) * 3] === StepOp.run;
  }

  /** Waiting for a data task: behind earlier tasks and in flight it is exposed, until the last member comes it is skew. */
  #bookTaskWait(k: number, slot: number): void {
    const from = this.#waitStart[k] as number;
    const head = Math.max(from, this.#taskHead[slot] as number);
    const ready = Math.max(head, this.#taskReady[slot] as number);
    const actual = this.#now - (this.#taskReady[slot] as number);
    const alone = this.#taskAlone[slot] as number;
    const flight = this.#now - ready;
    const contention = Math.min(flight, actual > alone * (1 + 1e-12) ? actual - alone : 0);
    this.#book(k, Book.data, head - from + flight - contention);
    this.#book(k, Book.networkContention, contention);
    this.#book(k, Book.skew, ready - head);
  }

  #send(k: number, sendIndex: number, slot: number): void {
    const to = this.#sendPeers[k]?.[sendIndex] as number;
    let route = this.#sendRoutes[k]?.[sendIndex];
    if (!route) {
      const send = this.#stageOf[k]?.sends[sendIndex];
      if (!send) throw new Error(`StepExecution: no send ${sendIndex}`);
      route = this.#network.message(k, send.peerStage, send.bytes);
      const row = this.#sendRoutes[k];
      if (row) row[sendIndex] = route;
    }
    const at = (this.#slot0[to] as number) + slot;
    this.#alone[at] = route.aloneSeconds;
    const message = this.#freeMessages.pop() ?? this.#newMessage();
    this.#messageFrom[message] = k;
    this.#messageTo[message] = to;
    this.#messageSlot[message] = at;
    this.#messageRoute[message] = sendIndex;
    if (this.#program.meetingSends && this.#posted[at] === 0) this.#offered[at] = message + 1;
    else this.#transfer(message);
  }

  #transfer(message: number): void {
    const at = this.#messageSlot[message] as number;
    const route = this.#sendRoutes[this.#messageFrom[message] as number]?.[this.#messageRoute[message] as number];
    if (!route) throw new Error(`StepExecution: message ${message} has no route`);
    this.#sent[at] = this.#now;
    // Inside a scale-up domain a message has ports to spare: it takes its own time and disturbs nobody.
    if (route.crossesNetwork) this.#startFlow(route, message * 4 + FluidKind.message);
    else this.#queue.push(this.#now + route.aloneSeconds, message * 4 + EventKind.messageEnd);
  }

  #newMessage(): number {
    const message = this.#messages++;
    if (message >= this.#messageFrom.length) {
      const grow = (column: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> => {
        const wider = new Int32Array(column.length * 2);
        wider.set(column);
        return wider;
      };
      this.#messageFrom = grow(this.#messageFrom);
      this.#messageTo = grow(this.#messageTo);
      this.#messageSlot = grow(this.#messageSlot);
      this.#messageRoute = grow(this.#messageRoute);
    }
    return message;
  }

  #messageEnded(message: number): void {
    const from = this.#messageFrom[message] as number;
    const to = this.#messageTo[message] as number;
    const at = this.#messageSlot[message] as number;
    this.#freeMessages.push(message);
    this.#arrival[at] = this.#now;
    if (this.#program.blockingSends) {
      const started = this.#sent[at] as number;
      this.#book(from, Book.bubble, started - (this.#waitStart[from] as number));
      this.#book(from, Book.pipeline, this.#now - started);
      this.#pc[from] = (this.#pc[from] as number) + 1;
      this.#advance(from);
    }
    if ((this.#waitSlot[to] as number) !== at || this.#waitsForTask(to)) return;
    this.#waitSlot[to] = -1;
    const waited = this.#waitStart[to] as number;
    const sent = this.#sent[at] as number;
    const flightFrom = Math.max(waited, sent);
    const actual = this.#now - sent;
    const alone = this.#alone[at] as number;
    const flight = this.#now - flightFrom;
    const contention = Math.min(flight, actual > alone * (1 + 1e-12) ? actual - alone : 0);
    this.#book(to, Book.bubble, flightFrom - waited);
    this.#book(to, Book.pipeline, flight - contention);
    this.#book(to, Book.networkContention, contention);
    this.#pc[to] = (this.#pc[to] as number) + 1;
    this.#advance(to);
  }

  #flowEnded(tag: number): void {
    const id = tag >> 2;
    switch (tag & 3) {
      case FluidKind.collective:
        this.#collectiveEnded(id);
        break;
      case FluidKind.task:
        this.#taskEnded(id);
        break;
      default:
        this.#messageEnded(id);
    }
  }

  #handle(payload: number): void {
    const id = payload >> 2;
    switch (payload & 3) {
      case EventKind.blockEnd:
        this.#observe?.(id, 'block', this.#blockStart[id] as number, this.#now);
        this.#pc[id] = (this.#pc[id] as number) + 1;
        this.#advance(id);
        break;
      case EventKind.segmentEnd: {
        this.#segmentEvent[id] = -1;
        const template = this.#program.templates[this.#stageOf[id]?.steps[(this.#pc[id] as number) * 3 + 1] ?? -1];
        const s = this.#segment[id] as number;
        const undisturbed = template ? this.#segmentSeconds(template, s, id) : 0;
        this.#book(id, Book.smContention, this.#now - (this.#waitStart[id] as number) - undisturbed);
        this.#segment[id] = s + 1;
        this.#runSegments(id);
        break;
      }
      case EventKind.fixedEnd:
        this.#collectiveEnded(id);
        break;
      default:
        this.#messageEnded(id);
    }
  }
}

/** Collectives inside blocks meet nobody else's traffic: they stay in their scale-up domain. */
function blocksAreAlone(plan: Plan): boolean {
  return plan.groups.every(
    (group) =>
      ['data', 'expertData', 'shard', 'replica'].includes(group.kind) ||
      group.placement.ranks <= 1 ||
      group.placement.domains === 1,
  );
}

function worldGroup(plan: Plan): MeetingGroup {
  const ranks = plan.grid.ranks;
  const perDomain = Math.min(ranks, plan.places.domainRanks);
  return {
    kind: 'world',
    classes: plan.classes.map((_, k) => k),
    placement: { ranks, domains: Math.ceil(ranks / perDomain), ranksPerDomain: perDomain, nicsPerDomain: perDomain },
  };
}

import { widen } from '../../kernel/widen.js';
import type { Plan } from '../plan/plan.js';
import { Book } from './books.js';
import { type ClassCursors, slotOffsets } from './class-cursors.js';
import { contentionOf, type Ledger } from './ledger.js';
import type { StepProgram } from './program.js';
import type { Route } from './route.js';
import { EventKind, FlowKind, type Resumes, type StepClock } from './step-clock.js';
import type { StepNetwork } from './step-network.js';

/** Messages between pipeline stages: asynchronous, or blocking, where the sender's compute stream stands until they arrive. */
export class PipelineMessages {
  readonly #clock: StepClock;
  readonly #cursors: ClassCursors;
  readonly #network: StepNetwork;
  readonly #ledger: Ledger;
  readonly #resumes: Resumes;
  readonly #blocking: boolean;
  readonly #meeting: boolean;
  /** By class and send descriptor: the class that it goes to, and its route, made when first used. */
  readonly #peers: readonly Int32Array[];
  readonly #routes: readonly (Route | undefined)[][];
  // One entry a (class, message slot): when it arrived (-1: not yet) and was sent, and its seconds on an idle network.
  readonly #slot0: Int32Array;
  readonly #arrival: Float64Array;
  readonly #sent: Float64Array;
  readonly #alone: Float64Array;
  /** The receiver has posted the receive, and the message of a sender that waits for that (plus 1). */
  readonly #posted: Uint8Array;
  readonly #offered: Int32Array;
  // Messages in flight.
  #from = new Int32Array(1024);
  #to = new Int32Array(1024);
  #slot = new Int32Array(1024);
  #descriptor = new Int32Array(1024);
  #messages = 0;
  readonly #free: number[] = [];

  constructor(
    plan: Plan,
    program: StepProgram,
    network: StepNetwork,
    clock: StepClock,
    cursors: ClassCursors,
    ledger: Ledger,
    resumes: Resumes,
  ) {
    this.#clock = clock;
    this.#cursors = cursors;
    this.#network = network;
    this.#ledger = ledger;
    this.#resumes = resumes;
    this.#blocking = program.blockingSends;
    this.#meeting = program.meetingSends;
    this.#peers = cursors.stageOf.map(({ sends }, k) =>
      Int32Array.from(sends, ({ peerStage }) => plan.peer(k, peerStage)),
    );
    this.#routes = cursors.stageOf.map(() => []);
    this.#slot0 = slotOffsets(cursors, ({ receives }) => receives);
    const slots = this.#slot0[cursors.count] as number;
    this.#arrival = new Float64Array(slots).fill(-1);
    this.#sent = new Float64Array(slots).fill(-1);
    this.#alone = new Float64Array(slots);
    this.#posted = new Uint8Array(slots);
    this.#offered = new Int32Array(slots);
  }

  /** True when the message of a slot has arrived; otherwise the class waits for it. */
  hasArrived(k: number, slot: number): boolean {
    const at = (this.#slot0[k] as number) + slot;
    if ((this.#arrival[at] as number) >= 0) return true;
    this.#cursors.waitFor(k, at, this.#clock.now);
    if (this.#blocking) this.#post(at);
    return false;
  }

  /** A class is ready for the message of a slot; if one was offered it starts now. */
  post(k: number, slot: number): void {
    this.#post((this.#slot0[k] as number) + slot);
  }

  #post(at: number): void {
    if (this.#posted[at] === 1) return;
    this.#posted[at] = 1;
    const offered = this.#offered[at] as number;
    if (offered > 0) this.#transfer(offered - 1);
  }

  /** Sends to a slot of the peer. */
  send(k: number, descriptor: number, slot: number): void {
    const to = this.#peers[k]?.[descriptor] as number;
    const at = (this.#slot0[to] as number) + slot;
    this.#alone[at] = this.#route(k, descriptor).aloneSeconds;
    const message = this.#free.pop() ?? this.#newMessage();
    this.#from[message] = k;
    this.#to[message] = to;
    this.#slot[message] = at;
    this.#descriptor[message] = descriptor;
    if (this.#meeting && this.#posted[at] === 0) this.#offered[at] = message + 1;
    else this.#transfer(message);
  }

  #route(k: number, descriptor: number): Route {
    const row = this.#routes[k];
    const known = row?.[descriptor];
    if (known) return known;
    const send = this.#cursors.stageOf[k]?.sends[descriptor];
    if (!send || !row) throw new Error(`PipelineMessages: class ${k} has no send ${descriptor}`);
    const route = this.#network.message(k, send.peerStage, send.bytes);
    row[descriptor] = route;
    return route;
  }

  #transfer(message: number): void {
    const { now, queue } = this.#clock;
    const route = this.#route(this.#from[message] as number, this.#descriptor[message] as number);
    this.#sent[this.#slot[message] as number] = now;
    // Inside a scale-up domain a message has ports to spare: it takes its own time and disturbs nobody.
    if (route.crossesNetwork) this.#clock.startFlow(route, message * 4 + FlowKind.message);
    else queue.push(now + route.aloneSeconds, message * 4 + EventKind.message);
  }

  #newMessage(): number {
    const message = this.#messages++;
    if (message >= this.#from.length) {
      const wider = (column: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> =>
        widen(column, new Int32Array(2 * column.length));
      this.#from = wider(this.#from);
      this.#to = wider(this.#to);
      this.#slot = wider(this.#slot);
      this.#descriptor = wider(this.#descriptor);
    }
    return message;
  }

  /** A message has arrived. */
  ended(message: number): void {
    const cursors = this.#cursors;
    const { now } = this.#clock;
    const from = this.#from[message] as number;
    const to = this.#to[message] as number;
    const at = this.#slot[message] as number;
    this.#free.push(message);
    this.#arrival[at] = now;
    const sent = this.#sent[at] as number;
    this.#ledger.tape?.messages.add(from, to, 0, sent, now);
    if (this.#blocking) {
      this.#ledger.bookWait(from, Book.bubble, sent - (cursors.waitStart[from] as number), sent);
      this.#ledger.bookWait(from, Book.pipeline, now - sent, now);
      cursors.nextStep(from);
      this.#resumes.resumeProgram(from);
    }
    if ((cursors.waitSlot[to] as number) !== at || cursors.isInBlock(to)) return;
    cursors.waitSlot[to] = -1;
    this.#bookWait(to, sent, this.#alone[at] as number);
    cursors.nextStep(to);
    this.#resumes.resumeProgram(to);
  }

  /** Waiting for a message: a bubble until it is sent, exposed while it is in flight. */
  #bookWait(k: number, sent: number, alone: number): void {
    const { now } = this.#clock;
    const waited = this.#cursors.waitStart[k] as number;
    const flightFrom = Math.max(waited, sent);
    const flight = now - flightFrom;
    const contention = Math.min(flight, contentionOf(now - sent, alone));
    this.#ledger.bookWait(k, Book.bubble, flightFrom - waited, flightFrom);
    this.#ledger.bookWait(k, Book.pipeline, flight - contention, now - contention);
    this.#ledger.bookWait(k, Book.networkContention, contention, now);
  }
}

import type { RankedEvents, Sleeper } from '../kernel/ranked-events.js';
import { AilmentEnds } from './ailment-ends.js';
import { type ComeBack, JobRecovery } from './job-recovery.js';
import { RunAccounts } from './run-accounts.js';
import {
  deathRank,
  type Happening,
  type RunBooks,
  type RunEvent,
  type RunNodes,
  type RunObserver,
  type RunPlan,
} from './run-plan.js';

type Outcome = 'done' | 'cut' | 'stopped';

/**
 * A job that lives through the events of a trial (spec/reliability.md 7.3): what completes at t wins over a failure at t; failures
 * while down are absorbed; a failure in restart begins a new down and restart; the last segment writes no checkpoint. `lost` is
 * compute since the state that the job goes back to; the part of an aborted write or restart stays theirs. Planned stops
 * save first. A job that runs degraded grows back at a checkpoint when the gain over `horizonSeconds` exceeds the restart.
 *
 * Nothing comes between two events: up to the next one the job runs through its own phases without asking the queue for each.
 */
export class JobRun {
  readonly #plan: RunPlan;
  readonly #nodes: RunNodes;
  readonly #events: RankedEvents<Happening>;
  readonly #window: number;
  readonly #accounts: RunAccounts;
  readonly #recovery: JobRecovery;
  readonly #ailments: AilmentEnds;
  #finished: boolean;
  #starts = 0;
  /** Length of the restart that must come next. */
  #restartDue: number | undefined;
  /** Length of the restart that runs; 0: none does. */
  #restarting = 0;
  /** Planned work that came while the job was not computing, and stops whose save a failure struck. */
  readonly #postponed: RunEvent[] = [];

  /** @param window End of the simulated time; what is computed and not yet saved then is kept. */
  constructor(
    plan: RunPlan,
    nodes: RunNodes,
    events: RankedEvents<Happening>,
    window: number,
    observer: RunObserver = {},
  ) {
    this.#plan = plan;
    this.#nodes = nodes;
    this.#events = events;
    this.#window = window;
    this.#accounts = new RunAccounts(observer);
    this.#recovery = new JobRecovery(plan, nodes, this.#accounts);
    this.#ailments = new AilmentEnds(nodes, events);
    this.#finished = plan.solveSeconds <= 0;
  }

  /** Runs the job to its end or the window's. @throws Error when the books do not balance. */
  run(): RunBooks {
    this.#beginStart();
    while (!this.#finished && this.#accounts.time < this.#window) {
      if (this.#restartDue !== undefined) {
        this.#restart(this.#restartDue);
        continue;
      }
      if (this.#segment() !== 'done' || this.#finished) continue;
      if (this.#hold('checkpoint', this.#plan.checkpoint.stallSeconds) !== 'done') continue;
      this.#snapshot();
      this.#growBack();
    }
    return this.#accounts.books(this.#finished);
  }

  /** Computes until the next snapshot or the end of the job. */
  #segment(): Outcome {
    const accounts = this.#accounts;
    const events = this.#events;
    let left = this.#plan.checkpoint.intervalSeconds;
    const late = this.#recovery.saved.freeAt - accounts.time;
    if (late > left) left = late;
    for (;;) {
      const stood = this.#standStill(true);
      if (stood !== undefined) return stood;
      const planned = this.#postponed.shift();
      if (planned) {
        if (this.#nodes.hits(planned)) return this.#stopFor([planned]);
        continue;
      }
      this.#ailments.await(accounts.time);
      if (this.#happensFirst(left)) {
        const happening = events.wakeNext();
        const outcome = happening && this.#meet(happening);
        if (outcome !== undefined) return outcome;
        continue;
      }
      const { speed } = this.#nodes;
      const toFinish = (this.#plan.solveSeconds - accounts.work) / speed;
      const last = toFinish <= left * (1 + 1e-12);
      const length = last ? toFinish : left;
      const begun = accounts.time;
      const end = begun + length;
      const until = Math.min(end, this.#window);
      const at = Math.max(begun, events.nextTime);
      if (at >= until) {
        const whole = end <= this.#window;
        accounts.advance('compute', until);
        accounts.count(whole ? length : until - begun, speed);
        if (whole && last) this.#finished = true;
        return whole ? 'done' : 'cut';
      }
      const happening = events.wakeNext();
      if (happening === undefined) continue;
      accounts.advance('compute', at);
      accounts.count(at - begun, speed);
      left -= at - begun;
      const outcome = this.#meet(happening);
      if (outcome !== undefined) return outcome;
    }
  }

  /** Whether something happens before any time passes: then nobody needs to know the speed. */
  #happensFirst(left: number): boolean {
    const { time, work } = this.#accounts;
    const { nextTime } = this.#events;
    return nextTime <= time && time + Math.min(left, this.#plan.solveSeconds - work) > time;
  }

  /** Meets what happens while the job computes; undefined: it goes on. */
  #meet(happening: Happening): Outcome | undefined {
    if (happening === 'start-up death') return this.#die();
    if (happening === 'ailment end') {
      const found = this.#nodes.endAilment();
      return found.length > 0 ? this.#stopFor(found) : undefined;
    }
    if (happening.mode === 'slow') this.#nodes.slowDown(happening, this.#accounts.time);
    else if (this.#nodes.hits(happening))
      return happening.mode === 'planned' ? this.#stopFor([happening]) : this.#fail(happening, true);
    else if (happening.mode === 'stop') this.#takeAwayUnused(happening, this.#accounts.time);
    return undefined;
  }

  /** Lets a phase in which nothing is computed run to its end or the window's. */
  #hold(kind: 'checkpoint' | 'restart', length: number): Outcome {
    const accounts = this.#accounts;
    const events = this.#events;
    let end = accounts.time + length;
    for (;;) {
      const begun = accounts.time;
      const stood = this.#standStill(false);
      if (stood !== undefined) return stood;
      end += accounts.time - begun;
      const until = Math.min(end, this.#window);
      if (!(events.nextTime < until)) {
        accounts.advance(kind, until);
        return end <= this.#window ? 'done' : 'cut';
      }
      const at = Math.max(accounts.time, events.nextTime);
      const happening = events.wakeNext();
      // An ailment that ends is met once the job computes.
      if (happening === undefined || happening === 'ailment end') continue;
      if (happening === 'start-up death') {
        accounts.advance(kind, at);
        return this.#die();
      }
      if (happening.mode === 'slow') {
        this.#nodes.slowDown(happening, at);
        if (this.#nodes.standstill) accounts.advance(kind, at);
      } else if (happening.mode === 'planned') this.#postponed.push(happening);
      else if (this.#nodes.hits(happening)) {
        accounts.advance(kind, at);
        return this.#fail(happening, false);
      } else this.#takeAwayUnused(happening, at);
    }
  }

  /**
   * While the job waits for nodes without a network: until one of their NICs is back, or it is found to hang and fails of it. It is
   * down so long, and what it was writing does not get on. Undefined: it may go on.
   */
  #standStill(computing: boolean): Outcome | undefined {
    const accounts = this.#accounts;
    const events = this.#events;
    for (;;) {
      const { standstill } = this.#nodes;
      if (standstill === undefined) return undefined;
      const until = Math.min(Math.max(accounts.time, standstill.until), this.#window);
      if (events.nextTime >= until) {
        this.#wait(until);
        if (until === this.#window) return 'cut';
        if (standstill.failure) return this.#fail(standstill.failure, computing);
        this.#nodes.reconnect(until);
        continue;
      }
      const at = Math.max(accounts.time, events.nextTime);
      const happening = events.wakeNext();
      if (happening === undefined || happening === 'ailment end') continue;
      this.#wait(at);
      if (happening === 'start-up death') return this.#die();
      if (happening.mode === 'slow') this.#nodes.slowDown(happening, at);
      else if (happening.mode === 'planned') this.#postponed.push(happening);
      else if (this.#nodes.hits(happening)) return this.#fail(happening, computing);
      else this.#takeAwayUnused(happening, at);
    }
  }

  #wait(until: number): void {
    this.#recovery.saved.delay(this.#accounts.time, until);
    this.#accounts.advance('down', until);
  }

  #takeAwayUnused(event: RunEvent, time: number): void {
    this.#nodes.takeAway(event, time + event.detectSeconds);
  }

  #fail(event: RunEvent, computing: boolean): Outcome {
    this.#accounts.interrupt('failure', event);
    return this.#comeBack(this.#recovery.afterFailure(event, computing, this.#restarting));
  }

  #die(): Outcome {
    this.#accounts.interrupt('start-up', undefined);
    return this.#comeBack(this.#recovery.afterDeath());
  }

  /** Saves, stops for what the events ask, and restarts. */
  #stopFor(events: readonly RunEvent[]): Outcome {
    if (this.#save() !== 'done') {
      // What struck meanwhile did not do their work; but it may have taken the very straggler away.
      for (const event of events) this.#postponed.push(event.mode === 'slow' ? { ...event, ownNodeOnly: true } : event);
      return 'stopped';
    }
    const [first] = events;
    this.#accounts.pause(first?.mode === 'planned' ? 'planned' : 'straggler', first);
    return this.#comeBack(this.#recovery.afterStop(events));
  }

  #growBack(): void {
    const restart = this.#recovery.growth(this.#window);
    if (restart === undefined || this.#waitUntilSaved() !== 'done') return;
    this.#accounts.pause('grow back', undefined);
    this.#comeBack(this.#recovery.grow(restart));
  }

  /** A checkpoint that counts before the job goes on. */
  #save(): Outcome {
    const wait = Math.max(0, this.#recovery.saved.freeAt - this.#accounts.time);
    const outcome = this.#hold('checkpoint', wait + this.#plan.checkpoint.stallSeconds);
    if (outcome !== 'done') return outcome;
    this.#snapshot();
    return this.#waitUntilSaved();
  }

  #snapshot(): void {
    this.#recovery.saved.snapshot(this.#accounts.mark, this.#accounts.time);
  }

  #waitUntilSaved(): Outcome {
    const { persistSeconds } = this.#recovery.saved;
    return persistSeconds > 0 ? this.#hold('checkpoint', persistSeconds) : 'done';
  }

  /** Down until the nodes are ready; a restart must come next. */
  #comeBack({ ready, restartSeconds }: ComeBack): Outcome {
    const accounts = this.#accounts;
    accounts.advance('down', Math.min(Math.max(accounts.time, ready), this.#window));
    while (this.#events.nextTime < accounts.time) this.#events.wakeNext();
    this.#restartDue = restartSeconds;
    return 'stopped';
  }

  #restart(seconds: number): void {
    this.#restarting = seconds;
    this.#restartDue = undefined;
    this.#beginStart();
    this.#hold('restart', seconds);
    this.#restarting = 0;
  }

  #beginStart(): void {
    const start = this.#starts++;
    const after = this.#plan.startupDeath?.(start);
    if (after === undefined) return;
    // Only the last start dies of itself.
    const death: Sleeper<Happening> = { wake: () => (this.#starts === start + 1 ? 'start-up death' : undefined) };
    this.#events.schedule(this.#accounts.time + after, deathRank, death);
  }
}

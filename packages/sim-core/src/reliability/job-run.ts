import { type Mark, SavedStates } from './checkpoint-tiers.js';
import {
  type PhaseInterval,
  type PhaseKind,
  type RunBooks,
  type RunEvent,
  type RunNodes,
  type RunPlan,
  type RunStop,
  takesNodesAway,
} from './run-plan.js';

type Outcome = 'done' | 'cut' | 'stopped';

/**
 * Runs a job through the events of a trial (spec/reliability.md 7.3): what completes at t wins over a failure at t; failures
 * while down are absorbed; a failure in restart begins a new down and restart; the last segment writes no checkpoint. `lost` is
 * compute since the state that the job goes back to; the part of an aborted write or restart stays theirs. Planned stops
 * save first. A job that runs degraded grows back at a checkpoint when the gain over `horizonSeconds` exceeds the restart.
 * @param events In ascending order of time.
 * @param window End of the simulated time; what is computed and not yet saved then is kept.
 * @throws Error when the books do not balance.
 */
export function runJob(
  plan: RunPlan,
  nodes: RunNodes,
  events: readonly RunEvent[],
  window = Number.POSITIVE_INFINITY,
  observe?: (interval: PhaseInterval) => void,
  onStop?: (stop: RunStop) => void,
): RunBooks {
  return new JobRun(plan, nodes, events, window, observe, onStop).run();
}

class JobRun {
  #time = 0;
  #compute = 0;
  #work = 0;
  #next = 0;
  #interruptions = 0;
  #plannedStops = 0;
  #starts = 0;
  /** When the job dies of its last start. */
  #death = Number.POSITIVE_INFINITY;
  #restoreSeconds = 0;
  /** Length of the restart that must come next. */
  #restartDue: number | undefined;
  /** Length of the restart that runs; 0: none does. */
  #restarting = 0;
  #finished: boolean;
  /** Planned work that came while the job was not computing. */
  readonly #postponed: RunEvent[] = [];
  readonly #spent = { compute: 0, checkpoint: 0, down: 0, restart: 0 };
  readonly #saved: SavedStates;

  readonly #plan: RunPlan;
  readonly #nodes: RunNodes;
  readonly #events: readonly RunEvent[];
  readonly #window: number;
  readonly #observe: ((interval: PhaseInterval) => void) | undefined;
  readonly #onStop: ((stop: RunStop) => void) | undefined;

  constructor(
    plan: RunPlan,
    nodes: RunNodes,
    events: readonly RunEvent[],
    window: number,
    observe: ((interval: PhaseInterval) => void) | undefined,
    onStop: ((stop: RunStop) => void) | undefined,
  ) {
    this.#plan = plan;
    this.#nodes = nodes;
    this.#events = events;
    this.#window = window;
    this.#observe = observe;
    this.#onStop = onStop;
    this.#saved = new SavedStates(plan.checkpoint, { compute: 0, work: 0 });
    this.#finished = plan.solveSeconds <= 0;
  }

  run(): RunBooks {
    this.#beginStart();
    while (!this.#finished && this.#time < this.#window) {
      if (this.#restartDue !== undefined) {
        this.#restart(this.#restartDue);
        continue;
      }
      if (this.#segment() !== 'done' || this.#finished) continue;
      if (this.#hold('checkpoint', this.#plan.checkpoint.stallSeconds) !== 'done') continue;
      this.#saved.snapshot(this.#mark(), this.#time);
      this.#growBack();
    }
    return this.#books();
  }

  #mark(): Mark {
    return { compute: this.#compute, work: this.#work };
  }

  /** Computes until the next snapshot or the end of the job. */
  #segment(): Outcome {
    let left = this.#plan.checkpoint.intervalSeconds;
    const late = this.#saved.freeAt - this.#time;
    if (late > left) left = late;
    for (;;) {
      const { speed } = this.#nodes;
      const toFinish = (this.#plan.solveSeconds - this.#work) / speed;
      const last = toFinish <= left * (1 + 1e-12);
      const length = last ? toFinish : left;
      const begun = this.#time;
      const end = begun + length;
      const until = Math.min(end, this.#window);
      const planned = this.#postponed.shift();
      if (planned) {
        if (this.#nodes.hits(planned)) return this.#stopFor(planned);
        continue;
      }
      const event = this.#events[this.#next];
      const eventTime = Math.max(this.#time, Math.min(event?.time ?? Number.POSITIVE_INFINITY, this.#death));
      const ailmentEnd = Math.max(this.#time, this.#nodes.nextAilmentEnd);
      if (Math.min(eventTime, ailmentEnd) >= until) {
        const whole = end <= this.#window;
        this.#advance('compute', until);
        this.#count(whole ? length : until - begun, speed);
        if (whole && last) this.#finished = true;
        return whole ? 'done' : 'cut';
      }
      const at = Math.min(eventTime, ailmentEnd);
      const computed = at - begun;
      this.#advance('compute', at);
      this.#count(computed, speed);
      left -= computed;
      if (ailmentEnd < eventTime) {
        const found = this.#nodes.endAilment();
        if (found) return this.#stopFor(found);
      } else if (this.#death <= at) {
        return this.#die();
      } else if (event) {
        this.#next++;
        if (event.mode === 'slow') this.#nodes.slowDown(event, at);
        else if (this.#nodes.hits(event))
          return event.mode === 'planned' ? this.#stopFor(event) : this.#fail(event, true);
        else if (event.mode === 'stop') this.#nodes.takeAway(event, at + event.detectSeconds);
      }
    }
  }

  /** Lets a phase in which nothing is computed run to its end or the window's. */
  #hold(kind: 'checkpoint' | 'restart', length: number): Outcome {
    const end = this.#time + length;
    const until = Math.min(end, this.#window);
    for (;;) {
      const event = this.#events[this.#next];
      if (this.#death < until && this.#death <= (event?.time ?? Number.POSITIVE_INFINITY)) {
        this.#advance(kind, Math.max(this.#time, this.#death));
        return this.#die();
      }
      if (!event || event.time >= until) break;
      this.#next++;
      const at = Math.max(this.#time, event.time);
      if (event.mode === 'slow') this.#nodes.slowDown(event, at);
      else if (event.mode === 'planned') this.#postponed.push(event);
      else if (this.#nodes.hits(event)) {
        this.#advance(kind, at);
        return this.#fail(event, false);
      } else this.#nodes.takeAway(event, at + event.detectSeconds);
    }
    this.#advance(kind, until);
    return end <= this.#window ? 'done' : 'cut';
  }

  #fail(event: RunEvent, computing: boolean): Outcome {
    this.#interrupt('failure', event);
    const { speed } = this.#nodes;
    const found = this.#time + event.detectSeconds;
    this.#nodes.takeAway(event, found);
    const ready = this.#nodes.readyAt(found);
    const { failoverSeconds } = this.#nodes;
    // Processes that die take the replicas of the state with them; a node's peers still have it.
    if (failoverSeconds !== undefined && event.nodeCount > 0 && ready === found) {
      if (computing) this.#loseStepInFlight(speed);
      return this.#comeBack(ready, Math.max(failoverSeconds, this.#restarting));
    }
    if (takesNodesAway(event)) this.#saved.lose(event.firstNode, event.nodeCount, this.#time);
    this.#goBack();
    return this.#comeBack(ready, this.#plan.restartSeconds + this.#restoreSeconds);
  }

  #interrupt(why: RunStop['why'], event: RunEvent | undefined): void {
    this.#interruptions++;
    this.#onStop?.({ time: this.#time, why, event });
  }

  #pause(why: RunStop['why'], event: RunEvent | undefined): void {
    this.#plannedStops++;
    this.#onStop?.({ time: this.#time, why, event });
  }

  #die(): Outcome {
    this.#interrupt('start-up', undefined);
    this.#death = Number.POSITIVE_INFINITY;
    this.#goBack();
    return this.#comeBack(this.#time, this.#plan.restartSeconds + this.#restoreSeconds);
  }

  #goBack(): void {
    const { mark, restoreSeconds } = this.#saved.restore(this.#time);
    this.#compute = mark.compute;
    this.#work = mark.work;
    this.#restoreSeconds = restoreSeconds;
  }

  #loseStepInFlight(speed: number): void {
    const lost = this.#work % this.#plan.stepSeconds;
    this.#work -= lost;
    this.#compute -= Math.min(lost / speed, this.#compute);
  }

  /** Down until `ready`; a restart of `seconds` must come next. */
  #comeBack(ready: number, seconds: number): Outcome {
    this.#advance('down', Math.min(Math.max(this.#time, ready), this.#window));
    while ((this.#events[this.#next]?.time ?? Number.POSITIVE_INFINITY) < this.#time) this.#next++;
    this.#restartDue = seconds;
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
    const after = this.#plan.startupDeath?.(this.#starts++);
    this.#death = after === undefined ? Number.POSITIVE_INFINITY : this.#time + after;
  }

  /** Saves, stops for what the event asks, and restarts. */
  #stopFor(event: RunEvent): Outcome {
    if (this.#save() !== 'done') return 'stopped';
    this.#pause(event.mode === 'planned' ? 'planned' : 'straggler', event);
    // A straggler was found already; planned work takes its time.
    const found = this.#time + (event.mode === 'planned' ? event.detectSeconds : 0);
    this.#nodes.takeAway(event, found);
    const ready = this.#nodes.readyAt(found);
    if (takesNodesAway(event)) this.#saved.lose(event.firstNode, event.nodeCount, this.#time);
    this.#goBack();
    return this.#comeBack(ready, this.#plan.restartSeconds + this.#restoreSeconds);
  }

  /** A checkpoint that counts before the job goes on. */
  #save(): Outcome {
    const { stallSeconds } = this.#plan.checkpoint;
    const wait = Math.max(0, this.#saved.freeAt - this.#time);
    const outcome = this.#hold('checkpoint', wait + stallSeconds);
    if (outcome !== 'done') return outcome;
    this.#saved.snapshot(this.#mark(), this.#time);
    return this.#waitUntilSaved();
  }

  #waitUntilSaved(): Outcome {
    const { persistSeconds } = this.#saved;
    return persistSeconds > 0 ? this.#hold('checkpoint', persistSeconds) : 'done';
  }

  #growBack(): void {
    const { speed } = this.#nodes;
    const better = this.#nodes.speedAfterReturns(this.#time);
    if (better <= speed * (1 + 1e-9)) return;
    const horizon = Math.min(
      this.#plan.horizonSeconds,
      this.#window - this.#time,
      this.#plan.solveSeconds - this.#work,
    );
    const restart = this.#nodes.failoverSeconds ?? this.#plan.restartSeconds + this.#quickestRestore();
    if ((1 - speed / better) * horizon <= restart + this.#saved.persistSeconds) return;
    if (this.#waitUntilSaved() !== 'done') return;
    this.#pause('grow back', undefined);
    this.#nodes.readyAt(this.#time);
    if (this.#nodes.failoverSeconds === undefined) this.#goBack();
    this.#comeBack(this.#time, restart);
  }

  #quickestRestore(): number {
    return this.#plan.checkpoint.tiers[0]?.restoreSeconds ?? 0;
  }

  #advance(kind: PhaseKind, until: number): void {
    if (until > this.#time) this.#observe?.([kind, this.#time, until]);
    this.#spent[kind] += until - this.#time;
    this.#time = until;
  }

  #count(seconds: number, speed: number): void {
    this.#compute += seconds;
    this.#work += seconds * speed;
  }

  #books(): RunBooks {
    const { compute, checkpoint, restart, down } = this.#spent;
    const useful = this.#compute;
    const lost = compute - useful;
    const books = {
      wall: this.#time,
      useful,
      work: this.#work,
      lost,
      checkpoint,
      restart,
      down,
      interruptions: this.#interruptions,
      plannedStops: this.#plannedStops,
      finished: this.#finished,
    };
    const sum = useful + lost + checkpoint + restart + down;
    if (!(Math.abs(sum - books.wall) <= 1e-9 * Math.max(1, books.wall)) || lost < -1e-6 * Math.max(1, books.wall)) {
      throw new Error(`runJob: ${sum} is booked of a wall time of ${books.wall}, ${lost} of it lost`);
    }
    return books;
  }
}

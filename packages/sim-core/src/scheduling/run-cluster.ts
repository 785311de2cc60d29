import { applyDecisions } from './apply-decisions.js';
import { BookKeeper } from './book-keeper.js';
import type { ClusterOutcome, ClusterRunInput, JobOutcome } from './cluster-run.js';
import { largestScope, totalGpus } from './cluster-shape.js';
import { ClusterState, pending } from './cluster-state.js';
import { LiveView } from './cluster-view.js';
import { startingGpus } from './job-spec.js';
import type { JobState } from './job-state.js';
import { NodeLife } from './node-life.js';
import { type Decision, PolicyError } from './policy.js';
import { waitReason } from './wait-reason.js';

/** Passes in a row that only a policy's own wish to wake may cause before it counts as a loop. */
const maxIdleWakes = 100_000;

/** Passes at one instant that a policy may ask for. */
const maxRounds = 100;

/**
 * Runs jobs on a cluster under a policy. At one instant all finishes come first, then all node events and cancellations, then
 * all submissions, then one pass (spec/scheduling.md B1). Deterministic: the log is a function of the input.
 * @throws PolicyError when the policy throws or decides something that makes no sense.
 * @throws RangeError when two jobs have one id, or a job has no positive size and length.
 */
export function runCluster(input: ClusterRunInput): ClusterOutcome {
  return new ClusterExecution(input).run();
}

class ClusterExecution {
  readonly #state: ClusterState;
  readonly #view: LiveView;
  readonly #nodes: NodeLife;
  readonly #books: BookKeeper;
  readonly #wake = { id: -1 };
  readonly #total: number;
  #nextSubmit = 0;
  #passes = 0;
  #idleWakes = 0;
  #arrived: JobState[] = [];
  readonly #unsettled: { timeSeconds: number; decision: string }[] = [];

  constructor(readonly input: ClusterRunInput) {
    this.#state = new ClusterState(input);
    this.#view = new LiveView(this.#state);
    this.#nodes = new NodeLife(this.#state, input.nodeEvents ?? []);
    this.#books = new BookKeeper(this.#state, this.#nodes);
    this.#total = totalGpus(input.cluster);
    this.#state.now = Math.min(0, this.#state.jobs[0]?.spec.submitSeconds ?? 0, this.#nodes.nextSeconds);
    this.#books.begin();
  }

  run(): ClusterOutcome {
    const state = this.#state;
    const until = this.input.untilSeconds ?? Number.POSITIVE_INFINITY;
    for (;;) {
      const next = this.#nextInstant();
      if (next > until || next === Number.POSITIVE_INFINITY) break;
      this.#books.advance(next);
      state.now = next;
      // Times that differ by rounding alone are one instant.
      this.#instant(next + 2e-14 * Math.max(1, Math.abs(next)));
      this.#books.check();
      this.#books.sample();
    }
    if (Number.isFinite(until)) {
      this.#books.advance(until);
      state.now = Math.max(state.now, until);
    }
    return this.#outcome();
  }

  /** Earliest time at which something happens; node events alone do not keep a run alive. */
  #nextInstant(): number {
    const submit = this.#state.jobs[this.#nextSubmit]?.spec.submitSeconds ?? Number.POSITIVE_INFINITY;
    const jobs = Math.min(submit, this.#state.events.peekTime());
    if (this.#state.inSystem === 0 && jobs === Number.POSITIVE_INFINITY) return jobs;
    return Math.min(jobs, this.#nodes.nextSeconds);
  }

  #instant(end: number): void {
    const state = this.#state;
    const ends: JobState[] = [];
    const cancels: JobState[] = [];
    let happened = false;
    while (state.events.peekTime() <= end) {
      const payload = state.events.pop();
      const kind = payload & 3;
      if (kind === pending.wake) {
        this.#wake.id = -1;
        continue;
      }
      const job = state.jobs[payload >> 2];
      if (job === undefined) continue;
      if (kind === pending.cancel) job.cancelEvent = -1;
      (kind === pending.end ? ends : cancels).push(job);
    }
    ends.sort((a, b) => a.rank - b.rank);
    for (const job of ends) {
      state.stop(job, job.endsByOverrun ? 'overrun' : job.endsByUserFailure ? 'userFailure' : 'finish');
      happened = true;
    }
    happened = this.#nodes.happen(end) || happened;
    cancels.sort((a, b) => a.rank - b.rank);
    for (const job of cancels) {
      if (job.status !== 'queued' && job.status !== 'running') continue;
      state.stop(job, 'cancel');
      happened = true;
    }
    happened = this.#submit(end) || happened;
    this.#countIdleWakes(happened);
    this.#pass();
  }

  #submit(end: number): boolean {
    const state = this.#state;
    const before = this.#nextSubmit;
    for (;;) {
      const job = state.jobs[this.#nextSubmit];
      if (job === undefined || job.spec.submitSeconds > end) break;
      this.#nextSubmit++;
      state.inSystem++;
      state.record({ kind: 'submit', timeSeconds: state.now, job: job.id });
      state.enqueue(job);
      const refusal = this.#neverFits(job);
      if (refusal !== undefined) {
        state.reject(job, refusal);
        continue;
      }
      const { cancelSeconds } = job.spec;
      if (cancelSeconds === undefined) this.#arrived.push(job);
      else if (cancelSeconds <= end) state.stop(job, 'cancel');
      else {
        job.cancelEvent = state.events.push(cancelSeconds, job.rank * 4 + pending.cancel);
        this.#arrived.push(job);
      }
    }
    return this.#nextSubmit > before;
  }

  /** Why the job could not even run on the empty, healthy cluster. */
  #neverFits(job: JobState): string | undefined {
    const { cluster, policy } = this.input;
    const needs = startingGpus(job.spec, policy.elastic === true);
    if (needs > this.#total) return `needs ${needs} GPUs, the cluster has ${this.#total}`;
    const { within = 'any', spill = false } = job.spec;
    if (cluster.model === 'pool' || within === 'any' || spill) return undefined;
    const room = largestScope(cluster, within);
    return job.gpus > room ? `needs ${job.gpus} GPUs within one ${within}, the largest has ${room}` : undefined;
  }

  #pass(): void {
    const state = this.#state;
    this.#passes++;
    for (let round = 0, more = true; more; round++) {
      const result = applyDecisions(state, this.#decide(), this.#wake);
      if (result.memo !== undefined) this.#view.memo = result.memo.value;
      more = result.again && result.acted;
      if (more && round >= maxRounds) {
        throw new PolicyError(
          this.input.policy.name,
          state.now,
          `asked for more than ${maxRounds} passes at one instant`,
        );
      }
    }
    if (this.input.checkIdempotence === true) this.#secondPass();
    this.#reckonContention();
    for (const job of this.#arrived) {
      if (job.status === 'queued') job.waitReason = waitReason(this.#view, this.input, job);
    }
    this.#arrived = [];
  }

  #decide(): readonly Decision[] {
    const { policy } = this.input;
    try {
      return policy.decide(this.#view);
    } catch (cause) {
      const problem = cause instanceof Error ? cause.message : String(cause);
      throw new PolicyError(policy.name, this.#state.now, `decide threw: ${problem}`, { cause });
    }
  }

  #secondPass(): void {
    const again = this.#decide().find((decision) => !['wake', 'remember', 'again'].includes(decision.kind));
    if (again !== undefined) {
      this.#unsettled.push({ timeSeconds: this.#state.now, decision: JSON.stringify(again) });
    }
  }

  #reckonContention(): void {
    const state = this.#state;
    const { contention } = this.input;
    if (contention === undefined || !state.placementsChanged) return;
    state.placementsChanged = false;
    const running = [...state.running];
    const factors = contention.factors(running.map((job) => ({ id: job.id, placement: state.shapeOf(job) })));
    for (const job of running) {
      const speed = state.speedOf(job) * (factors.get(job.id) ?? 1);
      if (speed !== job.speed) state.changeSpeed(job, speed);
    }
  }

  #countIdleWakes(happened: boolean): void {
    this.#idleWakes = happened ? 0 : this.#idleWakes + 1;
    if (this.#idleWakes > maxIdleWakes) {
      const { name } = this.input.policy;
      throw new PolicyError(
        name,
        this.#state.now,
        `asked to be woken ${maxIdleWakes} times in a row while nothing happened`,
      );
    }
  }

  #outcome(): ClusterOutcome {
    const state = this.#state;
    for (const job of state.jobs) {
      job.settle();
      if (job.status === 'queued') job.waitReason = waitReason(this.#view, this.input, job);
    }
    return {
      policy: this.input.policy.name,
      horizonSeconds: state.now,
      jobs: state.jobs.map(jobOutcome),
      books: this.#books.close(),
      log: state.log,
      timeline: this.#books.timeline,
      ...this.#books.integrals,
      passes: this.#passes,
      events: state.eventCount,
      unsettledPasses: this.#unsettled,
    };
  }
}

function jobOutcome(job: JobState): JobOutcome {
  return {
    spec: job.spec,
    status: job.status,
    startSeconds: job.firstStartSeconds,
    finishSeconds: job.finishSeconds,
    preemptions: job.preemptions,
    nodeFailures: job.nodeFailures,
    resizes: job.resizes,
    gpus: job.lastGpus,
    nodes: job.lastNodes,
    waitReason: job.waitReason,
    heldSeconds: job.heldSeconds,
    serviceGpuSeconds: job.serviceGpuSeconds,
    busyGpuSeconds: job.busyGpuSeconds,
    overheadGpuSeconds: job.overheadGpuSeconds,
    lostGpuSeconds: job.lostGpuSeconds,
  };
}

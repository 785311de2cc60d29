import type { JobSpec } from './job-spec.js';
import { tenantOf } from './job-spec.js';
import type { JobView } from './policy.js';
import type { RunTerms } from './run-terms.js';

export type JobStatus = 'future' | 'queued' | 'running' | 'completed' | 'failed' | 'cancelled' | 'rejected';

/** A job in a run: where it stands, what it has done, and its own books. Policies see it as a JobView. */
export class JobState implements JobView {
  readonly id: string;
  readonly tenant: string;
  readonly gpus: number;
  status: JobStatus = 'future';
  queueKey = 0;
  /** GPUs under which it stands in the queue. */
  queueGpus = 0;
  heldGpus = 0;
  gpuIds: readonly number[] | undefined;
  /** Nodes under it; undefined in the pool model. */
  nodeList: readonly number[] | undefined;
  /** GPUs and nodes that it held last. */
  lastGpus = 0;
  lastNodes = 0;
  startSeconds = Number.NaN;
  firstStartSeconds = Number.NaN;
  finishSeconds = Number.NaN;
  speed = 1;
  /** Estimated end as of the last start, resize or change of speed. */
  plannedEndSeconds = Number.NaN;
  endEvent = -1;
  cancelEvent = -1;
  /** User's attempts that have failed. */
  attempt = 0;
  stretches = 0;
  preemptions = 0;
  nodeFailures = 0;
  resizes = 0;
  /** Why it did not start at the first pass that it waited through, and why it still waits when the run ends. */
  waitReason = '';
  heldSeconds = 0;
  busyGpuSeconds = 0;
  overheadGpuSeconds = 0;
  lostGpuSeconds = 0;
  /** Seconds without progress since the last start, resize or change of speed. */
  spentOverheadSeconds = 0;
  doneSeconds = 0;
  keptSeconds = 0;
  readonly #clock: { readonly now: number };
  readonly #terms: RunTerms;
  #settledSeconds = 0;
  #service = 0;
  #overheadLeft = 0;
  #writing = false;
  #unsavedGpuSeconds = 0;

  constructor(
    readonly spec: JobSpec,
    readonly rank: number,
    clock: { readonly now: number },
    terms: RunTerms,
  ) {
    this.id = spec.id;
    this.tenant = tenantOf(spec);
    this.gpus = spec.gpus;
    this.#clock = clock;
    this.#terms = terms;
  }

  /** Work of the attempt that it is in. */
  get workSeconds(): number {
    const attempts = this.spec.failedAttempts;
    const work = attempts?.[this.attempt] ?? this.spec.runSeconds;
    return this.#terms.overrun === 'kill' ? Math.min(work, this.spec.estimateSeconds) : work;
  }

  get endsByOverrun(): boolean {
    const work = this.spec.failedAttempts?.[this.attempt] ?? this.spec.runSeconds;
    return this.#terms.overrun === 'kill' && work > this.spec.estimateSeconds;
  }

  get endsByUserFailure(): boolean {
    return this.attempt < (this.spec.failedAttempts?.length ?? 0);
  }

  get remainingSeconds(): number {
    this.settle();
    return Math.max(0, this.workSeconds - this.doneSeconds);
  }

  get remainingIfPreemptedSeconds(): number {
    this.settle();
    const kept = this.#terms.preemption === 'lossless' || this.heldGpus === 0 ? this.doneSeconds : this.keptSeconds;
    return Math.max(0, this.workSeconds - kept);
  }

  get remainingEstimateSeconds(): number {
    this.settle();
    return Math.max(0, this.spec.estimateSeconds - this.doneSeconds);
  }

  get restartSeconds(): number {
    return this.stretches > 0 ? this.#terms.restartSeconds : 0;
  }

  get estimatedEndSeconds(): number {
    return Math.max(this.#clock.now, this.plannedEndSeconds);
  }

  get serviceGpuSeconds(): number {
    this.settle();
    return this.#service;
  }

  get overheadLeftSeconds(): number {
    this.settle();
    return this.#overheadLeft;
  }

  /** Wall seconds until the attempt's work is done at the present speed. */
  get secondsToEnd(): number {
    this.settle();
    const { checkpointIntervalSeconds: interval, checkpointWriteSeconds: write } = this.#terms;
    const left = this.workSeconds - this.doneSeconds;
    let writes = 0;
    if (write > 0 && Number.isFinite(interval)) {
      writes = Math.ceil(this.workSeconds / interval - 1e-9) - 1 - Math.floor(this.doneSeconds / interval + 1e-9);
    }
    return this.#overheadLeft + left / this.speed + Math.max(0, writes) * write;
  }

  /** Takes GPUs at this instant: `overhead` seconds pass before progress goes on. */
  begin(gpus: number, speed: number, overheadSeconds: number): void {
    this.status = 'running';
    this.heldGpus = gpus;
    this.startSeconds = this.#clock.now;
    if (Number.isNaN(this.firstStartSeconds)) this.firstStartSeconds = this.#clock.now;
    this.stretches++;
    this.#settledSeconds = this.#clock.now;
    this.#overheadLeft = overheadSeconds;
    this.#writing = false;
    this.#reckon(speed);
  }

  /** Goes on with another number of GPUs or at another speed, after `overhead` more seconds. */
  change(gpus: number, speed: number, overheadSeconds: number): void {
    this.settle();
    this.heldGpus = gpus;
    this.#overheadLeft += overheadSeconds;
    this.#reckon(speed);
  }

  /** Ends the attempt: all its work is done, whatever rounding says. */
  complete(): void {
    this.settle();
    this.doneSeconds = this.workSeconds;
    this.keptSeconds = this.doneSeconds;
    this.#unsavedGpuSeconds = 0;
  }

  /** Falls back to the last checkpoint; what was done since is booked as lost. */
  loseUnsaved(): void {
    this.settle();
    this.#lose(this.#unsavedGpuSeconds);
    this.doneSeconds = this.keptSeconds;
  }

  /** Saves everything done so far. */
  saveAll(): void {
    this.settle();
    this.keptSeconds = this.doneSeconds;
    this.#unsavedGpuSeconds = 0;
  }

  /** Throws away all work of the attempt. */
  loseAttempt(): void {
    this.settle();
    this.#lose(this.busyGpuSeconds);
    this.doneSeconds = 0;
    this.keptSeconds = 0;
  }

  /** Gives back its GPUs. */
  end(): void {
    this.settle();
    this.heldGpus = 0;
    this.gpuIds = undefined;
    this.nodeList = undefined;
    this.startSeconds = Number.NaN;
    this.plannedEndSeconds = Number.NaN;
  }

  /** Brings work, service and books up to now. */
  settle(): void {
    if (this.status !== 'running' || this.heldGpus === 0) return;
    let wall = this.#clock.now - this.#settledSeconds;
    if (wall <= 0) return;
    this.#settledSeconds = this.#clock.now;
    this.heldSeconds += wall;
    const { checkpointIntervalSeconds: interval, checkpointWriteSeconds: write } = this.#terms;
    while (wall > 0) {
      if (this.#overheadLeft > 0) {
        const spent = Math.min(wall, this.#overheadLeft);
        this.#overheadLeft -= spent;
        wall -= spent;
        this.spentOverheadSeconds += spent;
        this.overheadGpuSeconds += spent * this.heldGpus;
        if (this.#overheadLeft > 0) return;
        if (this.#writing) this.#checkpointed();
        continue;
      }
      const mark = (Math.floor(this.doneSeconds / interval + 1e-9) + 1) * interval;
      const toMark =
        write > 0 && mark < this.workSeconds ? (mark - this.doneSeconds) / this.speed : Number.POSITIVE_INFINITY;
      const progress = Math.min(wall, toMark);
      wall -= progress;
      this.#progress(progress);
      // Reached but for rounding: the write that the end event was reckoned with must not be skipped.
      if (toMark - progress < 1e-9 * interval) {
        this.doneSeconds = mark;
        this.#overheadLeft = write;
        this.#writing = true;
      }
    }
  }

  #progress(wall: number): void {
    const { checkpointIntervalSeconds: interval, checkpointWriteSeconds: write } = this.#terms;
    const gpuSeconds = wall * this.heldGpus;
    this.doneSeconds = Math.min(this.workSeconds, this.doneSeconds + wall * this.speed);
    this.#service += gpuSeconds;
    this.busyGpuSeconds += gpuSeconds;
    this.#unsavedGpuSeconds += gpuSeconds;
    if (write > 0 || !Number.isFinite(interval)) return;
    const kept = Math.floor(this.doneSeconds / interval) * interval;
    if (kept > this.keptSeconds) {
      this.keptSeconds = kept;
      this.#unsavedGpuSeconds = ((this.doneSeconds - kept) / this.speed) * this.heldGpus;
    }
  }

  #checkpointed(): void {
    this.#writing = false;
    this.keptSeconds = this.doneSeconds;
    this.#unsavedGpuSeconds = 0;
  }

  #lose(gpuSeconds: number): void {
    this.lostGpuSeconds += gpuSeconds;
    this.busyGpuSeconds -= gpuSeconds;
    this.#unsavedGpuSeconds = 0;
  }

  #reckon(speed: number): void {
    this.speed = speed;
    this.spentOverheadSeconds = 0;
    this.plannedEndSeconds =
      this.#clock.now + this.#overheadLeft + Math.max(0, this.spec.estimateSeconds - this.doneSeconds) / speed;
  }
}

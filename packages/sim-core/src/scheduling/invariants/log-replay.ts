import type { ClusterEvent } from '../cluster-log.js';
import { returnsToQueue } from '../cluster-log.js';
import type { ClusterShape } from '../cluster-shape.js';
import type { JobSpec } from '../job-spec.js';
import type { CheckedRun } from './invariant.js';

type JobEvent = Extract<ClusterEvent, { readonly job: string }>;

/** What the log says of a job so far. */
export interface ReplayedJob {
  readonly spec: JobSpec;
  /** Place in the order (submit, position in the file). */
  readonly rank: number;
  status: 'future' | 'queued' | 'running' | 'left';
  gpus: number;
  gpuIds: readonly number[];
  startSeconds: number;
  /** Beginning of the present span of constant size and speed. */
  spanSeconds: number;
  speed: number;
  /** Seconds of overhead announced for the span. */
  overheadSeconds: number;
  /** Work at the beginning of the span, and what it would resume from. */
  doneSeconds: number;
  serviceGpuSeconds: number;
  starts: number;
}

export type ReplayedNode = 'up' | 'draining' | 'down' | 'standby';

/** State of the cluster as the log alone tells it: independent of the engine's own books. */
export class LogReplay {
  timeSeconds = Number.NEGATIVE_INFINITY;
  readonly jobs = new Map<string, ReplayedJob>();
  readonly nodes: ReplayedNode[];
  readonly cluster: ClusterShape;
  /** Jobs in order of rank. */
  readonly ranked: readonly ReplayedJob[];
  readonly #log: readonly ClusterEvent[];
  readonly #nodeOfGpu: number[] = [];
  readonly #running = new Set<ReplayedJob>();
  readonly #queued = new Set<ReplayedJob>();
  #next = 0;

  constructor(run: CheckedRun) {
    this.cluster = run.input.cluster;
    this.#log = run.outcome.log;
    const { nodeGpus, spares } = this.cluster;
    this.nodes = nodeGpus.map((_, node) => (node < nodeGpus.length - spares ? 'up' : 'standby'));
    nodeGpus.forEach((gpus, node) => {
      for (let gpu = 0; gpu < gpus; gpu++) this.#nodeOfGpu.push(node);
    });
    this.ranked = rankedJobs(run.input.jobs).map((spec, rank) => ({
      spec,
      rank,
      status: 'future',
      gpus: 0,
      gpuIds: [],
      startSeconds: Number.NaN,
      spanSeconds: Number.NaN,
      speed: 0,
      overheadSeconds: 0,
      doneSeconds: 0,
      serviceGpuSeconds: 0,
      starts: 0,
    }));
    for (const job of this.ranked) this.jobs.set(job.spec.id, job);
  }

  /** Applies the next event and returns it; undefined at the end of the log. */
  step(): ClusterEvent | undefined {
    const event = this.#log[this.#next];
    if (event === undefined) return undefined;
    this.#next++;
    this.timeSeconds = event.timeSeconds;
    this.#apply(event);
    return event;
  }

  /** The next event, not yet applied. */
  peek(): ClusterEvent | undefined {
    return this.#log[this.#next];
  }

  /** Applies all events of the next instant and returns them; empty at the end of the log. */
  stepInstant(): ClusterEvent[] {
    const events: ClusterEvent[] = [];
    const seconds = this.peek()?.timeSeconds;
    while (this.peek() !== undefined && this.peek()?.timeSeconds === seconds) {
      const event = this.step();
      if (event !== undefined) events.push(event);
    }
    return events;
  }

  nodeOf(gpu: number): number {
    return this.#nodeOfGpu[gpu] ?? -1;
  }

  /** GPUs of nodes in the given states. */
  gpusIn(...states: readonly ReplayedNode[]): number {
    return this.cluster.nodeGpus.reduce(
      (sum, gpus, node) => sum + (states.includes(this.nodes[node] ?? 'down') ? gpus : 0),
      0,
    );
  }

  running(): ReplayedJob[] {
    return [...this.#running];
  }

  /** Waiting jobs in order of rank. */
  queued(): ReplayedJob[] {
    return [...this.#queued].sort((a, b) => a.rank - b.rank);
  }

  /** Free GPUs of each node that takes jobs (0 for the others). */
  freeByNode(): number[] {
    const free = this.cluster.nodeGpus.map((gpus, node) => (this.nodes[node] === 'up' ? gpus : 0));
    for (const job of this.running()) {
      if (this.cluster.model === 'pool') free[0] = (free[0] ?? 0) - job.gpus;
      for (const gpu of job.gpuIds) {
        const node = this.nodeOf(gpu);
        if (this.nodes[node] === 'up') free[node] = (free[node] ?? 0) - 1;
      }
    }
    return free;
  }

  /** Attained service of a job up to the present instant. */
  serviceNow(job: ReplayedJob): number {
    if (job.status !== 'running') return job.serviceGpuSeconds;
    const executed = this.timeSeconds - job.spanSeconds - job.overheadSeconds;
    return job.serviceGpuSeconds + job.gpus * Math.max(0, executed);
  }

  #apply(event: ClusterEvent): void {
    switch (event.kind) {
      case 'fail':
        this.nodes[event.node] = 'down';
        return;
      case 'drain':
        this.nodes[event.node] = 'draining';
        return;
      case 'undrain':
      case 'activateSpare':
        this.nodes[event.node] = 'up';
        return;
      case 'repair': {
        const wanted = this.cluster.nodeGpus.length - this.cluster.spares;
        const serving = this.nodes.filter((state) => state === 'up' || state === 'draining').length;
        this.nodes[event.node] = serving < wanted ? 'up' : 'standby';
        return;
      }
    }
    const job = this.jobs.get(event.job);
    if (job === undefined) return;
    this.#applyToJob(job, event);
    if (job.status === 'running') this.#running.add(job);
    else this.#running.delete(job);
    if (job.status === 'queued') this.#queued.add(job);
    else this.#queued.delete(job);
  }

  #applyToJob(job: ReplayedJob, event: JobEvent): void {
    switch (event.kind) {
      case 'submit':
        job.status = 'queued';
        return;
      case 'reject':
        job.status = 'left';
        return;
      case 'start':
        job.status = 'running';
        job.starts++;
        job.startSeconds = event.timeSeconds;
        job.gpus = event.gpus;
        job.gpuIds = event.gpuIds ?? [];
        job.doneSeconds = event.resumedSeconds;
        job.overheadSeconds = event.overheadSeconds;
        break;
      case 'resize':
        this.#closeSpan(job, event.spentOverheadSeconds);
        job.gpus = event.gpus;
        job.gpuIds = event.gpuIds ?? [];
        job.doneSeconds = event.resumedSeconds;
        job.overheadSeconds = event.overheadSeconds;
        break;
      case 'speed':
        this.#closeSpan(job, event.spentOverheadSeconds);
        job.doneSeconds = event.doneSeconds;
        job.overheadSeconds = 0;
        break;
      case 'stop':
        if (job.status === 'running') this.#closeSpan(job, event.spentOverheadSeconds);
        job.doneSeconds = event.keptSeconds;
        job.gpus = 0;
        job.gpuIds = [];
        job.status = returnsToQueue(event.reason) ? 'queued' : 'left';
        return;
    }
    job.spanSeconds = event.timeSeconds;
    job.speed = event.speed;
  }

  #closeSpan(job: ReplayedJob, overheadSeconds: number): void {
    job.serviceGpuSeconds += job.gpus * (this.timeSeconds - job.spanSeconds - overheadSeconds);
  }
}

/** Jobs in the order of the tie rule: submit time, then position in the file. */
export function rankedJobs(jobs: readonly JobSpec[]): JobSpec[] {
  return jobs
    .map((spec, position) => ({ spec, position }))
    .sort((a, b) => a.spec.submitSeconds - b.spec.submitSeconds || a.position - b.position)
    .map(({ spec }) => spec);
}

import {
  type Cluster,
  type Job,
  type Perturbation,
  RankGrid,
  type ReducedPlan,
  type StepReport,
  simulateStep,
  stepMemory,
  worldSize,
} from '@regatta/sim-core';
import { jobProblems } from '../schema/job-problems.js';

/** Batches and replica counts tried until one passes the schedule's rules (interleaved: micro-batches in multiples of the stages). */
const batchTries = 64;
/** Plans of the same nodes whose healthy throughput promises most are simulated; the best of them is taken. */
const plansSimulated = 2;

/**
 * Step times of a job in the states in which failures leave it, each from the step simulation of that state, remembered. Speeds
 * are throughput over the healthy step's; the global batch stays what it is, so that a step is worth the same in each state.
 */
export class DegradedSteps {
  readonly #job: Job;
  readonly #cluster: Cluster;
  readonly #perturbation: Perturbation;
  readonly #healthy: StepReport;
  readonly #stepSeconds = new Map<string, number>();
  readonly #plans = new Map<number, ReducedPlan | undefined>();
  readonly #shrunkJobs = new Map<number, Job | undefined>();
  #shapes: { readonly job: Job; readonly tokensPerGpuSecond: number }[] | undefined;

  constructor(job: Job, cluster: Cluster, perturbation: Perturbation, healthy: StepReport) {
    this.#job = job;
    this.#cluster = cluster;
    this.#perturbation = perturbation;
    this.#healthy = healthy;
  }

  /** All nodes there, one of them slow. */
  straggler(slowFactor: number): number {
    return this.#speed(this.#job, slowFactor, 0, 1);
  }

  /** The largest number of whole replicas up to `left` with which the job can run: sizes divide, memory suffices. 0: none. */
  usableReplicas(left: number): number {
    for (let replicas = left; replicas > 0; replicas--) if (this.#shrunk(replicas)) return replicas;
    return 0;
  }

  /** So many replicas fewer, at the same global batch. */
  shrunk(lostReplicas: number, slowFactor: number): number {
    const job = this.#shrunk(this.#job.parallel.data - lostReplicas);
    return job ? this.#speed(job, slowFactor, 0, 1) : 0;
  }

  /** The last `stagesHit` pipeline stages have `missing` of their `peers` nodes away, whose micro-batches the others take over. */
  rerouted(missing: number, peers: number, stagesHit: number, slowFactor: number): number {
    return this.#speed(this.#job, slowFactor, stagesHit, peers / (peers - missing));
  }

  /**
   * The fastest parallel shape found for so many nodes: tensor and pipeline sizes halved, kept or doubled, with as many
   * replicas as fit. Undefined: none fits.
   */
  planFor(nodes: number): ReducedPlan | undefined {
    if (!this.#plans.has(nodes)) this.#plans.set(nodes, this.#bestPlan(nodes));
    return this.#plans.get(nodes);
  }

  #bestPlan(nodes: number): ReducedPlan | undefined {
    const gpus = nodes * this.#cluster.gpusPerNode;
    const candidates = this.#reshaped()
      .flatMap(({ job, tokensPerGpuSecond }) => {
        const replica = worldSize({ ...job.parallel, data: 1 });
        const fitted = this.#withReplicas(job, Math.floor(gpus / replica));
        return fitted ? [{ job: fitted, promise: tokensPerGpuSecond * worldSize(fitted.parallel) }] : [];
      })
      .sort((a, b) => b.promise - a.promise)
      .slice(0, plansSimulated)
      .sort((a, b) => this.#speed(b.job, 1, 0, 1) - this.#speed(a.job, 1, 0, 1));
    const best = candidates[0]?.job;
    if (!best) return undefined;
    return {
      nodes: Math.ceil(worldSize(best.parallel) / this.#cluster.gpusPerNode),
      speed: (slowFactor) => this.#speed(best, slowFactor, 0, 1),
    };
  }

  /** Shapes of the whole cluster that can run, with what each gives a GPU. */
  #reshaped(): readonly { readonly job: Job; readonly tokensPerGpuSecond: number }[] {
    if (this.#shapes) return this.#shapes;
    const { parallel } = this.#job;
    const gpus = worldSize(parallel);
    const sizes = (size: number): number[] => [size / 2, size, size * 2].filter((s) => Number.isInteger(s) && s >= 1);
    const shapes = sizes(parallel.tensor).flatMap((tensor) =>
      sizes(parallel.pipeline).flatMap((pipeline) => {
        const whole = { ...parallel, tensor, pipeline, data: 1 };
        if (tensor > this.#cluster.gpusPerNode) return [];
        const data = Math.floor(gpus / worldSize(whole));
        const job = this.#withReplicas({ ...this.#job, parallel: whole }, data);
        if (!job) return [];
        const tokens = this.#job.globalBatch * this.#job.sequenceLength;
        return [{ job, tokensPerGpuSecond: tokens / this.#seconds(job, 1, 0, 1) / worldSize(job.parallel) }];
      }),
    );
    this.#shapes = shapes;
    return shapes;
  }

  #withReplicas(job: Job, most: number): Job | undefined {
    for (let data = most; data > Math.max(0, most - batchTries); data--) {
      const fitted = this.#fitted({ ...job, parallel: { ...job.parallel, data } });
      if (fitted) return fitted;
    }
    return undefined;
  }

  #shrunk(replicas: number): Job | undefined {
    if (replicas === this.#job.parallel.data) return this.#job;
    if (!this.#shrunkJobs.has(replicas)) {
      this.#shrunkJobs.set(
        replicas,
        this.#fitted({ ...this.#job, parallel: { ...this.#job.parallel, data: replicas } }),
      );
    }
    return this.#shrunkJobs.get(replicas);
  }

  /** The job with the least batch that its replicas share evenly and that is not below its own; its time is the fullest replica's. */
  #fitted(job: Job): Job | undefined {
    const share = job.microBatch * job.parallel.data;
    const first = Math.ceil(this.#job.globalBatch / share);
    for (let microBatches = first; microBatches < first + batchTries; microBatches++) {
      const candidate = { ...job, globalBatch: microBatches * share };
      if (jobProblems(candidate).length > 0) continue;
      const { fits } = stepMemory(candidate, this.#cluster);
      return fits || !this.#healthy.memory.fits ? candidate : undefined;
    }
    return undefined;
  }

  #clusterOf(job: Job): Cluster {
    const nodes = Math.ceil(worldSize(job.parallel) / this.#cluster.gpusPerNode);
    return nodes === this.#cluster.nodes ? this.#cluster : { ...this.#cluster, nodes };
  }

  #speed(job: Job, slowFactor: number, slowStages: number, stageFactor: number): number {
    return this.#healthy.stepSeconds / this.#seconds(job, slowFactor, slowStages, stageFactor);
  }

  #seconds(job: Job, slowFactor: number, slowStages: number, stageFactor: number): number {
    if (job === this.#job && slowFactor === 1 && slowStages === 0) return this.#healthy.stepSeconds;
    const { tensor, pipeline, data } = job.parallel;
    const key = `${tensor}/${pipeline}/${data}/${job.globalBatch}/${slowFactor}/${slowStages}/${stageFactor}`;
    let seconds = this.#stepSeconds.get(key);
    if (seconds === undefined) {
      const perturbation = this.#perturbed(job, slowFactor, slowStages, stageFactor);
      seconds = simulateStep(job, this.#clusterOf(job), perturbation).stepSeconds;
      this.#stepSeconds.set(key, seconds);
    }
    return seconds;
  }

  #perturbed(job: Job, slowFactor: number, slowStages: number, stageFactor: number): Perturbation {
    const grid = new RankGrid(job.parallel);
    const slowRanks = this.#perturbation.slowRanks.filter(({ rank }) => rank < grid.ranks);
    if (slowFactor !== 1) {
      const ranks = Math.min(this.#cluster.gpusPerNode, grid.ranks);
      for (let rank = 0; rank < ranks; rank++) slowRanks.push({ rank, factor: slowFactor });
    }
    for (let rank = grid.ranks - slowStages * grid.stageRanks; rank < grid.ranks; rank++) {
      slowRanks.push({ rank, factor: stageFactor });
    }
    return { ...this.#perturbation, slowRanks };
  }
}

import {
  type Ailment,
  type Cluster,
  type DegradedStates,
  type Job,
  noAilments,
  type Parallel,
  type Perturbation,
  type ReducedPlan,
  type StepReport,
  stepMemory,
  worldSize,
} from '@regatta/sim-core';
import { jobProblems } from '../schema/job-problems.js';
import { AilingJob, noTakeOver, type TakeOver } from './ailing-job.js';
import { StepMemo } from './step-memo.js';

/** Batches and replica counts tried until one passes the schedule's rules (interleaved: micro-batches in multiples of the stages). */
const batchTries = 64;
/** Plans of the same nodes whose healthy throughput promises most are simulated; the best of them is taken. */
const plansSimulated = 2;

/**
 * Step times of a job in the states in which failures leave it, each from the step simulation of that state, remembered. Speeds
 * are throughput over the healthy step's; the global batch stays what it is, so that a step is worth the same in each state.
 */
export class DegradedSteps implements DegradedStates {
  readonly #job: Job;
  readonly #cluster: Cluster;
  readonly #perturbation: Perturbation;
  readonly #healthy: StepReport;
  readonly #memo: StepMemo;
  readonly #ailing = new Map<Job, AilingJob>();
  readonly #plans = new Map<number, ReducedPlan | undefined>();
  readonly #reduced = new Map<string, ReducedPlan | undefined>();
  #shapes: { readonly job: Job; readonly tokensPerGpuSecond: number }[] | undefined;

  /** @param memo Where step times are kept; given, they are shared with whoever else has it. */
  constructor(job: Job, cluster: Cluster, perturbation: Perturbation, healthy: StepReport, memo = new StepMemo()) {
    this.#job = job;
    this.#cluster = cluster;
    this.#perturbation = perturbation;
    this.#healthy = healthy;
    this.#memo = memo;
  }

  asItIs(ailments: readonly Ailment[]): number {
    return this.#speed(this.#job, ailments);
  }

  reshaped(parallel: Partial<Parallel>): ReducedPlan | undefined {
    const shape = { ...this.#job.parallel, ...parallel };
    const key = Object.values(shape).join('/');
    if (!this.#reduced.has(key)) {
      const job = this.#fitted({ ...this.#job, parallel: shape });
      this.#reduced.set(key, job && this.#planOf(job));
    }
    return this.#reduced.get(key);
  }

  /** The stages that miss nodes are put last, where a slow stage costs about the most. */
  rerouted(missingPeers: number, stagesHit: number, ailments: readonly Ailment[]): number {
    const peers = this.#cluster.nodes / this.#job.parallel.pipeline;
    const takeOver = { stages: stagesHit, factor: peers / (peers - missingPeers) };
    return this.#speed(this.#job, ailments, takeOver);
  }

  /**
   * The fastest parallel shape found for so many nodes: tensor and pipeline sizes halved, kept or doubled, with as many
   * replicas as fit.
   */
  bestPlan(nodes: number): ReducedPlan | undefined {
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
      .sort((a, b) => this.#speed(b.job, noAilments) - this.#speed(a.job, noAilments));
    const best = candidates[0]?.job;
    return best && this.#planOf(best);
  }

  #planOf(job: Job): ReducedPlan {
    return {
      nodes: Math.ceil(worldSize(job.parallel) / this.#cluster.gpusPerNode),
      speed: (ailments) => this.#speed(job, ailments),
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
        return [{ job, tokensPerGpuSecond: tokens / this.#seconds(job, noAilments) / worldSize(job.parallel) }];
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

  #speed(job: Job, ailments: readonly Ailment[], takeOver = noTakeOver): number {
    return this.#healthy.stepSeconds / this.#seconds(job, ailments, takeOver);
  }

  #seconds(job: Job, ailments: readonly Ailment[], takeOver: TakeOver = noTakeOver): number {
    if (job === this.#job && ailments.length === 0 && takeOver.stages === 0) return this.#healthy.stepSeconds;
    let ailing = this.#ailing.get(job);
    if (!ailing) {
      ailing = new AilingJob(job, this.#clusterOf(job), this.#perturbation, this.#memo);
      this.#ailing.set(job, ailing);
    }
    return ailing.stepSeconds(ailments, takeOver);
  }
}

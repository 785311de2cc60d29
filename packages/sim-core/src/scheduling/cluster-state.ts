import { EventQueue } from '../kernel/event-queue.js';
import type { ClusterEvent, StopEvent, StopReason } from './cluster-log.js';
import { returnsToQueue } from './cluster-log.js';
import type { ClusterRunInput } from './cluster-run.js';
import { GpuInventory } from './gpu-inventory.js';
import { BucketQueue } from './job-queue.js';
import { hasPositiveWork, startingGpus } from './job-spec.js';
import { JobState } from './job-state.js';
import { OrderForest } from './order-forest.js';
import { packed } from './placement/packed.js';
import type { PlacementPolicy } from './placement-policy.js';
import { costlessTerms, type RunTerms } from './run-terms.js';
import { RunningSet } from './running-set.js';
import { countSpeed, type JobSpeedModel, type PlacementShape } from './speed-model.js';

/** Kinds of pending events; the payload of an event is rank * 4 + kind. */
export const pending = { end: 0, cancel: 1, wake: 2 } as const;

/** The moving parts of a run: jobs, queue, GPUs, pending events, log. Each operation keeps all of them in step. */
export class ClusterState {
  now = 0;
  readonly jobs: readonly JobState[];
  readonly byId = new Map<string, JobState>();
  readonly queue: BucketQueue;
  readonly tenantQueues = new Map<string, BucketQueue>();
  readonly heldByTenant = new Map<string, number>();
  readonly running = new RunningSet();
  readonly inventory: GpuInventory;
  readonly events = new EventQueue();
  readonly log: ClusterEvent[] = [];
  readonly terms: RunTerms;
  readonly placement: PlacementPolicy;
  readonly speed: JobSpeedModel;
  heldGpus = 0;
  /** Jobs that have been submitted and have not left. */
  inSystem = 0;
  eventCount = 0;
  /** Jobs whose speed contention may have changed since it was last reckoned. */
  placementsChanged = false;
  readonly #forest: OrderForest;
  readonly #tenantForest: OrderForest;

  constructor(readonly input: ClusterRunInput) {
    if (input.policy.requiresNodes === true && input.cluster.model === 'pool') {
      throw new RangeError(`runCluster: policy ${input.policy.name} needs a cluster of nodes, this one is a pool`);
    }
    this.terms = { ...costlessTerms, ...input.terms };
    this.placement = input.placement ?? packed;
    this.speed = input.speed ?? countSpeed;
    this.inventory = new GpuInventory(input.cluster);
    const clock = this.#clock();
    const order = input.jobs.map((_, position) => position);
    order.sort((a, b) => (input.jobs[a]?.submitSeconds ?? 0) - (input.jobs[b]?.submitSeconds ?? 0) || a - b);
    this.jobs = order.flatMap((position, rank) => {
      const spec = input.jobs[position];
      if (spec === undefined) return [];
      if (this.byId.has(spec.id)) throw new RangeError(`runCluster: two jobs have the id ${spec.id}`);
      if (!hasPositiveWork(spec) || !Number.isFinite(spec.submitSeconds) || !(spec.gpus >= 1)) {
        throw new RangeError(
          `runCluster: job ${spec.id} needs a finite submit time, gpus >= 1, run time and estimate > 0`,
        );
      }
      const job = new JobState(spec, rank, clock, this.terms);
      this.byId.set(spec.id, job);
      return [job];
    });
    this.#forest = new OrderForest(this.jobs.length);
    this.#tenantForest = new OrderForest(input.policy.perTenant === true ? this.jobs.length : 0);
    this.queue = new BucketQueue(this.#forest, this.jobs);
  }

  record(event: ClusterEvent): void {
    this.eventCount++;
    if (this.input.keepLog !== false) this.log.push(event);
  }

  queueOf(tenant: string): BucketQueue {
    let queue = this.tenantQueues.get(tenant);
    if (queue === undefined) {
      queue = new BucketQueue(this.#tenantForest, this.jobs);
      this.tenantQueues.set(tenant, queue);
    }
    return queue;
  }

  enqueue(job: JobState): void {
    const { policy } = this.input;
    job.status = 'queued';
    job.queueGpus = startingGpus(job.spec, policy.elastic === true);
    const key = policy.queueKey?.(job) ?? 0;
    if (Number.isNaN(key)) throw new RangeError(`queueKey of job ${job.id} is NaN`);
    job.queueKey = key;
    const estimateSeconds = job.remainingEstimateSeconds + job.restartSeconds;
    this.queue.add(job.rank, job.queueGpus, key, estimateSeconds);
    if (policy.perTenant === true) this.queueOf(job.tenant).add(job.rank, job.queueGpus, key, estimateSeconds);
  }

  dequeue(job: JobState): void {
    this.queue.remove(job.rank, job.queueGpus);
    if (this.input.policy.perTenant === true) this.queueOf(job.tenant).remove(job.rank, job.queueGpus);
  }

  /** Gives the GPUs to a waiting job. */
  start(job: JobState, gpus: number, gpuIds: readonly number[] | undefined, spilled: boolean): void {
    this.dequeue(job);
    this.#hold(job, gpus, gpuIds, 1);
    const overheadSeconds = job.restartSeconds;
    job.begin(gpus, this.speedOf(job), overheadSeconds);
    this.running.add(job);
    this.#scheduleEnd(job);
    this.record({
      kind: 'start',
      timeSeconds: this.now,
      job: job.id,
      gpus,
      ...(gpuIds === undefined ? {} : { gpuIds }),
      resumedSeconds: job.doneSeconds,
      overheadSeconds,
      speed: job.speed,
      ...(spilled ? { spilled } : {}),
    });
  }

  /** Takes all its GPUs from a running job, or a cancelled one out of the queue. */
  stop(job: JobState, reason: StopReason, details: { node?: number; for?: string } = {}): void {
    job.settle();
    const gpus = job.heldGpus;
    if (job.status === 'running') {
      this.events.cancel(job.endEvent);
      this.running.remove(job);
    } else this.dequeue(job);
    if (reason === 'finish' || reason === 'userFailure' || reason === 'overrun') job.complete();
    const doneSeconds = job.doneSeconds;
    if (reason === 'nodeFailure') job.loseUnsaved();
    else if (reason === 'userFailure') job.loseAttempt();
    else if (reason === 'preempt') {
      if (this.terms.preemption === 'lossless') job.saveAll();
      else job.loseUnsaved();
    }
    const event: StopEvent = {
      kind: 'stop',
      reason,
      timeSeconds: this.now,
      job: job.id,
      gpus,
      doneSeconds,
      keptSeconds: job.doneSeconds,
      spentOverheadSeconds: job.spentOverheadSeconds,
      ...details,
    };
    if (gpus > 0) this.#hold(job, gpus, job.gpuIds, -1);
    job.end();
    if (reason === 'preempt') job.preemptions++;
    if (reason === 'nodeFailure') job.nodeFailures++;
    if (reason === 'userFailure') job.attempt++;
    this.record(event);
    if (returnsToQueue(reason)) this.enqueue(job);
    else this.#leave(job, reason);
  }

  /** Changes the GPUs of a running job; `gpuIds` are all that it holds from now on. */
  resize(job: JobState, gpus: number, gpuIds: readonly number[] | undefined): void {
    job.settle();
    const fromGpus = job.heldGpus;
    const doneSeconds = job.doneSeconds;
    const spentOverheadSeconds = job.spentOverheadSeconds;
    this.running.remove(job);
    this.#hold(job, fromGpus, job.gpuIds, -1);
    this.#hold(job, gpus, gpuIds, 1);
    job.change(gpus, this.speedOf(job, gpus), this.terms.resizeSeconds);
    job.resizes++;
    this.running.add(job);
    this.events.cancel(job.endEvent);
    this.#scheduleEnd(job);
    this.record({
      kind: 'resize',
      timeSeconds: this.now,
      job: job.id,
      fromGpus,
      gpus,
      ...(gpuIds === undefined ? {} : { gpuIds }),
      doneSeconds,
      resumedSeconds: job.doneSeconds,
      spentOverheadSeconds,
      overheadSeconds: this.terms.resizeSeconds,
      speed: job.speed,
      ...batchSplit(job, gpus),
    });
  }

  /** The job goes on at another speed. */
  changeSpeed(job: JobState, speed: number): void {
    job.settle();
    const { doneSeconds, spentOverheadSeconds } = job;
    this.running.remove(job);
    job.change(job.heldGpus, speed, 0);
    this.running.add(job);
    this.events.cancel(job.endEvent);
    this.#scheduleEnd(job);
    this.record({ kind: 'speed', timeSeconds: this.now, job: job.id, doneSeconds, spentOverheadSeconds, speed });
  }

  reject(job: JobState, reason: string): void {
    if (job.status === 'queued') this.dequeue(job);
    job.waitReason = reason;
    job.status = 'rejected';
    job.finishSeconds = this.now;
    this.inSystem--;
    if (job.cancelEvent >= 0) this.events.cancel(job.cancelEvent);
    this.record({ kind: 'reject', timeSeconds: this.now, job: job.id, reason });
  }

  /** Shape of the placement of a running job. */
  shapeOf(job: JobState, gpus = job.heldGpus): PlacementShape {
    const { leafOf, podOf } = this.input.cluster;
    const nodeList = job.nodeList;
    if (nodeList === undefined) return { gpus, nodes: 1, leaves: 1, pods: 1 };
    const distinct = (of: readonly number[]): number => new Set(nodeList.map((node) => of[node])).size;
    return { gpus, nodes: nodeList.length, leaves: distinct(leafOf), pods: distinct(podOf), nodeList };
  }

  /** How many nodes, leaves or pods (whichever the job asks to stay within) the GPUs lie in. */
  scopesOf(job: JobState, gpuIds: readonly number[]): number {
    const { within = 'any' } = job.spec;
    if (within === 'any') return 1;
    const { leafOf, podOf } = this.input.cluster;
    const nodes = this.#nodesOf(gpuIds);
    return new Set(nodes.map((node) => (within === 'node' ? node : within === 'leaf' ? leafOf[node] : podOf[node])))
      .size;
  }

  speedOf(job: JobState, gpus?: number): number {
    const speed = this.speed.speedOf(job.spec, this.shapeOf(job, gpus));
    if (!(speed > 0 && Number.isFinite(speed))) {
      throw new RangeError(`speedOf gave ${speed} for job ${job.id}, must be a positive number`);
    }
    return speed;
  }

  #hold(job: JobState, gpus: number, gpuIds: readonly number[] | undefined, by: 1 | -1): void {
    this.inventory.book(gpuIds, gpus, by);
    this.heldGpus += by * gpus;
    this.heldByTenant.set(job.tenant, (this.heldByTenant.get(job.tenant) ?? 0) + by * gpus);
    this.placementsChanged = true;
    if (by === -1) return;
    job.gpuIds = gpuIds;
    job.nodeList = gpuIds === undefined ? undefined : this.#nodesOf(gpuIds);
    job.heldGpus = gpus;
    job.lastGpus = gpus;
    job.lastNodes = job.nodeList?.length ?? 1;
  }

  #nodesOf(gpuIds: readonly number[]): number[] {
    const nodes: number[] = [];
    for (const gpu of gpuIds) {
      const node = this.inventory.nodeOfGpu(gpu);
      if (nodes[nodes.length - 1] !== node) nodes.push(node);
    }
    return nodes;
  }

  #scheduleEnd(job: JobState): void {
    job.endEvent = this.events.push(this.now + job.secondsToEnd, job.rank * 4 + pending.end);
  }

  #leave(job: JobState, reason: StopReason): void {
    job.finishSeconds = this.now;
    this.inSystem--;
    if (reason === 'finish') job.status = job.spec.ending ?? 'completed';
    else job.status = reason === 'cancel' ? 'cancelled' : 'failed';
    if (job.cancelEvent >= 0) this.events.cancel(job.cancelEvent);
  }

  #clock(): { readonly now: number } {
    const state = this;
    return {
      get now() {
        return state.now;
      },
    };
  }
}

function batchSplit(job: JobState, gpus: number): { replicas?: number; accumulation?: number } {
  const { globalBatch, microBatch = 1, gpusPerReplica = 1 } = job.spec;
  if (globalBatch === undefined) return {};
  const replicas = gpus / gpusPerReplica;
  return { replicas, accumulation: globalBatch / (replicas * microBatch) };
}

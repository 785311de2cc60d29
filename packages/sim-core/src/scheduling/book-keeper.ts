import type { ClusterBooks, QueueTimeline } from './cluster-run.js';
import type { ClusterState } from './cluster-state.js';
import type { NodeLife } from './node-life.js';

/** Integrates where GPU-seconds and job-seconds go, and checks after every instant that nothing was made or lost. */
export class BookKeeper {
  readonly timeline: QueueTimeline & { timeSeconds: number[] };
  readonly #columns = {
    timeSeconds: [] as number[],
    queuedJobs: [] as number[],
    runningJobs: [] as number[],
    heldGpus: [] as number[],
    fragmentedGpus: [] as number[],
  };
  readonly #state: ClusterState;
  readonly #nodes: NodeLife;
  readonly #totalGpus: number;
  #beginSeconds = 0;
  #sinceSeconds = 0;
  #idle = 0;
  #failed = 0;
  #standby = 0;
  #held = 0;
  #queued = 0;
  #inSystem = 0;
  #fragmented = 0;

  constructor(state: ClusterState, nodes: NodeLife) {
    this.#state = state;
    this.#nodes = nodes;
    this.#totalGpus = state.inventory.totalGpus;
    this.timeline = this.#columns;
  }

  begin(): void {
    this.#beginSeconds = this.#state.now;
    this.#sinceSeconds = this.#state.now;
  }

  /** Books the time up to `seconds`, during which nothing changed. */
  advance(seconds: number): void {
    const span = seconds - this.#sinceSeconds;
    if (!(span > 0)) return;
    this.#sinceSeconds = seconds;
    const { inventory, heldGpus, queue, inSystem } = this.#state;
    this.#idle += span * inventory.freeGpus;
    this.#held += span * heldGpus;
    this.#standby += span * this.#nodes.standbyGpus;
    this.#failed += span * (this.#totalGpus - this.#nodes.standbyGpus - heldGpus - inventory.freeGpus);
    this.#queued += span * queue.size;
    this.#inSystem += span * inSystem;
    this.#fragmented += span * this.#fragmentedGpus();
  }

  /**
   * Conservation in counts (S1, S4, S9): what is held beyond the open nodes is held on draining ones, and every job in the
   * system waits or runs. A policy that gives away what is not there is left to the invariants; anything else is our bug.
   */
  check(): void {
    const { inventory, heldGpus, queue, running, inSystem, now } = this.#state;
    if (queue.size + running.size !== inSystem) {
      throw new Error(
        `conservation of jobs at ${now} s: ${queue.size} wait + ${running.size} run, ${inSystem} are in the system`,
      );
    }
    const heldOnClosed = heldGpus - (inventory.capacityGpus - inventory.freeGpus);
    if (heldOnClosed < 0) {
      throw new Error(
        `conservation of GPUs at ${now} s: ${heldGpus} held, ${inventory.freeGpus} free of ${inventory.capacityGpus}`,
      );
    }
  }

  /** One point of the timeline. */
  sample(): void {
    const { now, queue, running, heldGpus } = this.#state;
    const columns = this.#columns;
    columns.timeSeconds.push(now);
    columns.queuedJobs.push(queue.size);
    columns.runningJobs.push(running.size);
    columns.heldGpus.push(heldGpus);
    columns.fragmentedGpus.push(this.#fragmentedGpus());
  }

  get integrals(): { queuedJobSeconds: number; jobsInSystemSeconds: number; fragmentedGpuSeconds: number } {
    return {
      queuedJobSeconds: this.#queued,
      jobsInSystemSeconds: this.#inSystem,
      fragmentedGpuSeconds: this.#fragmented,
    };
  }

  /** The books of the whole run. @throws Error when they do not balance within 1e-9 (S7). */
  close(): ClusterBooks {
    let busy = 0;
    let overhead = 0;
    let lost = 0;
    for (const job of this.#state.jobs) {
      busy += job.busyGpuSeconds;
      overhead += job.overheadGpuSeconds;
      lost += job.lostGpuSeconds;
    }
    const booked = busy + overhead + lost;
    const total = this.#totalGpus * (this.#sinceSeconds - this.#beginSeconds);
    if (Math.abs(booked - this.#held) > 1e-9 * Math.max(1, total)) {
      throw new Error(`conservation of GPU-seconds: jobs booked ${booked}, the cluster ${this.#held}`);
    }
    return {
      busyGpuSeconds: busy,
      overheadGpuSeconds: overhead,
      lostGpuSeconds: lost,
      idleGpuSeconds: this.#idle,
      failedGpuSeconds: this.#failed,
      standbyGpuSeconds: this.#standby,
    };
  }

  #fragmentedGpus(): number {
    const { inventory } = this.#state;
    return inventory.cluster.model === 'pool' ? 0 : inventory.freeGpus - inventory.wholeFreeGpus;
  }
}

import type { ClusterState } from './cluster-state.js';
import { isElastic, leastGpus, mostGpus, type Tenant } from './job-spec.js';
import type { JobState } from './job-state.js';
import type { AllocationTrial, ClusterView, JobQueue, JobView, NodeView, RunningJobs } from './policy.js';
import { Trial, type TrialContext } from './trial.js';

/** The policy's window on a run: always shows the present state. */
export class LiveView implements ClusterView {
  memo: unknown = undefined;
  readonly tenants: readonly Tenant[];
  readonly nodes: readonly NodeView[];
  readonly #state: ClusterState;
  readonly #trialContext: TrialContext;

  constructor(state: ClusterState) {
    this.#state = state;
    const { cluster, jobs } = state.input;
    this.nodes = cluster.model === 'pool' ? [] : cluster.nodeGpus.map((_, node) => nodeView(state, node));
    this.#trialContext = {
      inventory: state.inventory,
      placement: state.placement,
      scoped: cluster.model === 'nodes' && jobs.some((job) => (job.within ?? 'any') !== 'any' && job.spill !== true),
      lookup: (view) => this.#behind(view),
    };
    const declared = new Map((state.input.tenants ?? []).map((tenant) => [tenant.name, tenant]));
    for (const job of state.jobs) if (!declared.has(job.tenant)) declared.set(job.tenant, { name: job.tenant });
    this.tenants = [...declared.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  get timeSeconds(): number {
    return this.#state.now;
  }
  get capacityGpus(): number {
    return this.#state.inventory.capacityGpus;
  }
  get freeGpus(): number {
    return this.#state.inventory.freeGpus;
  }
  get queue(): JobQueue {
    return this.#state.queue;
  }
  get running(): RunningJobs {
    return this.#state.running;
  }
  get minimumRunSeconds(): number {
    return this.#state.terms.minimumRunSeconds;
  }

  queueOf(tenant: string): JobQueue {
    return this.#state.queueOf(tenant);
  }

  heldBy(tenant: string): number {
    return this.#state.heldByTenant.get(tenant) ?? 0;
  }

  job(id: string): JobView | undefined {
    const job = this.#state.byId.get(id);
    return job === undefined || job.status === 'future' ? undefined : job;
  }

  gpusOf(view: JobView): readonly number[] | undefined {
    return this.#behind(view).gpuIds;
  }

  get scoped(): boolean {
    return this.#trialContext.scoped;
  }

  trial(): AllocationTrial {
    return new Trial(this.#trialContext);
  }

  speedAt(view: JobView, gpus: number): number {
    const { cluster } = this.#state.input;
    const nodeSize = cluster.model === 'pool' ? gpus : this.#state.inventory.largestNode;
    const nodes = Math.ceil(gpus / nodeSize);
    const leaves = Math.ceil(nodes / (this.#state.inventory.leaves[0]?.length ?? 1));
    const pods = Math.ceil(nodes / (this.#state.inventory.pods[0]?.length ?? 1));
    return this.#state.speed.speedOf(view.spec, { gpus, nodes, leaves, pods });
  }

  sizesOf(view: JobView): readonly number[] {
    const { spec } = view;
    if (!isElastic(spec)) return [spec.gpus];
    const { globalBatch, microBatch = 1, gpusPerReplica = 1 } = spec;
    const sizes: number[] = [];
    for (let gpus = leastGpus(spec); gpus <= mostGpus(spec); gpus++) {
      if (gpus % gpusPerReplica !== 0) continue;
      if (globalBatch === undefined || globalBatch % ((gpus / gpusPerReplica) * microBatch) === 0) sizes.push(gpus);
    }
    return sizes.length > 0 ? sizes : [spec.gpus];
  }

  #behind(view: JobView): JobState {
    const job = this.#state.jobs[view.rank];
    if (job === undefined) throw new RangeError(`job ${view.id} is not of this run`);
    return job;
  }
}

function nodeView(state: ClusterState, node: number): NodeView {
  const { cluster } = state.input;
  return {
    node,
    leaf: cluster.leafOf[node] ?? 0,
    pod: cluster.podOf[node] ?? 0,
    gpuIds: state.inventory.gpusOfNode(node),
    get takesJobs() {
      return state.inventory.takesJobs(node);
    },
  };
}

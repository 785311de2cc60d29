import type { ClusterView, Decision, JobView, SchedulingPolicy } from '../policy.js';
import { FreeNodes } from './free-nodes.js';
import { isProtected } from './greedy-preemptive.js';
import { WaitingLine } from './waiting-line.js';

/**
 * Private cells (after HiveD, OSDI 2020): guaranteed jobs of a tenant run only on the tenant's own nodes, in order of
 * submission, preempting whatever opportunistic job sits there; jobs that are not guaranteed, and jobs of tenants without
 * nodes, run on any free GPU. A tenant so never fares worse than in a cluster of its own nodes (S15).
 */
export const cells: SchedulingPolicy = {
  name: 'cells',
  reasonsIn: 'nodes',
  requiresNodes: true,
  perTenant: true,
  claims: { cells: true },
  decide: (view) => new CellPass(view).run(),
};

/** One pass of the policy. */
class CellPass {
  readonly #view: ClusterView;
  readonly #decisions: Decision[] = [];
  readonly #free: FreeNodes;
  readonly #own: ReadonlyMap<string, readonly number[]>;
  readonly #opportunists: readonly JobView[];
  readonly #line: WaitingLine;
  readonly #stopped = new Set<JobView>();

  constructor(view: ClusterView) {
    this.#view = view;
    const held = new Set([...view.running].flatMap((job) => view.gpusOf(job) ?? []));
    this.#free = new FreeNodes(view, view.nodes, held);
    this.#own = new Map(
      view.tenants.flatMap(({ name, nodes }) => (nodes === undefined ? [] : [[name, nodes] as const])),
    );
    this.#opportunists = [...view.running].filter((job) => !this.#isGuaranteed(job) && !isProtected(view, job));
    this.#line = new WaitingLine(view, () => 0);
  }

  run(): Decision[] {
    for (const [tenant, nodes] of this.#own) this.#serveTenant(tenant, nodes);
    const limits = () => ({ maxGpus: this.#free.count });
    for (let job = this.#line.next(limits()); job !== undefined; job = this.#line.next(limits())) {
      const gpuIds = this.#isGuaranteed(job) ? undefined : this.#free.choose(job);
      if (gpuIds !== undefined) this.#start(job, gpuIds);
    }
    return this.#decisions;
  }

  /** Guaranteed jobs of a tenant on its own nodes, until one does not fit. */
  #serveTenant(tenant: string, nodes: readonly number[]): void {
    const whole = nodes.flatMap((node) => this.#view.nodes[node] ?? []);
    const empty = new FreeNodes(
      this.#view,
      whole.map((node) => ({ ...node, takesJobs: true })),
      new Set(),
    );
    for (const job of this.#view.queueOf(tenant)) {
      if (!this.#isGuaranteed(job)) continue;
      if (empty.choose(job) === undefined) {
        this.#decisions.push({ kind: 'reject', job: job.id, reason: `does not fit the nodes of tenant ${tenant}` });
        continue;
      }
      const gpuIds = this.#free.only(nodes).choose(job) ?? this.#reclaim(job, nodes);
      if (gpuIds === undefined) return;
      this.#start(job, gpuIds);
    }
  }

  /** GPUs for the job once opportunistic jobs on its tenant's nodes are stopped; stops those that hold them. */
  #reclaim(job: JobView, nodes: readonly number[]): readonly number[] | undefined {
    const cleared = this.#free.only(nodes);
    const squatters = this.#opportunists.filter((other) => !this.#stopped.has(other));
    for (const other of squatters) cleared.giveBack(this.#view.gpusOf(other) ?? []);
    const gpuIds = cleared.choose(job);
    if (gpuIds === undefined) return undefined;
    const wanted = new Set(gpuIds);
    for (const other of squatters) {
      const held = this.#view.gpusOf(other) ?? [];
      if (!held.some((gpu) => wanted.has(gpu))) continue;
      this.#stopped.add(other);
      this.#line.add(other);
      this.#free.giveBack(held);
      this.#decisions.push({ kind: 'preempt', job: other.id, for: job.id });
    }
    return gpuIds;
  }

  #start(job: JobView, gpuIds: readonly number[]): void {
    this.#free.take(gpuIds);
    this.#decisions.push({ kind: 'start', job: job.id, gpuIds });
  }

  #isGuaranteed(job: JobView): boolean {
    return job.spec.guaranteed !== false && this.#own.has(job.tenant);
  }
}

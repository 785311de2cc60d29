import type { PlacementScope } from '../job-spec.js';
import type { ClusterView, JobView, NodeView } from '../policy.js';

/** Free GPUs by node, for a policy that chooses GPUs itself. */
export class FreeNodes {
  count = 0;
  readonly #view: ClusterView;
  readonly #nodes: readonly NodeView[];
  readonly #free = new Map<number, readonly number[]>();

  /** @param nodes Only these nodes are looked at; those that take no jobs count as full. */
  constructor(view: ClusterView, nodes: readonly NodeView[], held: ReadonlySet<number>) {
    this.#view = view;
    this.#nodes = nodes;
    for (const { node, takesJobs, gpuIds } of nodes) {
      if (takesJobs)
        this.#set(
          node,
          gpuIds.filter((gpu) => !held.has(gpu)),
        );
    }
  }

  /** A copy of some of its nodes. */
  only(nodes: readonly number[]): FreeNodes {
    const views = nodes.flatMap((node) => this.#view.nodes[node] ?? []);
    const part = new FreeNodes(this.#view, views, new Set());
    for (const node of nodes) if (part.#free.has(node)) part.#set(node, this.#free.get(node) ?? []);
    return part;
  }

  take(gpuIds: readonly number[]): void {
    const taken = new Set(gpuIds);
    for (const node of this.#nodesOf(taken))
      this.#set(
        node,
        (this.#free.get(node) ?? []).filter((gpu) => !taken.has(gpu)),
      );
  }

  /** GPUs come back; those of nodes that take no jobs, or are not looked at, stay away. */
  giveBack(gpuIds: readonly number[]): void {
    const back = new Set(gpuIds);
    for (const node of this.#nodesOf(back)) {
      const own = this.#view.nodes[node]?.gpuIds.filter((gpu) => back.has(gpu)) ?? [];
      this.#set(
        node,
        [...(this.#free.get(node) ?? []), ...own].sort((a, b) => a - b),
      );
    }
  }

  /** GPUs for the job, best fit: on one node if any has room, else within its scope; undefined when it does not fit. */
  choose(job: JobView): readonly number[] | undefined {
    if (job.gpus > this.count) return undefined;
    const holes = [...this.#free].sort(([a, own], [b, others]) => own.length - others.length || a - b);
    const single = holes.find(([, ids]) => ids.length >= job.gpus);
    if (single !== undefined) return single[1].slice(0, job.gpus);
    const { within = 'any', spill = false } = job.spec;
    const scopes: PlacementScope[] = spill ? [within, 'any'] : [within];
    for (const scope of scopes) {
      const groups = new Map<number, number[]>();
      for (const [node, ids] of holes.toReversed()) {
        const group = this.#groupOf(node, scope);
        groups.set(group, [...(groups.get(group) ?? []), ...ids]);
      }
      const fit = [...groups].sort(([a], [b]) => a - b).find(([, ids]) => ids.length >= job.gpus);
      if (fit !== undefined) return fit[1].slice(0, job.gpus);
    }
    return undefined;
  }

  #groupOf(node: number, scope: PlacementScope): number {
    const view = this.#view.nodes[node];
    if (scope === 'any' || view === undefined) return 0;
    return scope === 'node' ? node : scope === 'leaf' ? view.leaf : view.pod;
  }

  /** Nodes looked at, in service, that have one of the GPUs. */
  #nodesOf(gpus: ReadonlySet<number>): number[] {
    return this.#nodes.flatMap(({ node, gpuIds }) =>
      this.#free.has(node) && gpuIds.some((gpu) => gpus.has(gpu)) ? [node] : [],
    );
  }

  #set(node: number, ids: readonly number[]): void {
    this.count += ids.length - (this.#free.get(node)?.length ?? 0);
    this.#free.set(node, ids);
  }
}

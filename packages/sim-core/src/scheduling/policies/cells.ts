import type { PlacementScope } from '../job-spec.js';
import type { ClusterView, Decision, JobView, SchedulingPolicy } from '../policy.js';
import { isProtected } from './greedy-preemptive.js';

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
  decide(view) {
    const decisions: Decision[] = [];
    const free = freeGpusByNode(view);
    const own = new Map(
      view.tenants.flatMap(({ name, nodes }) => (nodes === undefined ? [] : [[name, nodes] as const])),
    );
    const opportunists = [...view.running].filter((job) => !isGuaranteed(job, own));
    const out = new Set<JobView>();
    for (const [tenant, nodes] of own) {
      for (const job of view.queueOf(tenant)) {
        if (!isGuaranteed(job, own)) continue;
        const whole = nodes.map((node) => ({ node, ids: view.nodes[node]?.gpuIds ?? [] }));
        if (choose(view, job, whole) === undefined) {
          decisions.push({ kind: 'reject', job: job.id, reason: `does not fit the nodes of tenant ${tenant}` });
          continue;
        }
        const onOwn = nodes.map((node) => ({ node, ids: free.get(node) ?? [] }));
        let ids = choose(view, job, onOwn);
        if (ids === undefined) {
          const squatters = opportunists.filter(
            (other) => !out.has(other) && !isProtected(view, other) && sitsOn(view, other, nodes),
          );
          const cleared = onOwn.map(({ node, ids: some }) => ({
            node,
            ids: !free.has(node)
              ? []
              : [...some, ...squatters.flatMap((other) => gpusOn(view, other, node))].sort((a, b) => a - b),
          }));
          ids = choose(view, job, cleared);
          if (ids === undefined) break;
          for (const other of squatters) {
            if (!(view.gpusOf(other) ?? []).some((gpu) => ids?.includes(gpu))) continue;
            out.add(other);
            decisions.push({ kind: 'preempt', job: other.id, for: job.id });
            for (const { node, takesJobs } of view.nodes) {
              if (takesJobs)
                free.set(
                  node,
                  [...(free.get(node) ?? []), ...gpusOn(view, other, node)].sort((a, b) => a - b),
                );
            }
          }
        }
        take(free, ids);
        decisions.push({ kind: 'start', job: job.id, gpuIds: ids });
      }
    }
    const others = [...view.queue].filter((job) => !isGuaranteed(job, own));
    for (const job of [...others, ...out].sort((a, b) => a.rank - b.rank)) {
      const ids = choose(
        view,
        job,
        [...free].map(([node, list]) => ({ node, ids: list })),
      );
      if (ids === undefined) continue;
      take(free, ids);
      decisions.push({ kind: 'start', job: job.id, gpuIds: ids });
    }
    return decisions;
  },
};

type NodeGpus = { readonly node: number; readonly ids: readonly number[] };

function isGuaranteed(job: JobView, own: ReadonlyMap<string, readonly number[]>): boolean {
  return job.spec.guaranteed !== false && own.has(job.tenant);
}

function freeGpusByNode(view: ClusterView): Map<number, number[]> {
  const held = new Set([...view.running].flatMap((job) => view.gpusOf(job) ?? []));
  return new Map(
    view.nodes
      .filter((node) => node.takesJobs)
      .map(({ node, gpuIds }) => [node, gpuIds.filter((gpu) => !held.has(gpu))] as const),
  );
}

/** GPUs for the job on the given nodes, best fit: on one node if any has room, else within the job's scope. */
function choose(view: ClusterView, job: JobView, nodes: readonly NodeGpus[]): number[] | undefined {
  const byRoom = [...nodes].sort((a, b) => a.ids.length - b.ids.length || a.node - b.node);
  const whole = byRoom.find(({ ids }) => ids.length >= job.gpus);
  if (whole !== undefined) return whole.ids.slice(0, job.gpus);
  const { within = 'any', spill = false } = job.spec;
  const scopes: PlacementScope[] = spill ? [within, 'any'] : [within];
  for (const scope of scopes) {
    for (const group of grouped(view, byRoom.toReversed(), scope)) {
      const all = group.flatMap(({ ids }) => ids);
      if (all.length >= job.gpus) return all.slice(0, job.gpus);
    }
  }
  return undefined;
}

/** The nodes by leaf, by pod, each alone, or all together. */
function grouped(view: ClusterView, nodes: readonly NodeGpus[], scope: PlacementScope): NodeGpus[][] {
  const groups = new Map<number, NodeGpus[]>();
  for (const entry of nodes) {
    const place = view.nodes[entry.node];
    const key =
      (scope === 'any' ? 0 : scope === 'node' ? entry.node : scope === 'leaf' ? place?.leaf : place?.pod) ?? 0;
    groups.set(key, [...(groups.get(key) ?? []), entry]);
  }
  return [...groups.entries()].sort(([a], [b]) => a - b).map(([, group]) => group);
}

function take(free: Map<number, number[]>, ids: readonly number[]): void {
  const taken = new Set(ids);
  for (const [node, list] of free)
    free.set(
      node,
      list.filter((gpu) => !taken.has(gpu)),
    );
}

function gpusOn(view: ClusterView, job: JobView, node: number): number[] {
  const onNode = new Set(view.nodes[node]?.gpuIds);
  return (view.gpusOf(job) ?? []).filter((gpu) => onNode.has(gpu));
}

function sitsOn(view: ClusterView, job: JobView, nodes: readonly number[]): boolean {
  return nodes.some((node) => gpusOn(view, job, node).length > 0);
}

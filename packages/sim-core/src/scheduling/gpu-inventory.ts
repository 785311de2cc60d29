import type { ClusterShape } from './cluster-shape.js';
import type { FreeGpus, NodeShare } from './placement-policy.js';

/**
 * Which GPUs are held, and which nodes take jobs. It books literally what it is told, also an allocation that is not possible
 * (a GPU held twice, a node that is down): showing that is the invariants' work. Free counts are of nodes that take jobs.
 */
export class GpuInventory implements FreeGpus {
  readonly cluster: ClusterShape;
  readonly largestNode: number;
  readonly leaves: readonly (readonly number[])[];
  readonly pods: readonly (readonly number[])[];
  freeGpus = 0;
  /** GPUs of nodes that take jobs. */
  capacityGpus = 0;
  /** Free GPUs on nodes that take jobs and have nothing on them: what is not fragmented. */
  wholeFreeGpus = 0;
  /** Nodes that take no jobs. */
  closedNodes = 0;
  readonly #firstGpu: readonly number[];
  readonly #holders: Uint16Array;
  readonly #free: Int32Array;
  readonly #takesJobs: Uint8Array;
  readonly #leafFree: Int32Array;
  readonly #podFree: Int32Array;
  /** For each number of free GPUs, a bit for each node that has it. */
  readonly #levels: readonly Uint32Array[];

  constructor(cluster: ClusterShape, from?: GpuInventory) {
    this.cluster = cluster;
    if (from !== undefined) {
      this.largestNode = from.largestNode;
      this.leaves = from.leaves;
      this.pods = from.pods;
      this.#firstGpu = from.#firstGpu;
      this.#holders = from.#holders.slice();
      this.#free = from.#free.slice();
      this.#takesJobs = from.#takesJobs.slice();
      this.#leafFree = from.#leafFree.slice();
      this.#podFree = from.#podFree.slice();
      this.#levels = from.#levels.map((level) => level.slice());
      this.freeGpus = from.freeGpus;
      this.capacityGpus = from.capacityGpus;
      this.wholeFreeGpus = from.wholeFreeGpus;
      this.closedNodes = from.closedNodes;
      return;
    }
    const nodes = cluster.nodeGpus.length;
    this.largestNode = Math.max(...new Set(cluster.nodeGpus));
    this.leaves = grouped(cluster.leafOf);
    this.pods = grouped(cluster.podOf);
    let total = 0;
    this.#firstGpu = cluster.nodeGpus.map((gpus) => {
      total += gpus;
      return total - gpus;
    });
    this.#holders = new Uint16Array(cluster.model === 'pool' ? 0 : total);
    this.#free = Int32Array.from(cluster.nodeGpus);
    this.#takesJobs = new Uint8Array(nodes);
    this.#leafFree = new Int32Array(this.leaves.length);
    this.#podFree = new Int32Array(this.pods.length);
    const words = (nodes + 31) >> 5;
    this.#levels =
      cluster.model === 'pool' ? [] : Array.from({ length: this.largestNode + 1 }, () => new Uint32Array(words));
    this.closedNodes = nodes;
    for (let node = 0; node < nodes - cluster.spares; node++) this.open(node);
  }

  /** GPUs of all nodes, whatever their state. */
  get totalGpus(): number {
    return this.cluster.nodeGpus.reduce((sum, gpus) => sum + gpus, 0);
  }

  /** Whether nobody holds the GPU and its node takes jobs. */
  isFree(gpu: number): boolean {
    return this.#holders[gpu] === 0 && this.takesJobs(this.nodeOfGpu(gpu));
  }

  clone(): GpuInventory {
    return new GpuInventory(this.cluster, this);
  }

  freeOn(node: number): number {
    return this.#takesJobs[node] ? (this.#free[node] ?? 0) : 0;
  }

  takesJobs(node: number): boolean {
    return this.#takesJobs[node] === 1;
  }

  freeOnLeaf(leaf: number): number {
    return this.#leafFree[leaf] ?? 0;
  }

  freeOnPod(pod: number): number {
    return this.#podFree[pod] ?? 0;
  }

  freeLocals(node: number): readonly number[] {
    const first = this.#firstGpu[node] ?? 0;
    const locals: number[] = [];
    for (let local = 0; local < (this.cluster.nodeGpus[node] ?? 0); local++) {
      if (this.#holders[first + local] === 0) locals.push(local);
    }
    return locals;
  }

  /** GPU indices of a node. */
  gpusOfNode(node: number): number[] {
    const first = this.#firstGpu[node] ?? 0;
    return Array.from({ length: this.cluster.nodeGpus[node] ?? 0 }, (_, local) => first + local);
  }

  nodeWithFree(gpus: number, from = 0): number {
    const level = this.#levels[gpus];
    if (level === undefined) return -1;
    for (let word = from >> 5; word < level.length; word++) {
      let bits = level[word] as number;
      if (word === from >> 5) bits &= -1 << (from & 31);
      if (bits !== 0) return (word << 5) + 31 - Math.clz32(bits & -bits);
    }
    return -1;
  }

  nodeOfGpu(gpu: number): number {
    let low = 0;
    let high = this.#firstGpu.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#firstGpu[middle] as number) <= gpu) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** GPU indices of a placement: the local indices that it names, or the lowest free ones of each node. */
  gpusOf(shares: readonly NodeShare[]): number[] {
    const ids: number[] = [];
    for (const share of shares) {
      const first = this.#firstGpu[share.node] ?? 0;
      const locals = share.locals ?? this.freeLocals(share.node).slice(0, share.gpus);
      for (const local of locals) ids.push(first + local);
    }
    return ids.sort((a, b) => a - b);
  }

  /** Books one more holder on each GPU (+1) or one less (-1); in the pool model on a count. */
  book(gpuIds: readonly number[] | undefined, gpus: number, by: 1 | -1): void {
    if (gpuIds === undefined) {
      this.#change(0, by === 1 ? -gpus : gpus);
      return;
    }
    let run = 0;
    let runNode = -1;
    for (const gpu of gpuIds) {
      const holders = (this.#holders[gpu] as number) + by;
      this.#holders[gpu] = holders;
      const flipped = by === 1 ? holders === 1 : holders === 0;
      if (!flipped) continue;
      const node = this.#nodeOfGpuNear(gpu, runNode);
      if (node !== runNode) {
        if (run > 0) this.#change(runNode, -by * run);
        run = 0;
        runNode = node;
      }
      run++;
    }
    if (run > 0) this.#change(runNode, -by * run);
  }

  #nodeOfGpuNear(gpu: number, node: number): number {
    const first = this.#firstGpu[node];
    if (first !== undefined && gpu >= first && gpu < first + (this.cluster.nodeGpus[node] as number)) return node;
    return this.nodeOfGpu(gpu);
  }

  /** The node takes jobs from now on. */
  open(node: number): void {
    if (this.#takesJobs[node] === 1) return;
    this.#takesJobs[node] = 1;
    this.closedNodes--;
    this.capacityGpus += this.cluster.nodeGpus[node] ?? 0;
    this.#count(node, 1);
  }

  /** The node takes no job from now on. */
  close(node: number): void {
    if (this.#takesJobs[node] !== 1) return;
    this.#count(node, -1);
    this.#takesJobs[node] = 0;
    this.closedNodes++;
    this.capacityGpus -= this.cluster.nodeGpus[node] ?? 0;
  }

  #change(node: number, by: number): void {
    const open = this.#takesJobs[node] === 1;
    if (open) this.#count(node, -1);
    this.#free[node] = (this.#free[node] as number) + by;
    if (open) this.#count(node, 1);
  }

  /** Adds what is free on the node to (1), or takes it from (-1), all sums and levels. */
  #count(node: number, sign: 1 | -1): void {
    const free = this.#free[node] as number;
    this.freeGpus += sign * free;
    if (free === this.cluster.nodeGpus[node]) this.wholeFreeGpus += sign * free;
    const leaf = this.cluster.leafOf[node] as number;
    const pod = this.cluster.podOf[node] as number;
    this.#leafFree[leaf] = (this.#leafFree[leaf] as number) + sign * free;
    this.#podFree[pod] = (this.#podFree[pod] as number) + sign * free;
    const level = this.#levels[free];
    if (level === undefined) return;
    const word = node >> 5;
    const bit = 1 << (node & 31);
    level[word] = sign === 1 ? (level[word] as number) | bit : (level[word] as number) & ~bit;
  }
}

function grouped(groupOf: readonly number[]): number[][] {
  const groups: number[][] = [];
  groupOf.forEach((group, node) => {
    const members = groups[group] ?? [];
    members.push(node);
    groups[group] = members;
  });
  return Array.from(groups, (members) => members ?? []);
}

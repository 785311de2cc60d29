/** Residual graph for Dinic's maximum flow (Dinic 1970) with real capacities. Edge e's reverse is e xor 1. */
export class FlowNetwork {
  readonly #to: number[] = [];
  readonly #residual: number[] = [];
  readonly #out: number[][] = [];

  constructor(vertices: number) {
    for (let v = 0; v < vertices; v++) this.#out.push([]);
  }

  /** Adds a directed edge with a capacity in bytes/s. */
  edge(from: number, to: number, capacity: number): void {
    this.#out[from]?.push(this.#to.length);
    this.#out[to]?.push(this.#to.length + 1);
    this.#to.push(to, from);
    this.#residual.push(capacity, 0);
  }

  /** Maximum flow from source to sink, bytes/s. Uses the network up: call once. */
  maximum(source: number, sink: number): number {
    let total = 0;
    for (;;) {
      const level = this.#levels(source);
      if ((level[sink] ?? -1) < 0) return total;
      const next = new Array<number>(this.#out.length).fill(0);
      for (;;) {
        const pushed = this.#augment(source, sink, level, next);
        if (pushed === 0) break;
        total += pushed;
      }
    }
  }

  #levels(source: number): number[] {
    const level = new Array<number>(this.#out.length).fill(-1);
    level[source] = 0;
    const queue = [source];
    for (let head = 0; head < queue.length; head++) {
      const vertex = queue[head] ?? 0;
      for (const edge of this.#out[vertex] ?? []) {
        const to = this.#to[edge] ?? 0;
        if ((this.#residual[edge] ?? 0) > 0 && level[to] === -1) {
          level[to] = (level[vertex] ?? 0) + 1;
          queue.push(to);
        }
      }
    }
    return level;
  }

  /** Pushes along one shortest way with room left, walking back from dead ends; 0 when there is none. */
  #augment(source: number, sink: number, level: readonly number[], next: number[]): number {
    const path: number[] = [];
    let vertex = source;
    while (vertex !== sink) {
      const out = this.#out[vertex] ?? [];
      const edge = out[next[vertex] ?? 0];
      if (edge === undefined) {
        const back = path.pop();
        if (back === undefined) return 0;
        vertex = this.#to[back ^ 1] ?? 0;
        next[vertex] = (next[vertex] ?? 0) + 1;
        continue;
      }
      const to = this.#to[edge] ?? 0;
      if ((this.#residual[edge] ?? 0) > 0 && level[to] === (level[vertex] ?? 0) + 1) {
        path.push(edge);
        vertex = to;
      } else {
        next[vertex] = (next[vertex] ?? 0) + 1;
      }
    }
    const room = Math.min(...path.map((edge) => this.#residual[edge] ?? 0));
    for (const edge of path) {
      this.#residual[edge] = (this.#residual[edge] ?? 0) - room;
      this.#residual[edge ^ 1] = (this.#residual[edge ^ 1] ?? 0) + room;
    }
    return room;
  }
}

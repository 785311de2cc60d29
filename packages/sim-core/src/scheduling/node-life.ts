import type { ClusterState } from './cluster-state.js';
import type { NodeEvent } from './node-event.js';

type NodeStatus = 'up' | 'draining' | 'down' | 'standby';

/** Fails, repairs and drains nodes; a spare takes over from a failed node, and the repaired one then stands by. */
export class NodeLife {
  standbyGpus = 0;
  drainingGpus = 0;
  readonly #state: ClusterState;
  readonly #events: readonly NodeEvent[];
  readonly #status: NodeStatus[];
  readonly #wanted: number;
  #inService: number;
  #next = 0;

  /** @throws RangeError when an event names a node that does not exist or has no time. */
  constructor(state: ClusterState, events: readonly NodeEvent[]) {
    this.#state = state;
    const { nodeGpus, spares } = state.input.cluster;
    for (const event of events) {
      if (nodeGpus[event.node] === undefined) throw new RangeError(`nodeEvents: there is no node ${event.node}`);
      if (!Number.isFinite(event.timeSeconds)) throw new RangeError(`nodeEvents: time is ${event.timeSeconds}`);
    }
    this.#events = events
      .map((event, position) => ({ event, position }))
      .sort((a, b) => a.event.timeSeconds - b.event.timeSeconds || a.position - b.position)
      .map(({ event }) => event);
    this.#wanted = nodeGpus.length - spares;
    this.#inService = this.#wanted;
    this.#status = nodeGpus.map((_, node) => (node < this.#wanted ? 'up' : 'standby'));
    for (let node = this.#wanted; node < nodeGpus.length; node++) this.standbyGpus += this.#size(node);
  }

  get nextSeconds(): number {
    return this.#events[this.#next]?.timeSeconds ?? Number.POSITIVE_INFINITY;
  }

  /** Lets all events up to `end` happen; true when there was one. */
  happen(end: number): boolean {
    const before = this.#next;
    for (;;) {
      const event = this.#events[this.#next];
      if (event === undefined || event.timeSeconds > end) break;
      this.#next++;
      this.#apply(event);
    }
    return this.#next > before;
  }

  #apply({ kind, node }: NodeEvent): void {
    const status = this.#status[node];
    if (kind === 'fail' && status !== 'down') this.#fail(node, status);
    else if (kind === 'repair' && status === 'down') this.#repair(node);
    else if (kind === 'drain' && status === 'up') {
      this.#record('drain', node);
      this.#status[node] = 'draining';
      this.drainingGpus += this.#size(node);
      this.#state.inventory.close(node);
    } else if (kind === 'undrain' && status === 'draining') {
      this.#record('undrain', node);
      this.#status[node] = 'up';
      this.drainingGpus -= this.#size(node);
      this.#state.inventory.open(node);
    }
  }

  #fail(node: number, before: NodeStatus | undefined): void {
    this.#record('fail', node);
    this.#status[node] = 'down';
    if (before === 'standby') {
      this.standbyGpus -= this.#size(node);
      return;
    }
    if (before === 'draining') this.drainingGpus -= this.#size(node);
    this.#state.inventory.close(node);
    const hit = [...this.#state.running].filter((job) => job.nodeList === undefined || job.nodeList.includes(node));
    hit.sort((a, b) => a.rank - b.rank);
    for (const job of hit) this.#state.stop(job, 'nodeFailure', { node });
    this.#inService--;
    const spare = this.#status.indexOf('standby');
    if (spare < 0) return;
    this.#record('activateSpare', spare);
    this.standbyGpus -= this.#size(spare);
    this.#serve(spare);
  }

  #repair(node: number): void {
    this.#record('repair', node);
    if (this.#inService < this.#wanted) this.#serve(node);
    else {
      this.#status[node] = 'standby';
      this.standbyGpus += this.#size(node);
    }
  }

  #serve(node: number): void {
    this.#status[node] = 'up';
    this.#inService++;
    this.#state.inventory.open(node);
  }

  #size(node: number): number {
    return this.#state.input.cluster.nodeGpus[node] ?? 0;
  }

  #record(kind: NodeEvent['kind'] | 'activateSpare', node: number): void {
    this.#state.record({ kind, timeSeconds: this.#state.now, node });
  }
}

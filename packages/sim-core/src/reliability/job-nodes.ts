import { type Ailment, noAilments } from './ailment.js';
import type { RecoveryPolicy } from './recovery-policy.js';
import { type RunEvent, type RunNodes, takesNodesAway } from './run-plan.js';

/** An event whose nodes still run, until it is found, passes or is mended. */
interface Ailing {
  readonly event: RunEvent;
  readonly until: number;
}

/**
 * The nodes of a job in one trial: which are away and until when, which are stood in for by spares, which ail. A spare
 * takes the place, and so the number, of the node for which it stands in.
 */
export class JobNodes implements RunNodes {
  readonly #policy: RecoveryPolicy;
  readonly #spares: number;
  readonly #nodes: number;
  /** Nodes in repair in the order of their leaving, and when each is back. */
  #away: { readonly node: number; readonly back: number }[] = [];
  #ailing: Ailing[] = [];
  #configuration = 0;
  #speed = 1;
  #nodesInUse: number;

  constructor(policy: RecoveryPolicy, spares: number) {
    this.#policy = policy;
    this.#spares = spares;
    this.#nodes = policy.nodesInUse(0);
    this.#nodesInUse = this.#nodes;
  }

  get speed(): number {
    return this.#speed;
  }

  get nextAilmentEnd(): number {
    if (this.#ailing.length === 0) return Number.POSITIVE_INFINITY;
    return this.#ailing.reduce((first, { until }) => Math.min(first, until), Number.POSITIVE_INFINITY);
  }

  get failoverSeconds(): number | undefined {
    return this.#policy.failoverSeconds;
  }

  hits(event: RunEvent): boolean {
    if (event.nodeCount === 0) return true;
    const missing = this.#missing();
    for (let node = event.firstNode; node < event.firstNode + event.nodeCount; node++) {
      if (missing.includes(node) || (event.ownNodeOnly && this.#away.some((one) => one.node === node))) continue;
      if (placeOf(node, missing) < this.#nodesInUse) return true;
    }
    return false;
  }

  takeAway(event: RunEvent, found: number): void {
    if (!takesNodesAway(event)) {
      // A straggler that was found and needs no repair is mended by the restart.
      if (event.mode === 'stop' && event.capacityFactor < 1)
        this.#ailing.push({ event, until: found + event.repairSeconds });
      return;
    }
    const missing = this.#missing();
    const back = found + event.repairSeconds;
    for (let node = event.firstNode; node < event.firstNode + event.nodeCount; node++) {
      if (missing.includes(node)) continue;
      this.#away.push({ node, back });
      this.#ailing = this.#ailing.filter((one) => one.event.firstNode !== node || one.event.nodeCount > 1);
    }
  }

  slowDown(event: RunEvent, time: number): void {
    if (!this.hits(event)) return;
    this.#ailing.push({ event, until: time + event.detectSeconds });
    this.#updateSpeed();
  }

  endAilment(): readonly RunEvent[] {
    const end = this.nextAilmentEnd;
    const ended = this.#ailing.filter(({ until }) => until === end);
    this.#ailing = this.#ailing.filter(({ until }) => until !== end);
    this.#updateSpeed();
    return ended.map(({ event }) => event).filter(({ mode, transient }) => mode === 'slow' && !transient);
  }

  readyAt(found: number): number {
    for (let time = found; ; ) {
      this.#return(time);
      const configuration = this.#policy.configuration(this.#missing());
      if (configuration >= 0) {
        this.#configuration = configuration;
        this.#nodesInUse = this.#policy.nodesInUse(configuration);
        this.#updateSpeed();
        return time;
      }
      time = this.#away.reduce((first, { back }) => Math.min(first, back), Number.POSITIVE_INFINITY);
      if (time === Number.POSITIVE_INFINITY) return time;
    }
  }

  speedAfterReturns(time: number): number {
    // In the healthy configuration nothing is left to grow back to.
    if (this.#configuration === 0) return this.#speed;
    this.#return(time);
    const missing = this.#missing();
    const configuration = this.#policy.configuration(missing);
    return configuration < 0 ? this.#speed : this.#speedOf(configuration, missing);
  }

  #updateSpeed(): void {
    this.#speed = this.#speedOf(this.#configuration, this.#ailing.length === 0 ? [] : this.#missing());
  }

  #speedOf(configuration: number, missing: readonly number[]): number {
    if (this.#ailing.length === 0) return this.#policy.speed(configuration, noAilments);
    const inUse = this.#policy.nodesInUse(configuration);
    // A configuration that counts on all nodes closes no ranks: what is missing leaves a gap.
    const gaps = inUse === this.#nodes;
    const ailments = this.#ailing.flatMap(({ event }): Ailment[] => {
      const { firstNode, nodeCount, slowFactor, nics, capacityFactor } = event;
      if (missing.includes(firstNode)) return [];
      const place = gaps ? firstNode : placeOf(firstNode, missing);
      if (place >= inUse) return [];
      const count = Math.min(Math.max(1, nodeCount), inUse - place);
      return [{ firstNode: place, nodeCount: count, slowFactor, nics, capacityFactor }];
    });
    return this.#policy.speed(configuration, ailments);
  }

  #return(time: number): void {
    if (this.#away.some(({ back }) => back <= time)) this.#away = this.#away.filter(({ back }) => back > time);
  }

  /** Nodes that are away and that no spare stands in for. */
  #missing(): number[] {
    return this.#away.length <= this.#spares ? [] : this.#away.slice(this.#spares).map(({ node }) => node);
  }
}

/** Place of a node among those that are there. */
function placeOf(node: number, missing: readonly number[]): number {
  return missing.reduce((place, other) => (other < node ? place - 1 : place), node);
}

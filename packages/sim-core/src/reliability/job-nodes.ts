import type { RecoveryPolicy } from './recovery-policy.js';
import type { RunEvent, RunNodes } from './run-plan.js';

interface Straggler {
  readonly node: number;
  readonly factor: number;
  readonly until: number;
  readonly event: RunEvent;
}

/**
 * The nodes of a job in one trial: which are away and until when, which are stood in for by spares, which are slow. A spare
 * takes the place, and so the number, of the node for which it stands in.
 */
export class JobNodes implements RunNodes {
  readonly #policy: RecoveryPolicy;
  readonly #spares: number;
  /** Nodes in repair in the order of their leaving, and when each is back. */
  #away: { readonly node: number; readonly back: number }[] = [];
  #stragglers: Straggler[] = [];
  #configuration = 0;
  #slowest = 1;
  #speed = 1;
  #nodesInUse: number;

  constructor(policy: RecoveryPolicy, spares: number) {
    this.#policy = policy;
    this.#spares = spares;
    this.#nodesInUse = policy.nodesInUse(0);
  }

  get speed(): number {
    return this.#speed;
  }

  get nextStragglerEnd(): number {
    if (this.#stragglers.length === 0) return Number.POSITIVE_INFINITY;
    return this.#stragglers.reduce((first, { until }) => Math.min(first, until), Number.POSITIVE_INFINITY);
  }

  get failoverSeconds(): number | undefined {
    return this.#policy.failoverSeconds;
  }

  hits(event: RunEvent): boolean {
    if (event.nodeCount === 0) return true;
    const missing = this.#missing();
    for (let node = event.firstNode; node < event.firstNode + event.nodeCount; node++) {
      if (missing.includes(node) || (event.ownNodeOnly && this.#away.some((one) => one.node === node))) continue;
      const before = missing.reduce((count, other) => (other < node ? count + 1 : count), 0);
      if (node - before < this.#nodesInUse) return true;
    }
    return false;
  }

  takeAway(event: RunEvent, found: number): void {
    if (event.repairSeconds === 0) return;
    const missing = this.#missing();
    const back = found + event.repairSeconds;
    for (let node = event.firstNode; node < event.firstNode + event.nodeCount; node++) {
      if (missing.includes(node)) continue;
      this.#away.push({ node, back });
      this.#stragglers = this.#stragglers.filter((straggler) => straggler.node !== node);
    }
  }

  slowDown(event: RunEvent, time: number): void {
    if (!this.hits(event)) return;
    for (let node = event.firstNode; node < event.firstNode + Math.max(1, event.nodeCount); node++) {
      this.#stragglers.push({ node, factor: event.slowFactor, until: time + event.detectSeconds, event });
    }
    this.#updateSpeed();
  }

  endStraggler(): RunEvent | undefined {
    const end = this.nextStragglerEnd;
    const ended = this.#stragglers.filter(({ until }) => until === end);
    this.#stragglers = this.#stragglers.filter(({ until }) => until !== end);
    this.#updateSpeed();
    return ended.find(({ event }) => !event.transient)?.event;
  }

  readyAt(found: number): number {
    for (let time = found; ; ) {
      this.#return(time);
      const configuration = this.#policy.configuration(this.#missing());
      if (configuration >= 0) {
        this.#run(configuration);
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
    const configuration = this.#policy.configuration(this.#missing());
    return configuration < 0 ? this.#speed : this.#policy.speed(configuration, this.#slowest);
  }

  #run(configuration: number): void {
    this.#configuration = configuration;
    this.#nodesInUse = this.#policy.nodesInUse(configuration);
    this.#updateSpeed();
  }

  #updateSpeed(): void {
    this.#slowest = this.#stragglers.reduce((most, { factor }) => Math.max(most, factor), 1);
    this.#speed = this.#policy.speed(this.#configuration, this.#slowest);
  }

  #return(time: number): void {
    if (this.#away.some(({ back }) => back <= time)) this.#away = this.#away.filter(({ back }) => back > time);
  }

  /** Nodes that are away and that no spare stands in for. */
  #missing(): number[] {
    return this.#away.length <= this.#spares ? [] : this.#away.slice(this.#spares).map(({ node }) => node);
  }
}

import { type Ailment, noAilments } from './ailment.js';
import { AwayNodes } from './away-nodes.js';
import { type Ailing, type CutOffNode, JobAilments, passes } from './job-ailments.js';
import type { RecoveryPolicy } from './recovery-policy.js';
import { type RunEvent, type RunNodes, type Standstill, takesNodesAway } from './run-plan.js';

/**
 * The nodes of a job in one trial: which are away and until when, which are stood in for by spares, which ail. A spare
 * takes the place, and so the number, of the node for which it stands in. Speeds are asked of the policy only where they matter: what
 * comes and goes within one instant is no state that the job was in.
 */
export class JobNodes implements RunNodes {
  readonly #policy: RecoveryPolicy;
  readonly #nodes: number;
  readonly #away: AwayNodes;
  readonly #ailments: JobAilments;
  #configuration = 0;
  #nodesInUse: number;
  /** Speed of the present state; undefined: to be asked. */
  #present: number | undefined = 1;
  /** Speed of the configuration that `speedAfterReturns` found; undefined: to be asked. */
  #afterReturns: number | undefined;

  /** @param nicsPerNode With so many of its NICs down a node is cut off; default: no node ever is. */
  constructor(policy: RecoveryPolicy, spares: number, nicsPerNode = Number.POSITIVE_INFINITY) {
    this.#policy = policy;
    this.#nodes = policy.nodesInUse(0);
    this.#nodesInUse = this.#nodes;
    this.#away = new AwayNodes(spares);
    this.#ailments = new JobAilments(nicsPerNode);
  }

  get speed(): number {
    this.#present ??= this.#speedOf(this.#configuration);
    return this.#present;
  }

  get standstill(): Standstill | undefined {
    const cutOff = this.#cutOff();
    let until = Number.POSITIVE_INFINITY;
    let failure: RunEvent | undefined;
    for (const node of cutOff) {
      const cause = causeOf(node);
      if (cause && foundAt(node, cause) < until) {
        until = foundAt(node, cause);
        failure = failureOf(node.node, cause.event);
      }
    }
    for (const { causes } of cutOff) {
      for (const cause of causes) {
        if (!passes(cause.event) || cause.until > until) continue;
        until = cause.until;
        failure = undefined;
      }
    }
    return cutOff.length === 0 ? undefined : { until, failure };
  }

  get nextAilmentEnd(): number {
    return this.#ailments.nextEnd;
  }

  get failoverSeconds(): number | undefined {
    return this.#policy.failoverSeconds;
  }

  hits(event: RunEvent): boolean {
    if (event.nodeCount === 0) return true;
    for (let node = event.firstNode; node < event.firstNode + event.nodeCount; node++) {
      if (!this.#isSpared(node, event) && this.#away.placeOf(node) < this.#nodesInUse) return true;
    }
    return false;
  }

  takeAway(event: RunEvent, found: number): void {
    const back = found + event.repairSeconds;
    const nodes = Array.from({ length: event.nodeCount }, (_, i) => event.firstNode + i);
    const there = nodes.filter((node) => !this.#isSpared(node, event));
    if (takesNodesAway(event)) {
      for (const node of there) this.#takeOut(node, back);
    } else if (event.mode === 'stop' && event.capacityFactor < 1 && there.length > 0) {
      // A straggler that was found and needs no repair is mended by the restart.
      this.#ailments.add(event, event.time, back);
      this.#changed();
    }
  }

  slowDown(event: RunEvent, time: number): void {
    if (!this.hits(event)) return;
    this.#ailments.add(event, time, time + event.detectSeconds);
    this.#changed();
  }

  endAilment(): readonly RunEvent[] {
    const ended = this.#ailments.endNext();
    this.#changed();
    return ended.filter(({ event }) => !passes(event)).map(({ event }) => event);
  }

  reconnect(time: number): void {
    this.#ailments.endPassed(this.#cutOff(), time);
    this.#changed();
  }

  readyAt(found: number, alsoGone?: (node: number) => void): number {
    for (let time = found; ; ) {
      this.#return(time);
      const configuration = this.#policy.configuration(this.#away.missing);
      if (configuration >= 0) {
        this.#configuration = configuration;
        this.#nodesInUse = this.#policy.nodesInUse(configuration);
        this.#changed();
        if (!this.#takeOutCutOff(time, alsoGone)) return time;
        continue;
      }
      time = this.#away.nextBack;
      if (time === Number.POSITIVE_INFINITY) return time;
    }
  }

  speedAfterReturns(time: number): number {
    // In the healthy configuration nothing is left to grow back to.
    if (this.#configuration === 0) return this.speed;
    this.#return(time);
    if (this.#afterReturns === undefined) {
      const configuration = this.#policy.configuration(this.#away.missing);
      this.#afterReturns = configuration < 0 ? this.speed : this.#speedOf(configuration);
    }
    return this.#afterReturns;
  }

  #return(time: number): void {
    if (this.#away.return(time)) this.#afterReturns = undefined;
  }

  #changed(): void {
    this.#present = undefined;
    this.#afterReturns = undefined;
  }

  /** Whether what strikes a node in its place strikes nobody: it is in repair, and a spare, if there is one, does not suffer it. */
  #isSpared(node: number, { ownNodeOnly }: RunEvent): boolean {
    return this.#away.isMissing(node) || (ownNodeOnly && this.#away.isAway(node));
  }

  #isInUse(node: number): boolean {
    return !this.#away.isMissing(node) && this.#away.placeOf(node) < this.#nodesInUse;
  }

  /** Nodes in use without a network, where the job waits for them. */
  #cutOff(): CutOffNode[] {
    if (!this.#ailments.anyCutOff) return [];
    const nodes = this.#ailments.cutOff().filter(({ node }) => this.#isInUse(node));
    return nodes.length > 0 && this.speed === 0 ? nodes : [];
  }

  #takeOut(node: number, back: number): void {
    this.#away.add(node, back);
    this.#ailments.replace(node);
    this.#afterReturns = undefined;
  }

  /** Takes out the nodes that the job would wait for, as failed ones, or mends them where that takes no time. Returns whether any. */
  #takeOutCutOff(time: number, alsoGone?: (node: number) => void): boolean {
    let any = false;
    for (const cutOff of this.#cutOff()) {
      const cause = causeOf(cutOff);
      if (!cause) continue;
      any = true;
      const { repairSeconds } = cause.event;
      if (repairSeconds > 0) {
        this.#takeOut(cutOff.node, time + repairSeconds);
        alsoGone?.(cutOff.node);
      } else this.#ailments.end(cutOff.node, cause);
    }
    if (any) this.#changed();
    return any;
  }

  #speedOf(configuration: number): number {
    if (this.#ailments.size === 0) return this.#policy.speed(configuration, noAilments);
    const inUse = this.#policy.nodesInUse(configuration);
    const ailments: Ailment[] = [];
    for (const ailing of this.#ailments) this.#list(ailing, inUse, ailments);
    return this.#policy.speed(configuration, ailments);
  }

  /** Adds an ailment at the places at which its nodes are, consecutive ones at once. */
  #list({ event, replaced }: Ailing, inUse: number, list: Ailment[]): void {
    const { firstNode, nodeCount, slowFactor, nics, capacityFactor } = event;
    // A configuration that counts on all nodes closes no ranks: what is missing leaves a gap.
    const gaps = inUse === this.#nodes;
    let first = 0;
    let count = 0;
    const add = (): void => {
      if (count > 0) list.push({ firstNode: first, nodeCount: count, slowFactor, nics, capacityFactor });
      count = 0;
    };
    for (let node = firstNode; node < firstNode + Math.max(1, nodeCount); node++) {
      if (replaced.has(node) || this.#away.isMissing(node)) continue;
      const place = gaps ? node : this.#away.placeOf(node);
      if (place >= inUse) break;
      if (place !== first + count) add();
      if (count === 0) first = place;
      count++;
    }
    add();
  }
}

/** Of what has cut a node off that by which it is found first; undefined: all of it passes by itself. */
function causeOf(node: CutOffNode): Ailing | undefined {
  let first: Ailing | undefined;
  for (const cause of node.causes) {
    if (cause.event.mode === 'slow' && cause.event.transient) continue;
    if (!first || foundAt(node, cause) <= foundAt(node, first)) first = cause;
  }
  return first;
}

/** When the job that waits for a node is found to stand still: as long after it began as a failure of this kind takes to be found. */
const foundAt = ({ since }: CutOffNode, { event, since: begun, until }: Ailing): number =>
  event.mode === 'slow' ? until : Math.max(since, begun) + event.detectSeconds;

/** A failure of the very node. */
const failureOf = (node: number, event: RunEvent): RunEvent => ({
  ...event,
  mode: 'stop',
  firstNode: node,
  nodeCount: 1,
  detectSeconds: 0,
  slowFactor: 1,
  nics: [],
  capacityFactor: 1,
  transient: false,
});

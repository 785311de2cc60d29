import {
  type Ailment,
  type RecoveryPolicy,
  type RunEvent,
  type RunNodes,
  type Standstill,
  takesNodesAway,
} from '@regatta/sim-core';

interface Ailing {
  readonly event: RunEvent;
  readonly since: number;
  readonly until: number;
  /** Nodes that it ails. */
  nodes: number[];
}

const passes = ({ event }: Ailing): boolean => event.mode === 'stop' || event.transient;

/** What `JobNodes` does, the slow and obvious way: two lists, looked through for each question, and each state's speed asked at once. */
export class PlainJobNodes implements RunNodes {
  speed = 1;
  #away: { readonly node: number; readonly back: number }[] = [];
  #ailing: Ailing[] = [];
  #configuration = 0;

  constructor(
    readonly policy: RecoveryPolicy,
    readonly spares: number,
    readonly nicsPerNode: number,
  ) {}

  get failoverSeconds(): number | undefined {
    return this.policy.failoverSeconds;
  }

  get nextAilmentEnd(): number {
    return Math.min(Number.POSITIVE_INFINITY, ...this.#ailing.map(({ until }) => until));
  }

  get standstill(): Standstill | undefined {
    const waitedFor = this.#waitedFor();
    if (waitedFor.length === 0) return undefined;
    const ends = waitedFor.flatMap(({ causes }) => causes.filter(passes).map(({ until }) => until));
    const back = Math.min(Number.POSITIVE_INFINITY, ...ends);
    const found = waitedFor
      .flatMap((one) => (one.cause ? [{ ...one.cause, node: one.node }] : []))
      .sort((a, b) => a.found - b.found)[0];
    if (!found || back <= found.found) return { until: back, failure: undefined };
    const asFailure = { mode: 'stop', detectSeconds: 0, slowFactor: 1, nics: [], capacityFactor: 1 } as const;
    const where = { firstNode: found.node, nodeCount: 1, transient: false };
    return { until: found.found, failure: { ...found.ailing.event, ...asFailure, ...where } };
  }

  hits(event: RunEvent): boolean {
    return event.nodeCount === 0 || this.#struck(event).some((node) => this.#isInUse(node));
  }

  takeAway(event: RunEvent, found: number): void {
    const back = found + event.repairSeconds;
    const struck = this.#struck(event);
    if (takesNodesAway(event)) for (const node of struck) this.#takeOut(node, back);
    else if (event.mode === 'stop' && event.capacityFactor < 1 && struck.length > 0) this.#ail(event, event.time, back);
  }

  slowDown(event: RunEvent, time: number): void {
    if (this.hits(event)) this.#ail(event, time, time + event.detectSeconds);
  }

  endAilment(): readonly RunEvent[] {
    const end = this.nextAilmentEnd;
    const ended = this.#ailing.filter(({ until }) => until === end);
    this.#ailing = this.#ailing.filter(({ until }) => until !== end);
    this.#update();
    return ended.filter((one) => !passes(one)).map(({ event }) => event);
  }

  reconnect(time: number): void {
    const over = this.#waitedFor().flatMap(({ causes }) => causes.filter((one) => passes(one) && one.until <= time));
    this.#ailing = this.#ailing.filter((one) => !over.includes(one));
    this.#update();
  }

  readyAt(found: number, alsoGone?: (node: number) => void): number {
    for (let time = found; ; ) {
      this.#away = this.#away.filter(({ back }) => back > time);
      const configuration = this.policy.configuration(this.#missing());
      if (configuration < 0) {
        time = Math.min(Number.POSITIVE_INFINITY, ...this.#away.map(({ back }) => back));
        if (time === Number.POSITIVE_INFINITY) return time;
        continue;
      }
      this.#configuration = configuration;
      this.#update();
      const failed = this.#waitedFor().filter(({ cause }) => cause);
      if (failed.length === 0) return time;
      for (const { node, cause } of failed) {
        const repair = cause?.ailing.event.repairSeconds ?? 0;
        if (repair > 0) {
          this.#takeOut(node, time + repair);
          alsoGone?.(node);
        } else if (cause) cause.ailing.nodes = cause.ailing.nodes.filter((other) => other !== node);
      }
      this.#ailing = this.#ailing.filter(({ nodes }) => nodes.length > 0);
    }
  }

  speedAfterReturns(time: number): number {
    if (this.#configuration === 0) return this.speed;
    this.#away = this.#away.filter(({ back }) => back > time);
    const configuration = this.policy.configuration(this.#missing());
    return configuration < 0 ? this.speed : this.#speedOf(configuration);
  }

  #ail(event: RunEvent, since: number, until: number): void {
    const nodes = Array.from({ length: Math.max(1, event.nodeCount) }, (_, i) => event.firstNode + i);
    this.#ailing.push({ event, since, until, nodes });
    this.#update();
  }

  #missing(): number[] {
    return this.#away.slice(this.spares).map(({ node }) => node);
  }

  #struck({ firstNode, nodeCount, ownNodeOnly }: RunEvent): number[] {
    const missing = this.#missing();
    const isAway = (node: number): boolean => this.#away.some((one) => one.node === node);
    const nodes = Array.from({ length: nodeCount }, (_, i) => firstNode + i);
    return nodes.filter((node) => !missing.includes(node) && !(ownNodeOnly && isAway(node)));
  }

  #placeOf(node: number): number {
    return node - this.#missing().filter((other) => other < node).length;
  }

  #isInUse(node: number): boolean {
    return !this.#missing().includes(node) && this.#placeOf(node) < this.policy.nodesInUse(this.#configuration);
  }

  #takeOut(node: number, back: number): void {
    const cutOff = this.#nicsDown(node).nics.size >= this.nicsPerNode;
    this.#away.push({ node, back });
    for (const ailing of this.#ailing) {
      const { nodeCount, capacityFactor, nics } = ailing.event;
      if (nodeCount <= 1 || (cutOff && capacityFactor === 0 && nics.length > 0))
        ailing.nodes = ailing.nodes.filter((other) => other !== node);
    }
    this.#ailing = this.#ailing.filter(({ nodes }) => nodes.length > 0);
  }

  /** NICs of a node that are down, and since when all those are. */
  #nicsDown(node: number) {
    const nics = new Set<number>();
    let since = Number.NEGATIVE_INFINITY;
    const causes = this.#ailing.filter(({ event, nodes }) => event.capacityFactor === 0 && nodes.includes(node));
    for (const { event, since: begun } of causes) {
      if (nics.size < this.nicsPerNode) since = begun;
      for (const nic of event.nics) nics.add(nic);
    }
    return { nics, since, causes: causes.filter(({ event }) => event.nics.length > 0) };
  }

  /** Nodes in use without a network, if the job waits for them, and by what each is found. */
  #waitedFor() {
    if (this.speed > 0) return [];
    const all = Array.from({ length: this.policy.nodesInUse(0) }, (_, node) => ({ node, ...this.#nicsDown(node) }));
    return all
      .filter(({ node, nics }) => nics.size >= this.nicsPerNode && this.#isInUse(node))
      .map(({ node, since, causes }) => {
        const found = causes
          .filter(({ event }) => !(event.mode === 'slow' && event.transient))
          .map((ailing) => {
            const { event, until, since: begun } = ailing;
            return { ailing, found: event.mode === 'slow' ? until : Math.max(since, begun) + event.detectSeconds };
          });
        const first = Math.min(...found.map((one) => one.found));
        return { node, causes, cause: found.filter((one) => one.found === first).at(-1) };
      });
  }

  #update(): void {
    this.speed = this.#speedOf(this.#configuration);
  }

  #speedOf(configuration: number): number {
    const inUse = this.policy.nodesInUse(configuration);
    const missing = this.#missing();
    const ailments = this.#ailing.flatMap(({ event, nodes }): Ailment[] => {
      const { slowFactor, nics, capacityFactor } = event;
      const there = nodes.filter((node) => !missing.includes(node));
      const places = there.map((node) => (inUse === this.policy.nodesInUse(0) ? node : this.#placeOf(node)));
      return places
        .filter((place) => place < inUse)
        .map((firstNode) => ({ firstNode, nodeCount: 1, slowFactor, nics, capacityFactor }));
    });
    return this.policy.speed(configuration, ailments);
  }
}

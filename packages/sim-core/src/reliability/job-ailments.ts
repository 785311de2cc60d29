import { EventQueue } from '../kernel/event-queue.js';
import type { RunEvent } from './run-plan.js';

/** An event whose nodes still run, until it is found, passes or is mended. */
export interface Ailing {
  readonly event: RunEvent;
  /** From when on. */
  readonly since: number;
  readonly until: number;
  /** Its nodes that were replaced by others since. */
  readonly replaced: Set<number>;
}

/** A node without a network: all its NICs are down. */
export interface CutOffNode {
  readonly node: number;
  readonly since: number;
  /** What has taken its NICs. */
  readonly causes: readonly Ailing[];
}

/** Whether an ailment is over when its time has come; otherwise it is found then. */
export const passes = ({ mode, transient }: RunEvent): boolean => mode === 'stop' || transient;

/** What ails the nodes of a job, in the order of its coming. */
export class JobAilments {
  readonly #nicsPerNode: number;
  readonly #ailing = new Map<number, Ailing & { readonly end: number }>();
  readonly #ends = new EventQueue(4);
  #added = 0;
  /** Ailments of one node only, by that node. */
  readonly #ofNode = new Map<number, Set<number>>();
  readonly #nics = new Map<number, NodeNics>();
  /** Nodes without a network, and since when. */
  readonly #cutOff = new Map<number, number>();

  /** @param nicsPerNode With as many down a node is cut off. */
  constructor(nicsPerNode: number) {
    this.#nicsPerNode = nicsPerNode;
  }

  get size(): number {
    return this.#ailing.size;
  }

  /** When the next one ends; Infinity: never. */
  get nextEnd(): number {
    return this.#ends.peekTime();
  }

  /** Whether a node has no network. */
  get anyCutOff(): boolean {
    return this.#cutOff.size > 0;
  }

  [Symbol.iterator](): Iterable<Ailing> & Iterator<Ailing> {
    return this.#ailing.values();
  }

  add(event: RunEvent, since: number, until: number): void {
    const id = this.#added++;
    this.#ailing.set(id, { event, since, until, replaced: new Set(), end: this.#ends.push(until, id) });
    if (event.nodeCount <= 1) idsOf(this.#ofNode, event.firstNode).add(id);
    if (takesNics(event)) for (const node of nodesOf(event)) this.#takeNics(node, id, event, since);
  }

  /** Ends those that are next to end, in the order of their coming. */
  endNext(): Ailing[] {
    const end = this.nextEnd;
    const ended: Ailing[] = [];
    if (end === Number.POSITIVE_INFINITY) return ended;
    while (this.#ends.peekTime() === end) {
      const id = this.#ends.pop();
      const ailing = this.#ailing.get(id);
      if (ailing === undefined) continue;
      this.#remove(id, ailing.event);
      ended.push(ailing);
    }
    return ended;
  }

  /** Another node takes a node's place: it does not have what ailed that one alone, nor what had cut it off. */
  replace(node: number): void {
    const hadCutOff = this.#cutOff.has(node) ? [...this.#nicsOf(node).down] : [];
    for (const id of [...(this.#ofNode.get(node) ?? []), ...hadCutOff]) this.#endOn(node, id);
  }

  /** Ends one of those that have cut a node off, on that node. */
  end(node: number, cause: Ailing): void {
    for (const id of [...this.#nicsOf(node).down]) if (this.#ailing.get(id) === cause) this.#endOn(node, id);
  }

  /** Ends those that have cut off one of the nodes and are over at `time`. */
  endPassed(nodes: readonly CutOffNode[], time: number): void {
    const over = new Set(nodes.flatMap(({ node }) => [...this.#nicsOf(node).down]));
    for (const id of over) {
      const ailing = this.#ailing.get(id);
      if (ailing && ailing.until <= time && passes(ailing.event)) this.#cancel(id);
    }
  }

  /** Nodes without a network, by number. */
  cutOff(): CutOffNode[] {
    const nodes = [...this.#cutOff].sort(([a], [b]) => a - b);
    return nodes.map(([node, since]) => ({
      node,
      since,
      causes: [...this.#nicsOf(node).down].flatMap((id) => this.#ailing.get(id) ?? []),
    }));
  }

  #endOn(node: number, id: number): void {
    const ailing = this.#ailing.get(id);
    if (!ailing) return;
    ailing.replaced.add(node);
    if (ailing.replaced.size >= ailing.event.nodeCount) this.#cancel(id);
    else this.#giveNics(node, id, ailing.event);
  }

  #cancel(id: number): void {
    const ailing = this.#ailing.get(id);
    if (!ailing) return;
    this.#ends.cancel(ailing.end);
    this.#remove(id, ailing.event);
  }

  #remove(id: number, event: RunEvent): void {
    this.#ailing.delete(id);
    if (event.nodeCount <= 1) {
      const ids = idsOf(this.#ofNode, event.firstNode);
      ids.delete(id);
      if (ids.size === 0) this.#ofNode.delete(event.firstNode);
    }
    if (takesNics(event)) for (const node of nodesOf(event)) this.#giveNics(node, id, event);
  }

  #takeNics(node: number, id: number, { nics }: RunEvent, since: number): void {
    const own = this.#nicsOf(node);
    own.down.add(id);
    for (const nic of nics) own.failures.set(nic, 1 + (own.failures.get(nic) ?? 0));
    if (own.failures.size >= this.#nicsPerNode && !this.#cutOff.has(node)) this.#cutOff.set(node, since);
  }

  #giveNics(node: number, id: number, { nics }: RunEvent): void {
    const own = this.#nicsOf(node);
    if (!own.down.delete(id)) return;
    for (const nic of nics) {
      const failures = own.failures.get(nic) ?? 0;
      if (failures > 1) own.failures.set(nic, failures - 1);
      else own.failures.delete(nic);
    }
    if (own.failures.size < this.#nicsPerNode) this.#cutOff.delete(node);
    if (own.down.size === 0) this.#nics.delete(node);
  }

  #nicsOf(node: number): NodeNics {
    let own = this.#nics.get(node);
    if (!own) {
      own = { down: new Set(), failures: new Map() };
      this.#nics.set(node, own);
    }
    return own;
  }
}

/** The NICs of a node that are down. */
interface NodeNics {
  /** Of which ailments. */
  readonly down: Set<number>;
  /** How many of them each NIC has. */
  readonly failures: Map<number, number>;
}

const takesNics = ({ capacityFactor, nics }: RunEvent): boolean => capacityFactor === 0 && nics.length > 0;

function* nodesOf({ firstNode, nodeCount }: RunEvent): Generator<number> {
  for (let node = firstNode; node < firstNode + Math.max(1, nodeCount); node++) yield node;
}

function idsOf(all: Map<number, Set<number>>, key: number): Set<number> {
  let ids = all.get(key);
  if (!ids) {
    ids = new Set();
    all.set(key, ids);
  }
  return ids;
}

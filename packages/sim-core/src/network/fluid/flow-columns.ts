import { grownDoubles, grownIntegers } from './columns.js';

/** One flow on links. */
export interface Flow {
  readonly startSeconds: number;
  readonly bytes: number;
  readonly links: readonly number[];
  /** Own limit in bytes per second; absent = none. */
  readonly rateCap?: number;
}

/**
 * Flows in columns, for a simulation that goes through them in the order of their starts: objects would be waited for, one by
 * one. Ids are positions.
 */
export class FlowColumns {
  length = 0;
  startSeconds = new Float64Array(64);
  bytes = new Float64Array(64);
  /** Infinity = none. */
  rateCap = new Float64Array(64);
  /** The links of a flow are links[firstLink[i] .. firstLink[i + 1]). */
  firstLink = new Int32Array(64);
  links = new Int32Array(256);

  static of(flows: Iterable<Flow>): FlowColumns {
    const columns = new FlowColumns();
    for (const flow of flows) columns.add(flow);
    return columns;
  }

  add({ startSeconds, bytes, links, rateCap }: Flow): void {
    const at = this.length++;
    if (this.length === this.firstLink.length) this.grow();
    this.startSeconds[at] = startSeconds;
    this.bytes[at] = bytes;
    this.rateCap[at] = rateCap ?? Number.POSITIVE_INFINITY;
    const first = this.firstLink[at] as number;
    const end = first + links.length;
    this.links = grownIntegers(this.links, end);
    for (let i = 0; i < links.length; i++) this.links[first + i] = links[i] ?? 0;
    this.firstLink[at + 1] = end;
  }

  /** @throws RangeError when there is no such flow. */
  get(flow: number): Flow {
    if (!(flow >= 0 && flow < this.length)) throw new RangeError(`FlowColumns.get: no flow ${flow}`);
    const rateCap = this.rateCap[flow] as number;
    return {
      startSeconds: this.startSeconds[flow] as number,
      bytes: this.bytes[flow] as number,
      links: [...this.links.subarray(this.firstLink[flow], this.firstLink[flow + 1])],
      ...(rateCap < Number.POSITIVE_INFINITY ? { rateCap } : {}),
    };
  }

  *[Symbol.iterator](): Generator<Flow> {
    for (let flow = 0; flow < this.length; flow++) yield this.get(flow);
  }

  private grow(): void {
    const length = 2 * this.length;
    this.startSeconds = grownDoubles(this.startSeconds, length);
    this.bytes = grownDoubles(this.bytes, length);
    this.rateCap = grownDoubles(this.rateCap, length);
    this.firstLink = grownIntegers(this.firstLink, length);
  }
}

import { grownDoubles, grownIntegers } from './columns.js';

const infinity = Number.POSITIVE_INFINITY;

/**
 * Activities and the links that each crosses, in columns with integer ids. An edge is one (activity, link) pair; those of an
 * activity are a run [edgeStart, edgeEnd), whether it is on its links yet or not. Ids and runs are used again.
 */
export class Routes {
  /** Highest activity id ever in use, plus one. */
  activities = 0;
  share = new Float64Array(64);
  /** Level of the activity's own cap. */
  capLevel = new Float64Array(64);
  edgeStart = new Int32Array(64);
  edgeEnd = new Int32Array(64);
  edgeActivity = new Int32Array(256);
  edgeLink = new Int32Array(256);
  /** Bytes on the link per unit of volume, times the share. */
  edgeWeight = new Float64Array(256);
  private links = 0;
  /** Edge that named the link last, to find links that are named twice. */
  private lastEdge = new Int32Array(4).fill(-1);
  /** Length of the run that was taken; some of it is idle when a link was named twice or has no weight. */
  private edgeRoom = new Int32Array(64);
  private freeActivity = -1;
  private edges = 0;
  /** First free run of each length; a free run's first edgeLink is the next one. */
  private freeRun = new Int32Array(16).fill(-1);

  /** Makes room for so many more activities, with so many edges in all. */
  reserve(activities: number, edges: number): void {
    this.growActivities(this.activities + activities);
    this.growEdges(this.edges + edges);
  }

  addLinks(count: number): void {
    this.links += count;
    this.lastEdge = grownIntegers(this.lastEdge, this.links, -1);
  }

  /**
   * Adds an activity that is on no link yet: on links[first .. end) with weights[first .. end). Weights on a link that is named twice
   * add up; weight 0 is no edge.
   * @throws RangeError on an unknown link and on a weight that is negative, infinite or not a number.
   */
  add(
    links: ArrayLike<number>,
    weights: ArrayLike<number> | undefined,
    first: number,
    end: number,
    rateCap: number,
    share: number,
  ): number {
    const room = end - first;
    const start = this.takeRun(room);
    const activity = this.takeActivity();
    this.edgeStart[activity] = start;
    this.edgeEnd[activity] = start;
    this.edgeRoom[activity] = room;
    const { edgeActivity, edgeLink, edgeWeight, lastEdge } = this;
    const known = this.links;
    let weight = 1;
    let edge = start;
    for (let i = first; i < end; i++) {
      const link = links[i] as number;
      if (!(link >= 0 && link < known)) this.refuse(activity, `no link ${link}`);
      if (weights !== undefined) {
        weight = weights[i] as number;
        if (!(weight >= 0 && weight < infinity)) this.refuse(activity, `weight ${weight} on link ${link}`);
        if (weight === 0) continue;
      }
      const at = lastEdge[link] as number;
      if (at >= start && at < edge && edgeLink[at] === link) {
        edgeWeight[at] = (edgeWeight[at] as number) + weight * share;
        continue;
      }
      lastEdge[link] = edge;
      edgeActivity[edge] = activity;
      edgeLink[edge] = link;
      edgeWeight[edge++] = weight * share;
    }
    this.edgeEnd[activity] = edge;
    this.capLevel[activity] = rateCap / share;
    this.share[activity] = share;
    return activity;
  }

  private refuse(activity: number, what: string): never {
    this.remove(activity);
    throw new RangeError(`FluidNetwork.start: ${what}`);
  }

  /** Frees an activity that is off its links. */
  remove(activity: number): void {
    const room = this.edgeRoom[activity] as number;
    const start = this.edgeStart[activity] as number;
    if (room > 0) {
      this.edgeLink[start] = this.freeRun[room] as number;
      this.freeRun[room] = start;
    }
    this.edgeStart[activity] = this.freeActivity;
    this.freeActivity = activity;
  }

  private takeActivity(): number {
    const free = this.freeActivity;
    if (free >= 0) {
      this.freeActivity = this.edgeStart[free] as number;
      return free;
    }
    const activity = this.activities++;
    if (activity >= this.share.length) this.growActivities(activity + 1);
    return activity;
  }

  private takeRun(room: number): number {
    if (room === 0) return 0;
    if (room >= this.freeRun.length) this.freeRun = grownIntegers(this.freeRun, room + 1, -1);
    const free = this.freeRun[room] as number;
    if (free >= 0) {
      this.freeRun[room] = this.edgeLink[free] as number;
      return free;
    }
    const start = this.edges;
    this.edges += room;
    if (this.edges > this.edgeLink.length) this.growEdges(this.edges);
    return start;
  }

  private growActivities(count: number): void {
    if (count <= this.share.length) return;
    this.share = grownDoubles(this.share, count);
    this.capLevel = grownDoubles(this.capLevel, count);
    this.edgeStart = grownIntegers(this.edgeStart, count);
    this.edgeEnd = grownIntegers(this.edgeEnd, count);
    this.edgeRoom = grownIntegers(this.edgeRoom, count);
  }

  private growEdges(count: number): void {
    if (count <= this.edgeLink.length) return;
    this.edgeActivity = grownIntegers(this.edgeActivity, count);
    this.edgeLink = grownIntegers(this.edgeLink, count);
    this.edgeWeight = grownDoubles(this.edgeWeight, count);
  }
}

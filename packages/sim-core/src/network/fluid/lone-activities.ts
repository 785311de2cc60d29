import { grownIntegers } from './columns.js';
import { heldAlone, type SharingSystem } from './sharing-system.js';

/**
 * Activities that nobody else meets on any link: on a fabric that is nearly idle, most. Such a one has the least of its links'
 * levels, or its cap's, and needs no lists and no solve, so it stands here until somebody comes to one of its links.
 */
export class LoneActivities {
  private readonly system: SharingSystem;
  /** Who is alone on a link; -1 = nobody is. */
  on = new Int32Array(4).fill(-1);
  count = 0;

  constructor(system: SharingSystem) {
    this.system = system;
  }

  /** Follows the system's number of links. */
  grow(): void {
    this.on = grownIntegers(this.on, this.system.capacity.length, -1);
  }

  /** Puts an activity on its links, unless it is not alone on one of them. */
  enter(activity: number): boolean {
    const { capacity, members, bottleneck, highestLevel, routes } = this.system;
    const { edgeLink, edgeWeight } = routes;
    const { on } = this;
    const start = routes.edgeStart[activity] as number;
    const end = routes.edgeEnd[activity] as number;
    let level = routes.capLevel[activity] as number;
    for (let edge = start; edge < end; edge++) {
      const link = edgeLink[edge] as number;
      if (members[link] !== 0 || on[link] !== -1) {
        while (--edge >= start) on[edgeLink[edge] as number] = -1;
        return false;
      }
      on[link] = activity;
      const full = (capacity[link] as number) / (edgeWeight[edge] as number);
      if (full < level) level = full;
    }
    highestLevel[activity] = level;
    bottleneck[activity] = heldAlone;
    this.count++;
    return true;
  }

  leave(activity: number): void {
    const { edgeStart, edgeEnd, edgeLink } = this.system.routes;
    const { on } = this;
    this.count--;
    const end = edgeEnd[activity] as number;
    for (let edge = edgeStart[activity] as number; edge < end; edge++) on[edgeLink[edge] as number] = -1;
  }

  /** Bytes per second on a link that one activity has for itself; 0 on another. */
  loadOf(link: number): number {
    const activity = this.on[link] as number;
    if (activity < 0) return 0;
    const { edgeStart, edgeEnd, edgeLink, edgeWeight } = this.system.routes;
    const end = edgeEnd[activity] as number;
    for (let edge = edgeStart[activity] as number; edge < end; edge++) {
      if (edgeLink[edge] === link) return (edgeWeight[edge] as number) * this.system.levelOf(activity);
    }
    return 0;
  }
}

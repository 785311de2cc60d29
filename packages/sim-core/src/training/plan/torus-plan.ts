import type { Colouring } from './refinement.js';
import type { TorusColouring } from './torus-refinement.js';
import type { TorusLabel, TorusTransfers } from './torus-transfers.js';

/** What one activity puts on a link that stands for its class: a share of what one member sends. */
export interface TorusUse {
  /** Index into the classes of links. */
  readonly link: number;
  readonly activity: number;
  readonly share: number;
}

/** Cables of a torus in classes, and what the activities of each class of ranks put on one link of a class. */
export class TorusPlan {
  /** Bytes/s of each class of links, one direction. */
  readonly capacity: Float64Array;
  readonly #transfers: TorusTransfers;
  readonly #representatives: Int32Array;
  /** By label and class of an activity's first member. */
  readonly #uses: readonly ReadonlyMap<number, readonly TorusUse[]>[];

  /**
   * @param representatives A rank of each class.
   * @param linkColourOf Class of each link, in order of first appearance; undefined: each is one of its own.
   */
  constructor(
    transfers: TorusTransfers,
    representatives: Int32Array,
    { colourOf }: Colouring,
    linkColourOf: TorusColouring['linkColourOf'] | undefined,
  ) {
    this.#transfers = transfers;
    this.#representatives = representatives;
    const { labels, labelOf, members, usersOf } = transfers;
    const uses = labels.map(() => new Map<number, TorusUse[]>());
    const capacity: number[] = [];
    transfers.capacity.forEach((bytesPerSecond, link) => {
      // One link stands for each class: the first.
      if (linkColourOf && linkColourOf[link] !== capacity.length) return;
      for (let at = usersOf.start[link] as number; at < (usersOf.start[link + 1] as number); at++) {
        const activity = usersOf.item[at] as number;
        const first = members.item[members.start[activity] as number] as number;
        const byClass = uses[labelOf[activity] as number];
        const rankClass = colourOf[first] as number;
        const use = { link: capacity.length, activity, share: usersOf.share[at] as number };
        const known = byClass?.get(rankClass);
        if (known) known.push(use);
        else byClass?.set(rankClass, [use]);
      }
      capacity.push(bytesPerSecond);
    });
    this.capacity = Float64Array.from(capacity);
    this.#uses = uses;
  }

  /** Uses of activities of a label whose first member is of a class. */
  usesOf(label: TorusLabel, rankClass: number): readonly TorusUse[] {
    return this.#uses[this.#transfers.labels.indexOf(label)]?.get(rankClass) ?? [];
  }

  /** Links of the longest way of an activity of a label in which a class takes part (of a message: which it sends). */
  longestWay(label: TorusLabel, rankClass: number): number {
    const { activityOf, labels, longestOf } = this.#transfers;
    const activity = activityOf[labels.indexOf(label)]?.[this.#representatives[rankClass] ?? -1] ?? -1;
    if (activity < 0) throw new Error(`TorusPlan: class ${rankClass} takes part in no ${label}`);
    return longestOf[activity] ?? 0;
  }

  get blocksAlone(): boolean {
    return this.#transfers.blocksAlone;
  }

  get worldSecondsPerByte(): number {
    return this.#transfers.worldSecondsPerByte;
  }
}

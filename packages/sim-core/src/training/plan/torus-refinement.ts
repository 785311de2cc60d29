import type { Colouring } from './refinement.js';
import type { Rows } from './rows.js';
import { SequenceIds } from './sequence-ids.js';
import type { TorusTransfers } from './torus-transfers.js';

/** Ranks and links that cannot be told apart. */
export interface TorusColouring extends Colouring {
  readonly linkColourOf: Int32Array;
}

/** Numbers that equal values share, in order of first appearance. */
function numbered(values: Float64Array): { readonly of: Int32Array; readonly count: number } {
  const ids = new Map<number, number>();
  const of = new Int32Array(values.length);
  // Equal ones mostly follow one another.
  let last = Number.NaN;
  let id = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    if (value !== last) {
      id = ids.get(value) ?? ids.size;
      ids.set(value, id);
      last = value;
    }
    of[i] = id;
  }
  return { of, count: ids.size };
}

/** Shares are sums of fractions: equal ones may differ in their last digits. */
const rounded = (shares: Float64Array): Float64Array => shares.map((share) => Math.round(share * 1e9));

/**
 * The coarsest colouring of ranks that is equitable over what crosses the cables of a torus (spec/model.md section 8): ranks of one
 * colour take part in activities of the same colours, activities of one colour have members of the same colours and cross links of
 * the same colours with the same shares, links of one colour carry activities of the same colours. Activities, not ranks, cross
 * links: the members of a ring are alike although each sends over cables of its own. Exact: sequences are compared, not hashes.
 */
export function refineOverTorus(initial: Colouring, transfers: TorusTransfers, stageRanks: number): TorusColouring {
  const rounds = new TorusRounds(transfers, stageRanks);
  let current = initial;
  for (;;) {
    const finer = rounds.next(current);
    if (finer.colours === current.colours) return { ...current, linkColourOf: finer.linkColourOf };
    current = finer;
  }
}

class TorusRounds {
  readonly #capacity: Int32Array;
  readonly #linkShare: Int32Array;
  readonly #userShare: Int32Array;
  readonly #shares: number;

  constructor(
    readonly transfers: TorusTransfers,
    readonly stageRanks: number,
  ) {
    const { capacity, linksOf, usersOf } = transfers;
    this.#capacity = numbered(capacity).of;
    const all = new Float64Array(linksOf.share.length + usersOf.share.length);
    all.set(rounded(linksOf.share));
    all.set(rounded(usersOf.share), linksOf.share.length);
    const { of, count } = numbered(all);
    this.#linkShare = of.subarray(0, linksOf.share.length);
    this.#userShare = of.subarray(linksOf.share.length);
    this.#shares = Math.max(1, count);
  }

  next({ colourOf }: Colouring): TorusColouring {
    const { labelOf, longestOf, members, linksOf, usersOf, activityOf } = this.transfers;
    const byMembers = this.#coloured(labelOf.length, (activity, ids) => {
      ids.add(labelOf[activity] as number);
      ids.add(longestOf[activity] as number);
      addSorted(ids, members, activity, (at) => colourOf[members.item[at] as number] as number, 1);
    });
    const linkColourOf = this.#coloured(this.#capacity.length, (link, ids) => {
      ids.add(this.#capacity[link] as number);
      addSorted(ids, usersOf, link, this.#pair(usersOf, this.#userShare, byMembers), this.#shares);
    });
    const byLinks = this.#coloured(labelOf.length, (activity, ids) => {
      ids.add(byMembers[activity] as number);
      addSorted(ids, linksOf, activity, this.#pair(linksOf, this.#linkShare, linkColourOf), this.#shares);
    });
    const ranks = colourOf.length;
    const ids = new SequenceIds();
    const next = colourOf.map((colour, rank) => {
      ids.add(colour);
      ids.add(colourOf[rank - this.stageRanks] ?? -1);
      ids.add(rank + this.stageRanks < ranks ? (colourOf[rank + this.stageRanks] as number) : -1);
      for (const activities of activityOf) {
        const activity = activities[rank] as number;
        ids.add(activity < 0 ? -1 : (byLinks[activity] as number));
      }
      return ids.end();
    });
    return { colours: ids.size, colourOf: next, linkColourOf };
  }

  #coloured(count: number, write: (of: number, ids: SequenceIds) => void): Int32Array {
    const ids = new SequenceIds();
    const colours = new Int32Array(count);
    for (let of = 0; of < count; of++) {
      write(of, ids);
      colours[of] = ids.end();
    }
    return colours;
  }

  /** Colour and share of an item as one number. */
  #pair({ item }: Rows, share: Int32Array, colours: Int32Array): (at: number) => number {
    return (at) => (colours[item[at] as number] as number) * this.#shares + (share[at] as number);
  }
}

/** Adds what a row's items are, in order of size; a number that is a pair goes in as its two parts. */
function addSorted(
  ids: SequenceIds,
  { start }: Rows,
  row: number,
  numberOf: (at: number) => number,
  width: number,
): void {
  const [first, end] = [start[row] as number, start[row + 1] as number];
  const numbers = first + 1 < end ? sorted(first, end, numberOf) : undefined;
  for (let at = first; at < end; at++) {
    const number = numbers ? (numbers[at - first] as number) : numberOf(at);
    if (width > 1) ids.add(number % width);
    ids.add(Math.floor(number / width));
  }
}

function sorted(first: number, end: number, numberOf: (at: number) => number): Float64Array {
  const numbers = new Float64Array(end - first);
  let ordered = true;
  let last = Number.NEGATIVE_INFINITY;
  for (let at = first; at < end; at++) {
    const number = numberOf(at);
    numbers[at - first] = number;
    if (number < last) ordered = false;
    last = number;
  }
  return ordered ? numbers : numbers.sort();
}

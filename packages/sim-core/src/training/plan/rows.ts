import { widen } from '../../kernel/widen.js';

/** Lists of numbers one after the other: row r holds the items from start[r] to start[r + 1], each with a share. */
export interface Rows {
  readonly start: Int32Array;
  readonly item: Int32Array;
  readonly share: Float64Array;
}

/** Rows that are written one after the other. */
export class RowColumns {
  #start = new Int32Array(1024);
  #item = new Int32Array(4096);
  #share = new Float64Array(4096);
  #rows = 0;
  #items = 0;

  /** Adds an item to the row under way. */
  add(item: number, share: number): void {
    const at = this.#items++;
    if (at === this.#item.length) {
      this.#item = widen(this.#item, new Int32Array(2 * at));
      this.#share = widen(this.#share, new Float64Array(2 * at));
    }
    this.#item[at] = item;
    this.#share[at] = share;
  }

  /** Ends the row under way. */
  end(): void {
    const row = ++this.#rows;
    if (row === this.#start.length) this.#start = widen(this.#start, new Int32Array(2 * row));
    this.#start[row] = this.#items;
  }

  done(): Rows {
    return {
      start: this.#start.slice(0, this.#rows + 1),
      item: this.#item.slice(0, this.#items),
      share: this.#share.slice(0, this.#items),
    };
  }
}

/** The rows of each item: for every item below `items` the rows that hold it, in order, with its share there. */
export function turned({ start, item, share }: Rows, items: number): Rows {
  const next = new Int32Array(items + 1);
  for (let at = 0; at < item.length; at++) {
    const after = (item[at] as number) + 1;
    next[after] = (next[after] as number) + 1;
  }
  for (let i = 0; i < items; i++) next[i + 1] = (next[i + 1] as number) + (next[i] as number);
  const starts = next.slice();
  const rows = new Int32Array(item.length);
  const shares = new Float64Array(item.length);
  for (let row = 0; row + 1 < start.length; row++) {
    for (let at = start[row] as number; at < (start[row + 1] as number); at++) {
      const of = item[at] as number;
      const place = next[of] as number;
      next[of] = place + 1;
      rows[place] = row;
      shares[place] = share[at] as number;
    }
  }
  return { start: starts, item: rows, share: shares };
}

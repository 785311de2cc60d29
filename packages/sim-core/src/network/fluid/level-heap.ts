import { grownDoubles, grownIntegers } from './columns.js';

/** Items by level, then by number: a binary heap on typed arrays. An item may stand in it more than once. */
export class LevelHeap {
  length = 0;
  #levels = new Float64Array(64);
  #items = new Int32Array(64);

  /** Least level, Infinity when the heap is empty. */
  get topLevel(): number {
    return this.length === 0 ? Number.POSITIVE_INFINITY : (this.#levels[0] as number);
  }

  get topItem(): number {
    return this.length === 0 ? -1 : (this.#items[0] as number);
  }

  push(level: number, item: number): void {
    if (this.length === this.#items.length) {
      this.#levels = grownDoubles(this.#levels, this.length + 1);
      this.#items = grownIntegers(this.#items, this.length + 1);
    }
    const levels = this.#levels;
    const items = this.#items;
    let hole = this.length++;
    while (hole > 0) {
      const parent = (hole - 1) >> 1;
      const above = levels[parent] as number;
      if (above < level || (above === level && (items[parent] as number) <= item)) break;
      levels[hole] = above;
      items[hole] = items[parent] as number;
      hole = parent;
    }
    levels[hole] = level;
    items[hole] = item;
  }

  /** Takes the top out. */
  drop(): void {
    const length = --this.length;
    if (length <= 0) return;
    const levels = this.#levels;
    const items = this.#items;
    const level = levels[length] as number;
    const item = items[length] as number;
    let hole = 0;
    for (;;) {
      let child = 2 * hole + 1;
      if (child >= length) break;
      const right = child + 1;
      if (right < length) {
        const a = levels[child] as number;
        const b = levels[right] as number;
        if (b < a || (b === a && (items[right] as number) < (items[child] as number))) child = right;
      }
      const below = levels[child] as number;
      if (below > level || (below === level && (items[child] as number) >= item)) break;
      levels[hole] = below;
      items[hole] = items[child] as number;
      hole = child;
    }
    levels[hole] = level;
    items[hole] = item;
  }
}

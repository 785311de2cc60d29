/** Gives equal sequences of whole numbers equal dense ids, exactly: a trie whose edges are one map. */
export class SequenceIds {
  readonly #edges = new Map<number, number>();
  readonly #ids = new Map<number, number>();
  #nodes = 1;
  #node = 0;

  /** Sequences so far that differ. */
  get size(): number {
    return this.#ids.size;
  }

  /** Adds to the sequence under way a number from -1 to 2^26 - 2. */
  add(value: number): void {
    const edge = this.#node * 0x4000000 + value + 1;
    let next = this.#edges.get(edge);
    if (next === undefined) {
      next = this.#nodes++;
      this.#edges.set(edge, next);
    }
    this.#node = next;
  }

  /** Ends the sequence under way and returns its id. */
  end(): number {
    const known = this.#ids.get(this.#node);
    const id = known ?? this.#ids.size;
    if (known === undefined) this.#ids.set(this.#node, id);
    this.#node = 0;
    return id;
  }
}

/** The nodes of a job that are in repair. Those that leave first have spares in their places, as many as there are. */
export class AwayNodes {
  readonly #spares: number;
  /** In the order of their leaving; a node of which the spare failed too is there twice. */
  #away: { readonly node: number; readonly back: number }[] = [];
  readonly #timesAway = new Map<number, number>();
  #nextBack = Number.POSITIVE_INFINITY;
  /** Nodes that nobody stands in for, by number; undefined: to be found anew. */
  #sorted: readonly number[] | undefined;

  /** @param spares Nodes that stand by. */
  constructor(spares: number) {
    this.#spares = spares;
  }

  /** When the next node is back; Infinity: none is away, or for ever. */
  get nextBack(): number {
    return this.#nextBack;
  }

  /** Nodes that nobody stands in for, in the order of their leaving. */
  get missing(): number[] {
    return this.#away.length <= this.#spares ? [] : this.#away.slice(this.#spares).map(({ node }) => node);
  }

  add(node: number, back: number): void {
    this.#away.push({ node, back });
    this.#timesAway.set(node, 1 + (this.#timesAway.get(node) ?? 0));
    this.#nextBack = Math.min(this.#nextBack, back);
    this.#sorted = undefined;
  }

  /** Takes back the nodes that are mended at `time`. Returns whether there are any. */
  return(time: number): boolean {
    if (this.#nextBack > time) return false;
    const away = this.#away;
    this.#away = away.filter(({ back }) => back > time);
    for (const { node, back } of away) if (back <= time) this.#forget(node);
    this.#nextBack = this.#away.reduce((first, { back }) => Math.min(first, back), Number.POSITIVE_INFINITY);
    this.#sorted = undefined;
    return true;
  }

  /** Whether a node is in repair, with a spare in its place or not. */
  isAway(node: number): boolean {
    return this.#timesAway.has(node);
  }

  /** Whether a node is in repair and nobody stands in for it. */
  isMissing(node: number): boolean {
    const missing = this.#byNumber();
    return missing[countBelow(missing, node)] === node;
  }

  /** Place of a node among those that are there. */
  placeOf(node: number): number {
    return node - countBelow(this.#byNumber(), node);
  }

  #byNumber(): readonly number[] {
    this.#sorted ??= this.missing.sort((a, b) => a - b);
    return this.#sorted;
  }

  #forget(node: number): void {
    const times = this.#timesAway.get(node) ?? 0;
    if (times > 1) this.#timesAway.set(node, times - 1);
    else this.#timesAway.delete(node);
  }
}

/** How many of ascending numbers lie below `limit`. */
function countBelow(sorted: readonly number[], limit: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? limit) < limit) low = middle + 1;
    else high = middle;
  }
  return low;
}

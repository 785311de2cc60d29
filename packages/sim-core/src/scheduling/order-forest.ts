/** No node. */
const none = -1;

/**
 * Search trees over the numbers 0..n-1, ordered by (key, number); a number is in one tree of the forest at most. Each subtree
 * knows the least `weight` in it, so that "the first after x whose weight is at most w" costs O(log n). Treaps (Seidel and
 * Aragon 1996) whose priorities are a hash of the number: the shape, like everything else, is the same on every run.
 */
export class OrderForest {
  readonly #left: Int32Array;
  readonly #right: Int32Array;
  readonly #priority: Uint32Array;
  readonly #key: Float64Array;
  readonly #weight: Float64Array;
  readonly #leastWeight: Float64Array;

  constructor(capacity: number) {
    this.#left = new Int32Array(capacity).fill(none);
    this.#right = new Int32Array(capacity).fill(none);
    this.#priority = new Uint32Array(capacity);
    this.#key = new Float64Array(capacity);
    this.#weight = new Float64Array(capacity);
    this.#leastWeight = new Float64Array(capacity);
    for (let i = 0; i < capacity; i++) this.#priority[i] = scramble(i);
  }

  /** Key under which the number was inserted last. */
  keyOf(item: number): number {
    return this.#key[item] ?? 0;
  }

  /** Adds a number to the tree with the given root (-1: empty) and returns the new root. */
  insert(root: number, item: number, key: number, weight: number): number {
    this.#key[item] = key;
    this.#weight[item] = weight;
    this.#left[item] = none;
    this.#right[item] = none;
    this.#leastWeight[item] = weight;
    return this.#insertInto(root, item);
  }

  /** Takes a number out of the tree and returns the new root. */
  remove(root: number, item: number): number {
    if (root === none) return none;
    if (root === item) return this.#join(this.#left[root] as number, this.#right[root] as number);
    if (this.#before(item, root)) this.#left[root] = this.remove(this.#left[root] as number, item);
    else this.#right[root] = this.remove(this.#right[root] as number, item);
    this.#update(root);
    return root;
  }

  /** First number of the tree behind (key, number) whose weight is at most `maxWeight`; -1 when there is none. */
  firstAfter(root: number, key: number, number: number, maxWeight: number): number {
    if (root === none || (this.#leastWeight[root] as number) > maxWeight) return none;
    const rootKey = this.#key[root] as number;
    if (rootKey > key || (rootKey === key && root > number)) {
      const found = this.firstAfter(this.#left[root] as number, key, number, maxWeight);
      if (found !== none) return found;
      if ((this.#weight[root] as number) <= maxWeight) return root;
    }
    return this.firstAfter(this.#right[root] as number, key, number, maxWeight);
  }

  #before(a: number, b: number): boolean {
    const keyA = this.#key[a] as number;
    const keyB = this.#key[b] as number;
    return keyA < keyB || (keyA === keyB && a < b);
  }

  #insertInto(root: number, item: number): number {
    if (root === none) return item;
    if ((this.#priority[item] as number) > (this.#priority[root] as number)) {
      this.#split(root, item);
      this.#update(item);
      return item;
    }
    if (this.#before(item, root)) this.#left[root] = this.#insertInto(this.#left[root] as number, item);
    else this.#right[root] = this.#insertInto(this.#right[root] as number, item);
    this.#update(root);
    return root;
  }

  /** Hangs what is before `item` to its left and the rest to its right. */
  #split(root: number, item: number): void {
    let smaller = item;
    let smallerIsLeft = true;
    let greater = item;
    let greaterIsRight = true;
    const path: number[] = [];
    for (let node = root; node !== none; ) {
      path.push(node);
      if (this.#before(node, item)) {
        if (smallerIsLeft) this.#left[smaller] = node;
        else this.#right[smaller] = node;
        smaller = node;
        smallerIsLeft = false;
        node = this.#right[node] as number;
      } else {
        if (greaterIsRight) this.#right[greater] = node;
        else this.#left[greater] = node;
        greater = node;
        greaterIsRight = false;
        node = this.#left[node] as number;
      }
    }
    if (smaller !== item) this.#right[smaller] = none;
    if (greater !== item) this.#left[greater] = none;
    for (let i = path.length - 1; i >= 0; i--) this.#update(path[i] as number);
  }

  #join(left: number, right: number): number {
    if (left === none) return right;
    if (right === none) return left;
    if ((this.#priority[left] as number) > (this.#priority[right] as number)) {
      this.#right[left] = this.#join(this.#right[left] as number, right);
      this.#update(left);
      return left;
    }
    this.#left[right] = this.#join(left, this.#left[right] as number);
    this.#update(right);
    return right;
  }

  #update(node: number): void {
    let least = this.#weight[node] as number;
    const left = this.#left[node] as number;
    const right = this.#right[node] as number;
    if (left !== none && (this.#leastWeight[left] as number) < least) least = this.#leastWeight[left] as number;
    if (right !== none && (this.#leastWeight[right] as number) < least) least = this.#leastWeight[right] as number;
    this.#leastWeight[node] = least;
  }
}

/** A 32-bit mix (Wellons' lowbias32). */
function scramble(value: number): number {
  let x = value + 0x9e3779b9;
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  return (x ^ (x >>> 16)) >>> 0;
}

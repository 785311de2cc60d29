/** A run of consecutive layers whose gradients (or parameters) travel together. */
export interface Bucket {
  /** Index (into the walk) of the last layer of the bucket: it is complete when that layer is done. */
  readonly lastIndex: number;
  readonly elements: number;
}

/**
 * Cuts a walk over layers into buckets of at least `bucketElements` parameters; what is left at the end is a bucket of its own
 * (spec/model.md 4.3).
 * @param elements Parameters of each layer on one rank, in the order in which they become ready.
 */
export function bucketise(elements: readonly number[], bucketElements: number): Bucket[] {
  const buckets: Bucket[] = [];
  let gathered = 0;
  elements.forEach((count, index) => {
    gathered += count;
    if (gathered > 0 && (gathered >= bucketElements || index === elements.length - 1)) {
      buckets.push({ lastIndex: index, elements: gathered });
      gathered = 0;
    }
  });
  return buckets;
}

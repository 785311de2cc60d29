import { type LossAccount, lossCauses } from '../../metrics/loss-causes.js';

/** Columns of the step's books; `skew` and `bubble` still hold what stragglers caused (spec/model.md 9.2). */
export const Book = {
  ideal: 0,
  recompute: 1,
  optimizer: 2,
  kernel: 3,
  ownSlowness: 4,
  smContention: 5,
  networkContention: 6,
  tensor: 7,
  context: 8,
  expert: 9,
  pipeline: 10,
  data: 11,
  skew: 12,
  bubble: 13,
  pause: 14,
} as const;
export const bookColumns = 15;

/** GPU-seconds by column, summed over classes with their multiplicities. */
export type Books = Float64Array;

/**
 * Closes the books. Waiting that stragglers caused is what the run has more of than its twin, the same plan without slow
 * ranks and jitter; it moves from imbalance and bubble to `stragglers` (spec/model.md 9.2).
 * @throws Error when the columns do not add up to gpus * stepSeconds within 1e-9.
 */
export function closeBooks(books: Books, twin: Books, gpus: number, stepSeconds: number): LossAccount {
  const at = (column: number): number => books[column] ?? 0;
  const skewExcess = at(Book.skew) - (twin[Book.skew] ?? 0);
  const bubbleExcess = at(Book.bubble) - (twin[Book.bubble] ?? 0);
  const account: LossAccount = {
    ideal: at(Book.ideal),
    recompute: at(Book.recompute),
    optimizer: at(Book.optimizer),
    kernelInefficiency: at(Book.kernel),
    stragglers: at(Book.ownSlowness) + at(Book.pause) + skewExcess + bubbleExcess,
    smContention: at(Book.smContention),
    networkContention: at(Book.networkContention),
    exposedTensor: at(Book.tensor),
    exposedContext: at(Book.context),
    exposedExpert: at(Book.expert),
    exposedPipeline: at(Book.pipeline),
    exposedData: at(Book.data),
    imbalance: at(Book.skew) - skewExcess,
    pipelineBubble: at(Book.bubble) - bubbleExcess,
  };
  const total = lossCauses.reduce((sum, cause) => sum + account[cause], 0);
  if (!(Math.abs(total - gpus * stepSeconds) <= 1e-9 * gpus * stepSeconds)) {
    throw new Error(`closeBooks: ${total} GPU-seconds are booked of ${gpus * stepSeconds}`);
  }
  return account;
}

/** A key of `[parallelism]` by its sections over time: it stood in `[experimental]` and `[training]` before. */
export const spellings = (key: string): string[] => [`parallelism.${key}`, `experimental.${key}`, `training.${key}`];

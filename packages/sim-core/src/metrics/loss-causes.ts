/** Causes of spec/model.md 9.2 in the order in which they are listed; every GPU-second is booked under exactly one. */
export const lossCauses = [
  'ideal',
  'recompute',
  'optimizer',
  'kernelInefficiency',
  'stragglers',
  'smContention',
  'networkContention',
  'exposedTensor',
  'exposedContext',
  'exposedExpert',
  'exposedPipeline',
  'exposedData',
  'imbalance',
  'pipelineBubble',
] as const;
export type LossCause = (typeof lossCauses)[number];

/** GPU-seconds (or shares) by cause. */
export type LossAccount = Readonly<Record<LossCause, number>>;

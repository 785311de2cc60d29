/** What starting, stopping and saving cost in a run; everything defaults to costless and lossless. */
export interface RunTerms {
  /** Seconds without progress when a job that ran before starts again (default 0). */
  readonly restartSeconds: number;
  /** Seconds without progress after a resize (default 0). */
  readonly resizeSeconds: number;
  /** Work between two checkpoints, in seconds at speed 1 (default: none, a node failure loses everything). */
  readonly checkpointIntervalSeconds: number;
  /** Seconds without progress that writing a checkpoint takes (default 0). */
  readonly checkpointWriteSeconds: number;
  /** Whether a planned preemption saves the work first, or falls back to the last checkpoint (default lossless). */
  readonly preemption: 'lossless' | 'lastCheckpoint';
  /** Seconds that a job runs before a policy may preempt it (default 0). */
  readonly minimumRunSeconds: number;
  /** A job that runs over its estimate goes on, or is killed (default extend); spec/scheduling.md B5. */
  readonly overrun: 'extend' | 'kill';
}

export const costlessTerms: RunTerms = {
  restartSeconds: 0,
  resizeSeconds: 0,
  checkpointIntervalSeconds: Number.POSITIVE_INFINITY,
  checkpointWriteSeconds: 0,
  preemption: 'lossless',
  minimumRunSeconds: 0,
  overrun: 'extend',
};

/** One line of a run's event log (spec/scheduling.md A): every invariant is checked on the log and the input alone. */
export type ClusterEvent =
  | { readonly kind: 'submit'; readonly timeSeconds: number; readonly job: string }
  | { readonly kind: 'reject'; readonly timeSeconds: number; readonly job: string; readonly reason: string }
  | StartEvent
  | ResizeEvent
  | SpeedEvent
  | StopEvent
  | NodeLifeEvent;

/** A job receives its GPUs, all at one instant. */
export interface StartEvent {
  readonly kind: 'start';
  readonly timeSeconds: number;
  readonly job: string;
  readonly gpus: number;
  /** GPU indices; absent in the pool model. */
  readonly gpuIds?: readonly number[];
  /** Work (seconds at speed 1) that it resumes from. */
  readonly resumedSeconds: number;
  /** Seconds that it holds GPUs without progress before it goes on. */
  readonly overheadSeconds: number;
  /** Work done in a second. */
  readonly speed: number;
  /** Its scope was a wish that could not be met. */
  readonly spilled?: boolean;
}

/** A running job gets more or fewer GPUs. */
export interface ResizeEvent {
  readonly kind: 'resize';
  readonly timeSeconds: number;
  readonly job: string;
  readonly fromGpus: number;
  readonly gpus: number;
  readonly gpuIds?: readonly number[];
  /** Work before and after; equal unless the resize costs progress. */
  readonly doneSeconds: number;
  readonly resumedSeconds: number;
  /** Seconds without progress since the last start, resize or change of speed. */
  readonly spentOverheadSeconds: number;
  /** Seconds without progress that the resize costs. */
  readonly overheadSeconds: number;
  readonly speed: number;
  /** What keeps the global batch: replicas x microBatch x accumulation. */
  readonly replicas?: number;
  readonly accumulation?: number;
}

/** A running job gets faster or slower where it sits. */
export interface SpeedEvent {
  readonly kind: 'speed';
  readonly timeSeconds: number;
  readonly job: string;
  readonly doneSeconds: number;
  readonly spentOverheadSeconds: number;
  readonly speed: number;
}

export type StopReason = 'finish' | 'preempt' | 'nodeFailure' | 'userFailure' | 'cancel' | 'overrun';

/** A job gives back all its GPUs, or (cancel) leaves the queue without having held any. */
export interface StopEvent {
  readonly kind: 'stop';
  readonly reason: StopReason;
  readonly timeSeconds: number;
  readonly job: string;
  readonly gpus: number;
  /** Work that the job had done, and the work that it will resume from. */
  readonly doneSeconds: number;
  readonly keptSeconds: number;
  /** Seconds without progress since the last start, resize or change of speed. */
  readonly spentOverheadSeconds: number;
  /** Node whose failure stopped it. */
  readonly node?: number;
  /** Job for which it was preempted. */
  readonly for?: string;
}

export interface NodeLifeEvent {
  readonly kind: 'fail' | 'repair' | 'drain' | 'undrain' | 'activateSpare';
  readonly timeSeconds: number;
  readonly node: number;
}

/** Whether the job goes back to the queue after a stop for this reason. */
export function returnsToQueue(reason: StopReason): boolean {
  return reason === 'preempt' || reason === 'nodeFailure' || reason === 'userFailure';
}

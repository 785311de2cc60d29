import type { JobSpec } from '@regatta/sim-core';

export interface TraceWindow {
  /** Jobs submitted before are left out, and this becomes time 0. */
  readonly fromSeconds?: number;
  /** Jobs submitted from here on are left out, and the simulation stops here. */
  readonly untilSeconds?: number;
  /** Jobs arrive so many times as fast: gaps between submissions are divided by it. */
  readonly scaleLoad?: number;
}

export interface WindowedJobs {
  readonly jobs: readonly JobSpec[];
  /** Jobs outside the window. */
  readonly leftOut: number;
  /** Where the simulation stops, in its own time. */
  readonly untilSeconds?: number;
}

/** Cuts a window out of a trace and makes its jobs arrive faster or slower. The window is in the trace's own time. */
export function windowed(jobs: readonly JobSpec[], window: TraceWindow): WindowedJobs {
  const { fromSeconds, untilSeconds = Number.POSITIVE_INFINITY, scaleLoad = 1 } = window;
  const origin = fromSeconds ?? 0;
  const kept = jobs.filter(
    (job) => job.submitSeconds >= (fromSeconds ?? Number.NEGATIVE_INFINITY) && job.submitSeconds < untilSeconds,
  );
  const moved = kept.map((job): JobSpec => {
    const submitSeconds = (job.submitSeconds - origin) / scaleLoad;
    // A user's patience does not change with the load.
    const patience = job.cancelSeconds === undefined ? undefined : job.cancelSeconds - job.submitSeconds;
    return { ...job, submitSeconds, ...(patience === undefined ? {} : { cancelSeconds: submitSeconds + patience }) };
  });
  return {
    jobs: moved,
    leftOut: jobs.length - kept.length,
    ...(Number.isFinite(untilSeconds) ? { untilSeconds: (untilSeconds - origin) / scaleLoad } : {}),
  };
}

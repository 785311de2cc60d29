import fc from 'fast-check';
import type { JobSpec } from '../scheduling/job-spec.js';

export interface JobSetOptions {
  /** Most jobs (default 24). */
  readonly maxJobs?: number;
  /** GPUs of the cluster: no job asks for more. */
  readonly maxGpus: number;
  /** Some jobs are elastic (default false). */
  readonly elastic?: boolean;
  /** Some jobs are bound to a node, leaf or pod (default false). */
  readonly scoped?: boolean;
  /** Cancellations, user failures and estimates that are too short (default false). */
  readonly disturbed?: boolean;
}

/** Job sets with whole-second times: many gaps of zero, sizes from one GPU to the whole cluster, some elastic. Never empty. */
export function arbitraryJobs(options: JobSetOptions): fc.Arbitrary<JobSpec[]> {
  const { maxJobs = 24, maxGpus, elastic = false, scoped = false, disturbed = false } = options;
  const row = fc.record({
    gap: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 12 })),
    gpus: fc.oneof(fc.integer({ min: 1, max: Math.min(4, maxGpus) }), fc.integer({ min: 1, max: maxGpus })),
    runSeconds: fc.integer({ min: 1, max: 20 }),
    over: fc.oneof(fc.constant(0), fc.integer({ min: disturbed ? -5 : 0, max: 15 })),
    tenant: fc.constantFrom('a', 'b', 'c'),
    priority: fc.integer({ min: 0, max: 2 }),
    guaranteed: fc.constantFrom(true, true, false),
    stretch: fc.constantFrom('rigid', 'rigid', 'range', 'batch'),
    within: fc.constantFrom('any', 'any', 'any', 'any', 'node', 'leaf', 'pod', 'spill'),
    trouble: fc.constantFrom('none', 'none', 'none', 'cancel', 'retry'),
    delay: fc.integer({ min: 0, max: 15 }),
  });
  return fc.array(row, { minLength: 1, maxLength: maxJobs, size: 'max' }).map((rows) => {
    let submitSeconds = 0;
    return rows.map((entry, position): JobSpec => {
      submitSeconds += position === 0 ? 0 : entry.gap;
      return {
        id: `j${position}`,
        submitSeconds,
        gpus: entry.gpus,
        runSeconds: entry.runSeconds,
        estimateSeconds: Math.max(1, entry.runSeconds + entry.over),
        tenant: entry.tenant,
        ...(entry.priority === 0 ? {} : { priority: entry.priority }),
        ...(entry.guaranteed ? {} : { guaranteed: false }),
        ...(elastic ? elasticity(entry.stretch, entry.gpus, maxGpus) : {}),
        ...(scoped ? scope(entry.within) : {}),
        ...(disturbed ? trouble(entry.trouble, submitSeconds, entry.delay) : {}),
      };
    });
  });
}

function elasticity(kind: string, gpus: number, maxGpus: number): Partial<JobSpec> {
  if (kind === 'range') {
    const scaling = [1, 2, 4, 8, 16, 32, 64].map((count) => [count, count ** 0.8] as const);
    return { minGpus: Math.max(1, gpus >> 1), maxGpus: Math.min(maxGpus, gpus * 4), scaling };
  }
  // A global batch of as many sequences as GPUs asked for: only divisors keep it.
  if (kind === 'batch') return { minGpus: 1, maxGpus: gpus, globalBatch: gpus, microBatch: 1, gpusPerReplica: 1 };
  return {};
}

function scope(kind: string): Partial<JobSpec> {
  if (kind === 'spill') return { within: 'node', spill: true };
  return kind === 'node' || kind === 'leaf' || kind === 'pod' ? { within: kind } : {};
}

function trouble(kind: string, submitSeconds: number, delay: number): Partial<JobSpec> {
  if (kind === 'cancel') return { cancelSeconds: submitSeconds + delay };
  return kind === 'retry' ? { failedAttempts: [1 + (delay % 7)] } : {};
}

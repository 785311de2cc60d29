import type { Distribution, WorkloadSpec } from '@regatta/sim-core';
import * as z from 'zod';

const positive = z.number().positive();

const distribution: z.ZodType<Distribution> = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('constant'), value: positive }),
  z.strictObject({ kind: z.literal('exponential'), mean: positive }),
  z.strictObject({ kind: z.literal('uniform'), from: z.number().min(0), to: positive }),
  z.strictObject({ kind: z.literal('lognormal'), median: positive, sigma: positive }),
  z.strictObject({ kind: z.literal('weibull'), scale: positive, shape: positive }),
]);

const schema = z.strictObject({
  jobs: z.int().min(1),
  seed: z.union([z.number(), z.string()]).default(1),
  interarrivalSeconds: distribution,
  dailySwing: z.number().min(0).max(1).default(0),
  runSeconds: distribution,
  estimateFactor: distribution.default({ kind: 'constant', value: 1 }),
  gpus: z.array(z.strictObject({ gpus: z.int().min(1), weight: positive })).min(1),
  tenants: z.array(z.strictObject({ name: z.string(), weight: positive })).default([]),
});

/** What is wrong with a generator in a job file; empty when nothing is. */
export function workloadProblems(value: unknown): string[] {
  const result = schema.safeParse(value);
  return result.success ? [] : result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
}

/** The generator with its defaults. @throws when `workloadProblems` is not empty. */
export function workloadSpec(value: unknown): WorkloadSpec {
  return schema.parse(value);
}

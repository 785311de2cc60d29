import { noPerturbation, type StepReport, simulateStep } from '@regatta/sim-core';
import type { RowJob } from './row-job.js';

/** A row's step, and its expected seconds over the fleet that it ran on. */
export interface ExpectedStep {
  readonly report: StepReport;
  readonly seconds: number;
}

/**
 * Step of a row's job. Where its practice names slow hosts: the mean over jobs without and with any, weighed by how probable each
 * is on that many hosts. Since ranks wait for the slowest, one slow host costs what several do.
 */
export function expectedStep({ job, cluster, slowHosts }: RowJob): ExpectedStep {
  const report = simulateStep(job, cluster);
  if (!slowHosts) return { report, seconds: report.stepSeconds };
  const slowRanks = Array.from({ length: cluster.gpusPerNode }, (_, rank) => ({ rank, factor: slowHosts.factor }));
  const slowed = simulateStep(job, cluster, { ...noPerturbation, slowRanks }).stepSeconds;
  const none = (1 - slowHosts.share) ** cluster.nodes;
  return { report, seconds: none * report.stepSeconds + (1 - none) * slowed };
}

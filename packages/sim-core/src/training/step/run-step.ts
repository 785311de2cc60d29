import type { Cluster } from '../../platform/cluster.js';
import { type Job, noPerturbation, type Perturbation } from '../job.js';
import { buildPlan } from '../plan/build-plan.js';
import type { Plan } from '../plan/plan.js';
import { withStageLayers } from '../stage-split.js';
import { buildProgram } from './build-program.js';
import { pauseSeconds, withDrawnRanks } from './drawn-slowness.js';
import { type Execution, StepExecution } from './execution.js';
import type { StepProgram } from './program.js';
import { slowFactors } from './slow-factors.js';

export interface StepOptions {
  /** false: every rank is simulated (default true). */
  readonly fold?: boolean;
  /** false: every block operator by operator, also where nothing can interfere (default true). */
  readonly coalesce?: boolean;
  /** Which step's jitter is drawn (default 0). */
  readonly step?: number;
}

/** A step that has been executed. */
export interface ExecutedStep {
  readonly job: Job;
  readonly plan: Plan;
  readonly program: StepProgram;
  readonly execution: Execution;
  /** The same without slow ranks, jitter and pauses: the execution itself where there are none. */
  readonly twin: Execution;
}

interface DrawOptions extends StepOptions {
  /** Length of the step without pauses, over which they are drawn. */
  readonly calmSeconds?: number;
  readonly record?: boolean;
}

/** Executes a program over a plan with what a perturbation draws. */
export function execute(plan: Plan, program: StepProgram, perturbation: Perturbation, options: DrawOptions): Execution {
  const { step = 0, coalesce = true, calmSeconds = 0, record = false } = options;
  const pauses = pauseSeconds(plan, perturbation, step, calmSeconds);
  const factors = slowFactors(plan, perturbation, step);
  return new StepExecution(plan, program, { factors, coalesce, record, ...(pauses ? { pauses } : {}) }).run();
}

const isCalm = ({ slowRanks, jitter, pauses }: Perturbation): boolean =>
  slowRanks.length === 0 && jitter.sigma === 0 && (pauses?.perHostHour ?? 0) === 0;

/**
 * Executes a step of a job on a cluster.
 * @param record Keep what every class did when: `execution.tape`.
 * @throws RangeError when the job's sizes do not fit together (see the scenario's checks for a user's wording).
 */
export function runStep(
  asked: Job,
  cluster: Cluster,
  disturbance: Perturbation = noPerturbation,
  options: StepOptions = {},
  record = false,
): ExecutedStep {
  const job = withStageLayers(asked, cluster);
  const perturbation = withDrawnRanks(disturbance, ranksOf(job));
  const plan = buildPlan(job, cluster, perturbation, { fold: options.fold ?? true });
  const program = buildProgram(plan);
  const calm = isCalm(perturbation) ? undefined : runTwin(job, cluster, perturbation, options);
  const execution = execute(plan, program, perturbation, {
    ...options,
    record,
    ...(calm ? { calmSeconds: calm.stepSeconds } : {}),
  });
  return { job, plan, program, execution, twin: calm ?? execution };
}

/** Ranks of a job. */
export const ranksOf = ({ parallel }: Job): number =>
  parallel.tensor * parallel.context * parallel.data * parallel.pipeline;

/** The same plan without slow ranks and jitter, folded: what its waits have less is what stragglers cause (spec/model.md 9.2). */
export function runTwin(job: Job, cluster: Cluster, perturbation: Perturbation, options: StepOptions): Execution {
  const { slowFraction: _slow, pauses: _pauses, ...rest } = perturbation;
  const calm: Perturbation = { ...rest, slowRanks: [], jitter: { sigma: 0 } };
  const plan = buildPlan(job, cluster, calm, { fold: true });
  return execute(plan, buildProgram(plan), calm, options);
}

/**
 * Seconds of the first `draws` steps, each with its own jitter and pauses: plan and program are those of all of them.
 * @throws RangeError as `runStep` does.
 */
export function jitteredStepSeconds(asked: Job, cluster: Cluster, disturbance: Perturbation, draws: number): number[] {
  const job = withStageLayers(asked, cluster);
  const perturbation = withDrawnRanks(disturbance, ranksOf(job));
  const plan = buildPlan(job, cluster, perturbation, { fold: true });
  const program = buildProgram(plan);
  const pauses = (perturbation.pauses?.perHostHour ?? 0) > 0;
  const calmSeconds = pauses ? runTwin(job, cluster, perturbation, {}).stepSeconds : 0;
  return Array.from(
    { length: draws },
    (_, step) => execute(plan, program, perturbation, { step, calmSeconds }).stepSeconds,
  );
}

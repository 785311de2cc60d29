import type { Cluster } from '../../platform/cluster.js';
import type { Job, Perturbation } from '../job.js';
import { buildPlan } from '../plan/build-plan.js';
import { withStageLayers } from '../stage-split.js';
import { buildProgram } from './build-program.js';
import { withDrawnRanks } from './drawn-slowness.js';
import type { StepProgram } from './program.js';
import { execute, ranksOf, runTwin } from './run-step.js';

/**
 * Lengths of one job's step under many perturbations: as `simulateStep`, without its books and with the program, which does not depend
 * on what is perturbed, written once.
 */
export class PerturbedSteps {
  readonly #job: Job;
  readonly #cluster: Cluster;
  #program: StepProgram | undefined;

  constructor(job: Job, cluster: Cluster) {
    this.#job = withStageLayers(job, cluster);
    this.#cluster = cluster;
  }

  /** Seconds. @throws RangeError as `simulateStep` does. */
  stepSeconds(disturbance: Perturbation): number {
    const perturbation = withDrawnRanks(disturbance, ranksOf(this.#job));
    const plan = buildPlan(this.#job, this.#cluster, perturbation, { fold: true });
    this.#program ??= buildProgram(plan);
    const pauses = (perturbation.pauses?.perHostHour ?? 0) > 0;
    const calmSeconds = pauses ? runTwin(this.#job, this.#cluster, perturbation, {}).stepSeconds : 0;
    return execute(plan, this.#program, perturbation, { calmSeconds }).stepSeconds;
  }
}

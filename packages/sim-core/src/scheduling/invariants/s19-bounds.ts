import { hasConstantSpeed, ranToTheEnd, totalWork } from './conditions.js';
import { type Invariant, slack, type Violation } from './invariant.js';

/** S19: the makespan is no less than the longest job, nor than all work spread over all GPUs. */
export const bounds: Invariant = {
  id: 'S19',
  title: 'bounds',
  applies: (run) => hasConstantSpeed(run) && ranToTheEnd(run),
  check(run) {
    const done = run.outcome.jobs.filter((job) => job.status === 'completed');
    if (done.length === 0) return [];
    const gpus = run.input.cluster.nodeGpus.reduce((sum, count) => sum + count, 0);
    const makespan = done.reduce((latest, job) => Math.max(latest, job.finishSeconds), Number.NEGATIVE_INFINITY);
    const first = done.reduce((earliest, job) => Math.min(earliest, job.spec.submitSeconds), Number.POSITIVE_INFINITY);
    const breach = (message: string): Violation[] => [{ invariant: 'S19', timeSeconds: makespan, message }];
    for (const { spec, finishSeconds } of done) {
      const least = spec.submitSeconds + totalWork(run, spec);
      if (finishSeconds < least - slack(least))
        return breach(`job ${spec.id} ends at ${finishSeconds} s, before ${least} s`);
    }
    const work = done.reduce((sum, { spec }) => sum + spec.gpus * totalWork(run, spec), 0);
    const least = first + work / gpus;
    return makespan < least - slack(least)
      ? breach(`all is done at ${makespan} s, ${gpus} GPUs need until ${least} s`)
      : [];
  },
};

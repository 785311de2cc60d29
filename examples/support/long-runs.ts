import {
  type CompareReport,
  compareStudy,
  type LongRunPoint,
  type LongRunRequest,
  longRunStudy,
  resolveScenario,
} from '@regatta/scenarios';

/** The job of the examples about long runs: Llama 3.1 405B on H100 under the failures that Llama 3 counted. */
const resolve = (sets: readonly string[]) =>
  resolveScenario({
    source: 'llama-3.1-405b-h100',
    sets: ['failures={profile: llama3-2024}', ...sets],
    readText: () => undefined,
  });

const requestOf = (gpus: number, trials: number): LongRunRequest => ({
  gpus: [gpus],
  scaling: 'weak',
  trials,
  windowSeconds: 54 * 86400,
});

/** 54 days of it, so many times. */
export async function longRun(gpus: number, trials: number, sets: readonly string[] = []): Promise<LongRunPoint> {
  const [point] = (await longRunStudy(resolve(sets), requestOf(gpus, trials))).report.points;
  if (!point) throw new Error('longRun: no GPU count');
  return point;
}

/** Variants of it by name, each with what it sets, under the same failures. */
export async function compared(
  gpus: number,
  trials: number,
  variants: Readonly<Record<string, readonly string[]>>,
): Promise<CompareReport> {
  const named = Object.entries(variants).map(([name, sets]) => ({ name, resolution: resolve(sets) }));
  return (await compareStudy(named, requestOf(gpus, trials))).report;
}

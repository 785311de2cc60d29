import {
  failureProfiles,
  longRunInput,
  longRunStudy,
  longRunTasks,
  resolveScenario,
  type SimulatedSteps,
  StepMemo,
  trialFigures,
  trialRunner,
} from '@regatta/scenarios';
import { describe, expect, test } from 'vitest';

const resolve = (...sets: string[]) =>
  resolveScenario({
    source: 'llama-3.1-405b-h100',
    sets: ['job.globalBatch=1024', ...sets],
    readText: () => undefined,
  });
const request = { gpus: [1024], scaling: 'weak' as const, trials: 3, windowSeconds: 3 * 86400 };

/** Everything that can go wrong, often. */
const everything = `failures={profile: meta-rsc-1, lemons: true, correlated: true,
  startup: {probability: 0.05, meanSeconds: 120},
  components: [
    {name: node, level: node, mtbfHours: 600, detectSeconds: 60, repairHours: 5},
    {name: wear, level: gpu, mtbfHours: 20000, distribution: weibull, shape: 0.6, detectSeconds: 30, repairHours: 2},
    {name: log, level: rack, mtbfHours: 4000, distribution: empirical, values: [1, 10, 300], repairHours: 1},
    {name: thermal, level: gpu, mtbfHours: 20000, mode: slow, slowFactor: 1.4, detectSeconds: 1800, repairHours: 3},
    {name: flap, level: link, mtbfHours: 20000, mode: slow, capacityFactor: 0.2, transient: true, detectSeconds: 900},
    {name: nic, level: nic, mtbfHours: 40000, capacityFactor: 0, repairHours: 4},
    {name: leaf, level: switch, mtbfHours: 8000, repairHours: 1},
    {name: bug, level: software, mtbfHours: 40},
    {name: maintenance, level: software, mtbfHours: 60, mode: planned, detectSeconds: 600}]}`;
const policies = ['restart', 'spares', 'shrink', 'replan', 'reroute'];
const kinds = ['synchronous', 'asynchronous', 'in-memory'];

describe('with everything that can fail', () => {
  test.each([
    ['restart', 'synchronous'],
    ['spares', 'synchronous'],
    ['spares', 'asynchronous'],
    ['spares', 'in-memory'],
    ['shrink', 'asynchronous'],
    ['replan', 'in-memory'],
    ['reroute', 'synchronous'],
  ])(
    '%s, %s checkpoints: GPU-hours by cause add up to GPUs x wall time in every trial, and goodput lies within ETTR',
    (policy, kind) => {
      const spares = policy === 'restart' ? '' : ', spares: 4';
      const resolution = resolve(everything, `recovery={policy: ${policy}${spares}}`, `checkpoint={kind: ${kind}}`);
      const [task] = longRunTasks(resolution, request).tasks;
      if (!task) throw new Error('no task');
      const input = longRunInput(task);
      const run = trialRunner(task);
      let interruptions = 0;
      for (let trial = 0; trial < request.trials; trial++) {
        const books = run(trial);
        const figures = trialFigures(input, books);
        const sum = Object.values(figures.gpuHours).reduce((total, hours) => total + hours, 0);
        expect(Math.abs(sum / (1024 * figures.wallHours) - 1)).toBeLessThan(1e-9);
        for (const hours of Object.values(figures.gpuHours)) expect(hours).toBeGreaterThanOrEqual(-1e-6);
        expect(figures.goodput).toBeLessThanOrEqual(figures.ettr + 1e-12);
        expect(figures.wallHours).toBeCloseTo(72, 9);
        interruptions += figures.interruptions;
      }
      expect(interruptions).toBeGreaterThan(5);
    },
    30_000,
  );
});

test('what another thread has simulated changes nothing, and is not simulated again', () => {
  const resolution = resolve(everything, 'recovery={policy: shrink, spares: 4}');
  const [task] = longRunTasks(resolution, request).tasks;
  if (!task) throw new Error('no task');
  const [own, taught] = [new StepMemo(), new StepMemo()];
  const alone = trialRunner(task, undefined, own);
  const books = [0, 1, 2].map((trial) => alone(trial));
  const news = own.takeNews();
  expect(news.flatMap(({ states }) => states).length).toBeGreaterThan(20);
  taught.learn(news);
  const told = trialRunner(task, undefined, taught);
  expect([2, 1, 0].map((trial) => told(trial)).reverse()).toEqual(books);
  expect(taught.takeNews()).toEqual([]);
}, 30_000);

test('threads that hear of each other in the middle of a trial simulate no state twice', () => {
  const [task] = longRunTasks(resolve(everything, 'recovery={policy: shrink, spares: 4}'), request).tasks;
  if (!task) throw new Error('no task');
  const own = new StepMemo();
  const alone = trialRunner(task, undefined, own);
  const books = [0, 1, 2].map((trial) => alone(trial));
  const told: SimulatedSteps[] = [];
  /** As one of two threads: it hears what the other has told since it asked last. */
  const memo = () => {
    let heard = 0;
    return new StepMemo({
      tell: (steps) => told.push(steps),
      hear: () => {
        const since = heard;
        heard = told.length;
        return told.slice(since);
      },
    });
  };
  const [one, other] = [memo(), memo()].map((shared) => trialRunner(task, undefined, shared));
  expect([one?.(0), other?.(1), one?.(2)]).toEqual(books);
  expect(other?.(0)).toEqual(books[0]);
  const states = (all: readonly SimulatedSteps[]): string[] =>
    all.flat().flatMap(({ job, states: some }) => some.map(([state]) => `${job} ${state}`));
  expect(new Set(states(told)).size).toBe(told.length);
  expect(new Set(states(told))).toEqual(new Set(states([own.takeNews()])));
}, 30_000);

describe('figures of many trials', () => {
  test('RSC-1 at 1,024 GPUs: the rate alone gives 28.8 h, with lemons and correlated failures what Meta measured, 7.9 h', async () => {
    const mttf = async (more: string, trials: number) => {
      const resolution = resolve(`failures={profile: meta-rsc-1${more}}`, 'checkpoint={intervalSeconds: 3600}');
      const { report } = await longRunStudy(resolution, { ...request, trials, windowSeconds: 54 * 86400 });
      const [point] = report.points;
      if (!point) throw new Error('no point');
      return point.mttfHours;
    };
    const alone = await mttf('', 200);
    expect(alone.ci95[0]).toBeLessThan(28.85);
    expect(alone.ci95[1]).toBeGreaterThan(28.84);
    expect(alone.ci95[1] - alone.ci95[0]).toBeLessThan(2);
    const both = await mttf(', lemons: true, correlated: true', 400);
    expect(both.ci95[0]).toBeLessThan(7.9);
    expect(both.ci95[1]).toBeGreaterThan(7.9);
    expect(both.ci95[1] - both.ci95[0]).toBeLessThan(2);
  });

  test('the time to failure is of the time up: waiting for repairs does not lengthen it', async () => {
    const resolution = resolve('failures={profile: meta-rsc-1}', 'recovery={policy: restart}');
    const { report } = await longRunStudy(resolution, {
      ...request,
      gpus: [16384],
      trials: 100,
      windowSeconds: 54 * 86400,
    });
    const [point] = report.points;
    expect(point?.goodput.mean).toBeLessThan(0.1);
    expect(Math.abs((point?.mttfHours.mean ?? 0) / 1.8029 - 1)).toBeLessThan(0.05);
  });

  test('the published rate of Llama 3 is one by node: 49.5 h at 1,024 GPUs, 3.09 h at 16,384, 0.387 h at 131,072', async () => {
    for (const [gpus, hours] of [
      [1024, 49.5],
      [16384, 3.09],
      [131072, 0.387],
    ] as const) {
      const resolution = resolve('failures={profile: llama3-2024}', 'job.globalBatch=2048');
      const [input] = longRunTasks(resolution, { ...request, gpus: [gpus] }).inputs;
      expect(1 / (input?.failuresPerHour ?? 0) / hours).toBeCloseTo(1, 2);
    }
  });

  test('no failures and no checkpoints: goodput is exactly 1, under every policy and kind', async () => {
    for (const policy of policies) {
      for (const kind of kinds) {
        const resolution = resolve(`recovery={policy: ${policy}}`, `checkpoint={kind: ${kind}}`);
        const [point] = (await longRunStudy(resolution, request)).report.points;
        expect(point?.goodput).toEqual({ mean: 1, ci95: [1, 1], p5: 1, p50: 1, p95: 1 });
      }
    }
  });

  test('every profile says how many spares stand by, and a scenario that says nothing of recovery has them', () => {
    for (const { name, spares } of failureProfiles) {
      const { scenario, warnings } = resolve(`failures={profile: ${name}}`);
      expect(scenario.recovery).toMatchObject({ policy: 'spares', spares });
      expect(warnings.join()).toContain(`${spares} spare nodes stand by, as profile ${name} has it`);
      expect(resolve(`failures={profile: ${name}}`, 'recovery.policy=shrink').scenario.recovery?.spares).toBe(0);
    }
    expect(resolve('recovery.spares=3').scenario.recovery?.policy).toBe('spares');
    expect(resolve('recovery.spares=0').scenario.recovery?.policy).toBe('restart');
  });
});

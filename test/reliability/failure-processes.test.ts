import {
  type CheckpointScheme,
  CounterRandom,
  drawFailures,
  type FailureComponent,
  type FailureModel,
  failureLevels,
  JobNodes,
  type LongRun,
  longRunTrial,
  type PhaseInterval,
  type RunEvent,
  type RunStop,
  runJob,
  synchronousScheme,
  type TraceSeed,
} from '@regatta/sim-core';
import { recoverableJob } from '@regatta/sim-core/testing';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { recovery } from '../support/job-under-failures.js';
import { asRunEvent, listedFailures } from '../support/listed-failures.js';

const hour = 3600;
const domainsWith = (nodesPerRack: number) => ({
  nodes: 8,
  spares: 0,
  gpusPerNode: 8,
  nicsPerNode: 4,
  nodesPerSwitch: 4,
  switchesPerGroup: 2,
  nodesPerRack,
});

/** Gaps from a short list make failures of many instances fall together. */
const law: fc.Arbitrary<Pick<FailureComponent, 'distribution' | 'shape' | 'values' | 'baseMtbfHours'>> =
  fc.constantFrom(
    { distribution: 'exponential' },
    { distribution: 'exponential', baseMtbfHours: 30 },
    { distribution: 'weibull', shape: 0.6 },
    { distribution: 'weibull', shape: 2 },
    { distribution: 'empirical', values: [1, 2, 3] },
    { distribution: 'empirical', values: [0, 1, 5] },
  );
const component = fc
  .record({
    level: fc.constantFrom(...failureLevels),
    mode: fc.constantFrom('stop' as const, 'stop' as const, 'slow' as const, 'planned' as const),
    mtbfHours: fc.constantFrom(100, 500, 3000),
    law,
    detectSeconds: fc.constantFrom(0, 60, hour),
    repairHours: fc.constantFrom(0, 0.5, 10, Number.POSITIVE_INFINITY),
    capacityFactor: fc.constantFrom(1, 0.5, 0),
    transient: fc.boolean(),
  })
  .map(
    ({ law: drawn, mode, transient, ...one }): Omit<FailureComponent, 'name'> => ({
      ...one,
      ...drawn,
      mode,
      ...(mode === 'slow' ? { slowFactor: 1.5, transient } : {}),
    }),
  );
const incident = fc.record({
  timeSeconds: fc.nat(60).map((halves) => (halves * hour) / 2),
  component: fc.constant(0),
  node: fc.integer({ min: -1, max: 10 }),
});
const model = fc
  .record(
    {
      components: fc.array(component, { minLength: 1, maxLength: 4 }),
      lemons: fc.record({
        fraction: fc.constantFrom(0.1, 0.5),
        factor: fc.constantFrom(1, 3, 10),
        repairHours: fc.constantFrom(undefined, 0, 3),
      }),
      correlated: fc.record({ probability: fc.constantFrom(0.2, 0.9), withinSeconds: fc.constantFrom(0, 300, 1e5) }),
      incidents: fc.array(incident, { maxLength: 20 }),
      startup: fc.record({ probability: fc.constantFrom(0.1, 0.5), meanSeconds: fc.constantFrom(100, hour) }),
    },
    { requiredKeys: ['components'] },
  )
  .map((one): FailureModel => ({ ...one, components: one.components.map((c, i) => ({ ...c, name: `kind ${i}` })) }));
const seed = fc.record({ seed: fc.nat(), trial: fc.nat(99) });
const rack = fc.constantFrom(1, 3, 4);

describe('failures as processes on the event queue', () => {
  test('are those of the list: every level, mode, distribution, lemons, followers, a log', () => {
    const seen = { failures: 0, together: 0, ofLemon: 0 };
    fc.assert(
      fc.property(model, rack, seed, fc.constantFrom(10, 100, 400), (failures, nodesPerRack, luck, hours) => {
        const domains = domainsWith(nodesPerRack);
        const found = drawFailures(failures, domains, hours * hour, luck);
        expect(found).toEqual(listedFailures(failures, domains, hours * hour, luck));
        seen.failures += found.length;
        seen.ofLemon += found.filter(({ ofLemon }) => ofLemon).length;
        seen.together += found.filter(({ timeSeconds }, i) => timeSeconds === found[i - 1]?.timeSeconds).length;
      }),
      { numRuns: 300 },
    );
    expect(seen.failures).toBeGreaterThan(1000);
    for (const count of Object.values(seen)) expect(count).toBeGreaterThan(100);
  });

  const asynchronous: CheckpointScheme = {
    intervalSeconds: 1800,
    stallSeconds: 5,
    tiers: [{ persistSeconds: 300, everySeconds: 0, restoreSeconds: 100, replicas: 0 }],
  };
  const run = fc.record({
    failures: model,
    nodesPerRack: rack,
    spares: fc.nat(3),
    policy: fc.constantFrom('restart', 'shrink', 'replan', 'reroute'),
    checkpoint: fc.constantFrom(synchronousScheme(hour, 60, 30), asynchronous),
    // The job is done within its first epoch, after many, or never.
    solveHours: fc.constantFrom(3, 25, 100, Number.POSITIVE_INFINITY),
    windowHours: fc.constantFrom(50, 200),
  });

  const whatOf = ({ name, time, firstNode, nodeCount }: RunEvent): string =>
    `${name} ${time} ${firstNode} ${nodeCount}`;
  const ofNoEvent: readonly RunStop['why'][] = ['start-up', 'grow back'];
  /** When each start dies of itself, from its own random numbers. */
  const deathsOf =
    ({ startup }: FailureModel, luck: TraceSeed) =>
    (start: number): number | undefined => {
      const random = new CounterRandom(`${luck.seed}/trial ${luck.trial}/startup`);
      if (!startup || random.uniform(start, 0) >= startup.probability) return undefined;
      return -startup.meanSeconds * Math.log1p(-random.uniform(start, 1));
    };

  test('a trial is the job run through the list of all failures of its window: its books, phases and stops', () => {
    const seen = { unfinished: 0, epochs: 0, interruptions: 0 };
    fc.assert(
      fc.property(run, seed, (given, luck) => {
        const { failures, policy, spares, checkpoint } = given;
        const plan = {
          solveSeconds: given.solveHours * hour,
          checkpoint,
          restartSeconds: 300,
          stepSeconds: 10,
          horizonSeconds: 10 * hour,
        };
        const domains = { ...domainsWith(given.nodesPerRack), spares };
        const windowSeconds = given.windowHours * hour;
        const policyOfJob = recovery(policy)(recoverableJob({ failoverSeconds: 60 }));
        const trial: LongRun = { plan, failures, domains, recovery: policyOfJob, windowSeconds };
        const phases: PhaseInterval[] = [];
        const stops: RunStop[] = [];
        const books = longRunTrial(trial, luck, {
          phase: (phase) => phases.push(phase),
          stop: (stop) => stops.push(stop),
        });
        expect(longRunTrial(trial, luck)).toEqual(books);
        const list = listedFailures(failures, { ...domains, spares: 0 }, windowSeconds, luck);
        const expected: PhaseInterval[] = [];
        const nodes = new JobNodes(policyOfJob, spares, domains.nicsPerNode);
        const events = list.map((failure) => asRunEvent(failure, trial));
        const mortal = { ...plan, startupDeath: deathsOf(failures, luck) };
        expect(runJob(mortal, nodes, events, windowSeconds, (phase) => expected.push(phase))).toEqual(books);
        expect(phases).toEqual(expected);
        expect(stops).toHaveLength(books.interruptions + books.plannedStops);
        const known = new Set(events.map((event) => whatOf(event)));
        for (const { why, event } of stops)
          expect(event === undefined ? ofNoEvent.includes(why) : known.has(whatOf(event))).toBe(true);
        seen.interruptions += books.interruptions;
        if (!books.finished) seen.unfinished++;
        else if (books.wall > 2 * plan.solveSeconds) seen.epochs++;
      }),
      { numRuns: 300 },
    );
    for (const count of Object.values(seen)) expect(count).toBeGreaterThan(0);
  });
});

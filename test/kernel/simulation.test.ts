import { allOf, anyOf, Interrupt, RandomStreams, Resource, Simulation } from '@regatta/sim-core';
import { describe, expect, test } from 'vitest';

describe('Simulation', () => {
  test('processes wait for delays, events, each other and resources, in order of scheduling', () => {
    const simulation = new Simulation();
    const log: string[] = [];
    const gate = simulation.event<number>();
    const room = new Resource(1);
    const visit = (name: string, stay: number) =>
      simulation.process(function* () {
        yield room.request();
        log.push(`${name} in ${simulation.now}`);
        yield simulation.timeout(stay);
        room.release();
        return name;
      });
    const a = visit('a', 2);
    const b = visit('b', 3);
    simulation.process(function* () {
      const value = yield gate;
      log.push(`gate ${value} at ${simulation.now}`);
      const names = yield allOf([a, b]);
      log.push(`both ${String(names)} at ${simulation.now}`);
    });
    simulation.schedule(1, () => gate.succeed(42));
    simulation.run();
    expect(log).toEqual(['a in 0', 'gate 42 at 1', 'b in 2', 'both a,b at 5']);
  });

  test('an interrupt is thrown where the process waits, and what it waited for goes on without it', () => {
    const simulation = new Simulation();
    const log: string[] = [];
    const worker = simulation.process(function* () {
      try {
        yield simulation.timeout(10);
        log.push('done');
      } catch (error) {
        if (!(error instanceof Interrupt)) throw error;
        log.push(`interrupted by ${String(error.cause)} at ${simulation.now}`);
        yield simulation.timeout(1);
        log.push(`recovered at ${simulation.now}`);
      }
    });
    simulation.schedule(4, () => worker.interrupt('failure'));
    simulation.run();
    expect(log).toEqual(['interrupted by failure at 4', 'recovered at 5']);
    expect(simulation.now).toBe(10);
  });

  test('the first of several events wins', () => {
    const simulation = new Simulation();
    let seen = -1;
    simulation.process(function* () {
      yield anyOf([simulation.timeout(5), simulation.timeout(3)]);
      seen = simulation.now;
    });
    simulation.run();
    expect(seen).toBe(3);
  });

  test('scheduled actions can be cancelled and moved; run stops where it is told', () => {
    const simulation = new Simulation();
    const log: number[] = [];
    const first = simulation.schedule(1, () => log.push(1));
    const second = simulation.schedule(2, () => log.push(2));
    simulation.schedule(3, () => log.push(3));
    first.cancel();
    second.reschedule(3);
    simulation.run(2.5);
    expect([log, simulation.now]).toEqual([[], 2.5]);
    simulation.run();
    expect(log).toEqual([3, 2]);
    expect(() => simulation.schedule(-1, () => undefined)).toThrow(RangeError);
  });
});

describe('RandomStreams', () => {
  test('a stream depends on the seed and its name alone', () => {
    const draw = (streams: RandomStreams, name: string): number[] => {
      const stream = streams.stream(name);
      return Array.from({ length: 5 }, () => stream.uniform());
    };
    const one = new RandomStreams(7);
    const other = new RandomStreams(7);
    other.stream('noise').uniform();
    expect(draw(one, 'node 17')).toEqual(draw(other, 'node 17'));
    expect(draw(one, 'node 17')).not.toEqual(draw(one, 'node 18'));
    expect(draw(one, 'node 17')).not.toEqual(draw(new RandomStreams(8), 'node 17'));
  });

  test('distributions have their means', () => {
    const stream = new RandomStreams(1).stream('means');
    const mean = (draw: () => number): number => {
      let sum = 0;
      for (let i = 0; i < 40_000; i++) sum += draw();
      return sum / 40_000;
    };
    expect(mean(() => stream.exponential(3))).toBeCloseTo(3, 1);
    expect(mean(() => stream.normal(2, 1))).toBeCloseTo(2, 1);
    expect(mean(() => stream.lognormal(-0.005, 0.1))).toBeCloseTo(1, 2);
    expect(mean(() => stream.weibull(2, 1))).toBeCloseTo(2, 1);
    expect(mean(() => stream.integer(10))).toBeCloseTo(4.5, 0);
    expect(mean(() => stream.poisson(4))).toBeCloseTo(4, 1);
  });
});

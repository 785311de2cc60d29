import seedrandom from 'seedrandom';
import { inverseNormal } from './inverse-normal.js';

/** Draws of one named stream. Every method but `poisson` consumes exactly one uniform, so streams stay in step. */
export interface RandomStream {
  /** Uniform on [0, 1). */
  uniform(): number;
  /** Exponential with the given mean. */
  exponential(mean: number): number;
  normal(mean?: number, sigma?: number): number;
  /** exp of a normal with parameters mu and sigma. */
  lognormal(mu: number, sigma: number): number;
  weibull(scale: number, shape: number): number;
  /** Whole number on [0, below). */
  integer(below: number): number;
  /** Number of events of a Poisson process with the given mean. */
  poisson(mean: number): number;
  pick<T>(items: readonly T[]): T;
}

/** Independent streams of random numbers, each made from the seed and its name alone, so that what is drawn from one never moves another. */
export class RandomStreams {
  readonly #seed: string;

  constructor(seed: number | string) {
    this.#seed = String(seed);
  }

  /** A fresh stream at its beginning: the same seed and name give the same draws, whatever else was drawn before. */
  stream(name: string): RandomStream {
    return new SeededStream(`${this.#seed}/${name}`);
  }
}

class SeededStream implements RandomStream {
  readonly #next: () => number;

  constructor(seed: string) {
    const generator = seedrandom.alea(seed);
    this.#next = () => generator.double();
  }

  uniform(): number {
    return this.#next();
  }

  exponential(mean: number): number {
    return -mean * Math.log1p(-this.#next());
  }

  normal(mean = 0, sigma = 1): number {
    // The inverse distribution function takes one uniform a draw, where Box-Muller would keep a second one for later.
    const u = this.#next();
    return mean + sigma * inverseNormal(u > 0 ? u : 2 ** -53);
  }

  lognormal(mu: number, sigma: number): number {
    return Math.exp(this.normal(mu, sigma));
  }

  weibull(scale: number, shape: number): number {
    return scale * (-Math.log1p(-this.#next())) ** (1 / shape);
  }

  integer(below: number): number {
    if (!(below >= 1)) throw new RangeError(`RandomStream.integer: below is ${below}, must be 1 or more`);
    return Math.floor(this.#next() * below);
  }

  poisson(mean: number): number {
    let count = -1;
    for (let time = 0; time < mean; count++) time += this.exponential(1);
    return Math.max(0, count);
  }

  pick<T>(items: readonly T[]): T {
    const item = items[this.integer(items.length)];
    if (item === undefined) throw new RangeError('RandomStream.pick: no items');
    return item;
  }
}

import { InputError, type InputIssue, parseCount, parseTime } from '@regatta/scenarios';
import { type Arguments, stringArgument } from './command.js';

/** Reads options, collecting what is wrong with them. */
export class Flags {
  readonly #issues: InputIssue[] = [];

  constructor(readonly args: Arguments) {}

  wrong(name: string, message: string, expected: string): void {
    this.#issues.push({ code: 'usage', path: `--${name}`, expected, received: '', message });
  }

  list(name: string): string[] | undefined {
    return stringArgument(this.args, name)
      ?.split(',')
      .map((part) => part.trim())
      .filter((part) => part !== '');
  }

  count(name: string, least = 0): number | undefined {
    return this.#read(
      name,
      (value) => parseCount(value),
      (value) => value >= least,
      `a whole number of at least ${least}`,
    );
  }

  positive(name: string): number | undefined {
    return this.#read(name, Number, (value) => value > 0 && Number.isFinite(value), 'a number above 0');
  }

  seconds(name: string, positive = false): number | undefined {
    return this.#read(name, parseTime, (value) => value > 0 || !positive, 'a time such as 90, 5min, 2h');
  }

  throwIfAny(): void {
    if (this.#issues.length > 0) throw new InputError(this.#issues);
  }

  #read(
    name: string,
    read: (text: string) => number | undefined,
    legal: (value: number) => boolean,
    expected: string,
  ): number | undefined {
    const given = stringArgument(this.args, name);
    if (given === undefined) return undefined;
    const value = read(given);
    if (value !== undefined && !Number.isNaN(value) && legal(value)) return value;
    this.wrong(name, `is ${given}`, expected);
    return undefined;
  }
}

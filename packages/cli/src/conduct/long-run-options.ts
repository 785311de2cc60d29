import { InputError, type LongRunRequest, parseCount, parseTime } from '@regatta/scenarios';
import { type Arguments, type OptionSpec, stringArgument } from './command.js';
import { gpuCounts } from './scenario-options.js';

/** Options of the commands that simulate long runs. */
export const longRunOptions: Readonly<Record<string, OptionSpec>> = {
  gpus: { type: 'string', describe: 'GPU counts, separated by commas' },
  scaling: {
    type: 'string',
    describe: 'weak: the batch grows with the GPUs; strong: it stays (default weak)',
    choices: ['weak', 'strong'],
  },
  days: { type: 'string', describe: 'length of the simulated time' },
  trials: { type: 'string', describe: 'independent trials (default 100)' },
  workers: { type: 'string', describe: 'threads that run trials (default: the cores, when it pays)' },
  strict: { type: 'boolean', describe: 'the first bad row of a log of incidents is wrong input' },
  until: {
    type: 'string',
    describe: 'a percentage: stop when the interval of goodput is that narrow; a time: the end of the simulated window',
  },
};

const wrong = (path: string, message: string, expected: string): InputError =>
  new InputError([{ code: 'flag', path, message, expected, received: '' }]);

/** A whole number from a flag. @throws InputError when it is none. */
export function countOf(args: Arguments, name: string, fallback: number): number {
  const text = stringArgument(args, name);
  if (text === undefined) return fallback;
  const value = parseCount(text);
  if (value === undefined || (name === 'trials' && value < 1))
    throw wrong(`--${name}`, `is ${text}`, 'a whole number of at least 1');
  return value;
}

/** Threads asked for; undefined: the program decides. @throws InputError when it is no whole number of at least 1. */
export function workersOf(args: Arguments): number | undefined {
  if (stringArgument(args, 'workers') === undefined) return undefined;
  const workers = countOf(args, 'workers', 1);
  if (workers < 1) throw wrong('--workers', `is ${workers}`, 'a whole number of at least 1');
  return workers;
}

interface Window {
  readonly seconds?: number;
  readonly share?: number;
}

function windowOf(args: Arguments): Window {
  const days = stringArgument(args, 'days');
  const until = stringArgument(args, 'until');
  const window: { seconds?: number; share?: number } = {};
  if (days !== undefined) {
    const value = Number(days);
    if (!(value > 0)) throw wrong('--days', `is ${days}`, 'a number of days above 0');
    window.seconds = value * 86400;
  }
  if (until?.endsWith('%')) {
    window.share = Number(until.slice(0, -1)) / 100;
    if (!(window.share > 0)) throw wrong('--until', `is ${until}`, 'a percentage above 0, or a time');
  } else if (until !== undefined) {
    const seconds = parseTime(until);
    if (!seconds) throw wrong('--until', `is ${until}`, 'a percentage such as 1%, or a time such as 54d');
    window.seconds = seconds;
  }
  return window;
}

/** What the flags ask of a long run. @throws InputError for flags that make no sense. */
export function longRunRequest(args: Arguments): LongRunRequest {
  const window = windowOf(args);
  return {
    gpus: gpuCounts(args),
    scaling: stringArgument(args, 'scaling') === 'strong' ? 'strong' : 'weak',
    trials: countOf(args, 'trials', 100),
    ...(window.seconds === undefined ? {} : { windowSeconds: window.seconds }),
    ...(window.share === undefined ? {} : { untilShare: window.share }),
  };
}

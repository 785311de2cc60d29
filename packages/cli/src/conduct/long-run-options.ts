import type { LongRunRequest } from '@regatta/scenarios';
import { type Arguments, type OptionSpec, stringArgument } from './command.js';
import { Flags } from './flags.js';
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
  trials: { type: 'string', describe: 'independent trials (default 100; with --until N%: at most 10,000)' },
  workers: { type: 'string', describe: 'threads that run trials (default: the cores, when it pays)' },
  strict: { type: 'boolean', describe: 'the first bad row of a log of incidents is wrong input' },
  until: {
    type: 'string',
    describe: 'a percentage: stop when the interval of goodput is that narrow; a time: the end of the simulated window',
  },
  'policy-timeout': { type: 'string', describe: "longest call into a user's recovery policy (default 10s)" },
  report: { type: 'string', describe: 'write an HTML page with the figures to this file' },
};

const defaultTrials = 100;
/** Where an interval is asked for, it decides; this ends what would never get there. */
const mostTrialsUntil = 10_000;

/** What the flags of a long run ask for. */
export interface LongRunFlags {
  readonly request: LongRunRequest;
  /** Threads; undefined: the program decides. */
  readonly workers: number | undefined;
  readonly policyTimeoutSeconds: number;
  readonly trial: number | undefined;
}

/** Reads the flags of a long run. @throws InputError with all that make no sense. */
export function longRunFlags(args: Arguments): LongRunFlags {
  const flags = new Flags(args);
  const days = flags.positive('days');
  const workers = flags.count('workers', 1);
  const trial = flags.count('trial');
  const policyTimeoutSeconds = flags.seconds('policy-timeout', true) ?? 10;
  const until = stringArgument(args, 'until');
  let untilShare: number | undefined;
  let untilSeconds: number | undefined;
  if (until?.endsWith('%')) {
    untilShare = Number(until.slice(0, -1)) / 100;
    if (!(untilShare > 0 && untilShare < 1)) flags.wrong('until', `is ${until}`, 'a percentage above 0 and below 100');
  } else if (until !== undefined) untilSeconds = flags.seconds('until', true);
  if (days !== undefined && untilSeconds !== undefined)
    flags.wrong('until', `is ${until}, and --days is given too`, 'one end of the simulated time');
  const trials = flags.count('trials', 1) ?? (untilShare === undefined ? defaultTrials : mostTrialsUntil);
  flags.throwIfAny();
  const windowSeconds = days === undefined ? untilSeconds : days * 86400;
  return {
    request: {
      gpus: gpuCounts(args),
      scaling: stringArgument(args, 'scaling') === 'strong' ? 'strong' : 'weak',
      trials,
      ...(windowSeconds === undefined ? {} : { windowSeconds }),
      ...(untilShare === undefined ? {} : { untilShare }),
    },
    workers,
    policyTimeoutSeconds,
    trial,
  };
}

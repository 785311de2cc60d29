import {
  type CollectiveHints,
  calibrateFiles,
  catalogueDevice,
  constantsOf,
  deviceHardware,
  didYouMean,
  type FilesCalibration,
  InputError,
  parseCollectiveOp,
} from '@regatta/scenarios';
import { stringify } from 'yaml';
import { type Arguments, type Command, flag, listArgument, stringArgument } from '../conduct/command.js';
import type { Io } from '../conduct/io.js';
import { calibrateText, originOf } from '../render/calibrate-text.js';

type Issue = InputError['issues'][number];

const flagIssue = (path: string, message: string, expected: string): Issue => ({
  code: 'flag',
  path,
  message,
  expected,
  received: '',
});

/** What the command line adds to the files. @throws InputError with every flag that is wrong. */
function hintsOf(args: Arguments): CollectiveHints {
  const issues: Issue[] = [];
  const opText = stringArgument(args, 'op');
  const op = opText === undefined ? undefined : parseCollectiveOp(opText);
  if (op && 'issue' in op) issues.push(op.issue);
  const device = stringArgument(args, 'device');
  const names = deviceHardware.map(({ name }) => name);
  if (device !== undefined && !names.includes(device))
    issues.push(flagIssue('--device', `unknown device ${device}${didYouMean(device, names)}`, names.join(' | ')));
  const stack = stringArgument(args, 'stack');
  const gbpsText = stringArgument(args, 'nic-gbps');
  const nicGbps = gbpsText === undefined ? undefined : Number(gbpsText);
  if (nicGbps !== undefined && !(nicGbps > 0))
    issues.push(flagIssue('--nic-gbps', `is ${gbpsText}`, 'Gb/s of one NIC, such as 400'));
  if (listArgument(args, 'data').length === 0)
    issues.push(flagIssue('--data', 'is missing', 'a file of measured runs, or a log of nccl-tests'));
  if (issues.length > 0) throw new InputError(issues);
  return {
    ...(op && 'value' in op ? { op: op.value } : {}),
    ...(device === undefined ? {} : { device }),
    ...(stack === undefined ? {} : { stack }),
    ...(nicGbps === undefined ? {} : { nicGbps }),
  };
}

/** Writes the device that the constants are of, each with where it comes from. */
function writeDevice(
  path: string,
  calibration: FilesCalibration,
  hints: CollectiveHints,
  force: boolean,
  io: Io,
): void {
  const devices = [...new Set(calibration.constants.map((constant) => constant.device))];
  const name = hints.device ?? devices[0] ?? '';
  const own = calibration.constants.filter((constant) => constant.device === name);
  const stacks = [...new Set(own.map(({ stack }) => stack))];
  if (devices.length > 1 && hints.device === undefined)
    throw new InputError([
      flagIssue('--out', `the measurements are of ${devices.length} devices (${devices.join(', ')})`, '--device NAME'),
    ]);
  if (own.length === 0)
    throw new InputError([flagIssue('--device', `no measurement is of ${name}`, devices.join(' | '))]);
  const repeated = own.filter((one, i) => own.findIndex((other) => other.name === one.name) !== i);
  if (repeated.length > 0)
    throw new InputError([
      flagIssue(
        '--out',
        `${repeated.map((one) => one.name).join(', ')} of ${name} is fitted for each of ${stacks.join(', ')}`,
        'rows of one software stack',
      ),
    ]);
  // The stack of training runs is the one whose other constants stand beside the fitted ones.
  const stack = own.find((one) => one.name === 'gemmMax' || one.name === 'narrowGemmMax')?.stack ?? own[0]?.stack;
  const device = {
    ...catalogueDevice(name, stack),
    ...constantsOf(own, name),
    name: `${name}-calibrated`,
    stack: 'calibrated',
  };
  const rest = `# All else: catalogue device ${name}, stack ${stack ?? 'default'}.\n`;
  io.writeFile(path, own.map(originOf).join('') + rest + stringify(device), force);
  io.remark(`wrote ${path}`);
}

export const calibrate: Command = {
  usage: 'calibrate',
  describe:
    "Fits a device's efficiencies (GEMM, NVLink, NIC) to measured runs and nccl-tests logs, and writes a device file with what each rests on.",
  examples: [
    ['regatta calibrate --data my-runs.json', 'fit, and show what the fit rests on'],
    [
      'regatta calibrate --data all_reduce.log --data my-runs.json --out my-gpu.yaml',
      'bandwidths from a log, then GEMM efficiency from runs: a device file',
    ],
    ['regatta replay scenario.yaml --device my-gpu.yaml', 'the file in use'],
  ],
  options: {
    data: {
      type: 'array',
      describe:
        'measured runs in the form of the published ones (regatta validate), or a log of nccl-tests; repeatable',
    },
    op: { type: 'string', describe: 'operation of a log that does not tell it, such as all_gather' },
    device: { type: 'string', describe: 'device of a log that does not name its GPUs; which of several to write' },
    stack: {
      type: 'string',
      describe: 'software stack whose other constants a log is compared under (default: newest)',
    },
    'nic-gbps': {
      type: 'string',
      describe: 'Gb/s of one NIC, for logs of several nodes (default: usual for the device)',
    },
  },
  run(args, io) {
    io.progress('fitting constants');
    const hints = hintsOf(args);
    const files = listArgument(args, 'data').map((name) => ({ name, text: io.readText(name) }));
    const calibration = calibrateFiles(files, hints);
    const out = stringArgument(args, 'out');
    if (out !== undefined) writeDevice(out, calibration, hints, flag(args, 'force'), io);
    if (flag(args, 'json')) {
      const { constants, skipped } = calibration;
      io.print(`${JSON.stringify({ schemaVersion: 1, command: 'calibrate', constants, skipped })}\n`);
    } else io.print(calibrateText(calibration));
    for (const warning of calibration.warnings) io.remark(`note: ${warning}`);
    for (const { id, reason } of calibration.skipped) io.remark(`not used: ${id}: ${reason}`);
    return 0;
  },
};

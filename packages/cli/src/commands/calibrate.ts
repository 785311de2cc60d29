import {
  calibrate as calibrateStudy,
  catalogueDevice,
  constantsOf,
  InputError,
  readPublished,
} from '@regatta/scenarios';
import { stringify } from 'yaml';
import { type Command, flag, stringArgument } from '../conduct/command.js';
import { percent } from '../render/format.js';
import { table } from '../render/table.js';

export const calibrate: Command = {
  usage: 'calibrate',
  describe:
    "Fits a device's GEMM efficiencies to measured runs and writes a device file, with what each constant rests on.",
  examples: [
    ['regatta calibrate --data my-runs.json', 'fit, and show what the fit rests on'],
    [
      'regatta calibrate --data my-runs.json --out my-gpu.yaml',
      'write the device for the cluster.device of a scenario',
    ],
    ['regatta calibrate --data my-runs.json --json', 'the constants as JSON'],
  ],
  options: {
    data: { type: 'string', describe: 'measured runs, in the form of the published ones (regatta validate)' },
  },
  run(args, io) {
    const path = stringArgument(args, 'data');
    if (path === undefined) {
      throw new InputError([
        { code: 'flag', path: '--data', message: 'is missing', expected: 'a file of measured runs', received: '' },
      ]);
    }
    io.progress('fitting constants');
    const calibration = calibrateStudy(path, readPublished(io.readText(path), path));
    const devices = [...new Set(calibration.constants.map((constant) => constant.device))];
    const out = stringArgument(args, 'out');
    if (out !== undefined) {
      if (devices.length > 1) {
        throw new InputError([
          {
            code: 'flag',
            path: '--out',
            message: `the rows are of ${devices.length} devices (${devices.join(', ')})`,
            expected: 'rows of one device',
            received: '',
          },
        ]);
      }
      const [name = ''] = devices;
      const device = {
        ...catalogueDevice(name, calibration.constants[0]?.stack),
        ...constantsOf(calibration, name),
        name: `${name}-calibrated`,
        stack: 'calibrated',
      };
      const origin = calibration.constants.map(
        (c) =>
          `# ${c.name} ${c.value.toFixed(4)}: fitted to ${c.rows.join(', ')}; error ${percent(c.errorAfter)}, spread ${c.spread.toFixed(3)}, confidence ${c.confidence}. All else: catalogue.\n`,
      );
      io.writeFile(out, origin.join('') + stringify(device), flag(args, 'force'));
      io.remark(`wrote ${out}`);
    }
    if (flag(args, 'json')) io.print(`${JSON.stringify({ schemaVersion: 1, command: 'calibrate', ...calibration })}\n`);
    else {
      io.print(
        table(
          [
            'device',
            'stack',
            'constant',
            'value',
            'before',
            'rows',
            'error before',
            'after',
            'held out',
            'spread',
            'confidence',
          ],
          calibration.constants.map((c) => [
            c.device,
            c.stack,
            c.name,
            c.value.toFixed(4),
            c.before.toFixed(4),
            String(c.rows.length),
            percent(c.errorBefore),
            percent(c.errorAfter),
            c.leaveOneOutError === undefined ? '-' : percent(c.leaveOneOutError),
            c.spread.toFixed(3),
            c.confidence,
          ]),
          [0, 1, 2, 10],
        ),
      );
      for (const { id, reason } of calibration.skipped) io.remark(`not used: ${id}: ${reason}`);
    }
    return 0;
  },
};

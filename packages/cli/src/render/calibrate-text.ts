import type { FilesCalibration, FittedConstant } from '@regatta/scenarios';
import { duration, percent } from './format.js';
import { table } from './table.js';

const shown = (name: FittedConstant['name'], value: number): string =>
  name === 'benchmarkLaunchSeconds' ? duration(value) : value.toFixed(4);

/** The human view of `calibrate`: each constant with what it rests on. */
export function calibrateText({ constants }: FilesCalibration): string {
  const head = [
    'device',
    'stack',
    'constant',
    'value',
    'before',
    'measurements',
    'error before',
    'after',
    'held out',
    'spread',
    'confidence',
  ];
  const lines = constants.map((c) => [
    c.device,
    c.stack,
    c.name,
    shown(c.name, c.value),
    shown(c.name, c.before),
    String(c.rows.length),
    percent(c.errorBefore),
    percent(c.errorAfter),
    c.leaveOneOutError === undefined ? '-' : percent(c.leaveOneOutError),
    shown(c.name, c.spread),
    c.confidence,
  ]);
  const remarks = constants.flatMap((c) => (c.remark === undefined ? [] : [`${c.device} ${c.name}: ${c.remark}\n`]));
  return `${table(head, lines, [0, 1, 2, 10])}${remarks.length > 0 ? `\n${remarks.join('')}` : ''}`;
}

/** Where a constant of a device file comes from, as its comment. */
export const originOf = (c: FittedConstant): string =>
  `# ${c.name} ${shown(c.name, c.value)} (before ${shown(c.name, c.before)}): fitted to ${c.rows.join(', ')}; mean error ${percent(c.errorAfter)}, spread ${shown(c.name, c.spread)}, confidence ${c.confidence}${c.remark === undefined ? '' : `; ${c.remark}`}\n`;

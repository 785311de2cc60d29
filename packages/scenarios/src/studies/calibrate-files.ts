import { InputError } from '../schema/input-error.js';
import { parseLocated } from '../schema/located-text.js';
import { isTree } from '../schema/paths.js';
import { collectiveOf, readBusbwSets } from './busbw-score.js';
import { type Calibration, calibrate, constantsOf } from './calibrate.js';
import { calibrateNetwork } from './calibrate-network.js';
import type { FittedConstant } from './fitted-constant.js';
import { type CollectiveHints, type MeasuredCollective, measuredCollectives } from './measured-collectives.js';
import { readPublished } from './published/read-published.js';

export interface CalibrationFile {
  readonly name: string;
  readonly text: string;
}

export interface FilesCalibration extends Calibration {
  readonly warnings: readonly string[];
}

/** What a file of measurements holds: training runs, sets of bus bandwidths, or a log of nccl-tests. */
function kindOf(text: string, name: string): 'rows' | 'sets' | 'log' {
  if (!/^\s*[[{]/.test(text) && !/\.ya?ml$/i.test(name)) return 'log';
  const root = parseLocated(text, name).value;
  if (isTree(root) && Array.isArray(root.sets)) return 'sets';
  return isTree(root) && Array.isArray(root.results) && root.rows === undefined ? 'log' : 'rows';
}

/**
 * Fits a device's constants to measurements of any kind together: bandwidths first, since steps depend on them, then the efficiency
 * of GEMMs under those bandwidths.
 * @throws InputError with every file that cannot be read or used.
 */
export function calibrateFiles(files: readonly CalibrationFile[], hints: CollectiveHints): FilesCalibration {
  const tables: MeasuredCollective[] = [];
  const runs: CalibrationFile[] = [];
  const warnings: string[] = [];
  const skipped: { id: string; reason: string }[] = [];
  const issues: InputError['issues'][number][] = [];
  const collect = (work: () => void): void => {
    try {
      work();
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      issues.push(...error.issues);
    }
  };
  for (const file of files)
    collect(() => {
      const kind = kindOf(file.text, file.name);
      if (kind === 'rows') runs.push(file);
      else if (kind === 'log') {
        const log = measuredCollectives(file.text, file.name, hints);
        tables.push(...log.measured);
        warnings.push(...log.warnings);
      } else {
        const { sets, unreadable } = readBusbwSets(file.text, file.name);
        skipped.push(...unreadable);
        for (const { id, set } of sets) {
          const table = collectiveOf(set, id, hints);
          if (typeof table === 'string') skipped.push({ id, reason: table });
          else tables.push(table);
        }
      }
    });
  const network = calibrateNetwork(tables);
  const constants: FittedConstant[] = [...network];
  for (const { text, name } of runs)
    collect(() => {
      const fitted = calibrate(name, readPublished(text, name), (device) => constantsOf(network, device));
      constants.push(...fitted.constants);
      skipped.push(...fitted.skipped);
    });
  if (issues.length > 0) throw new InputError(issues);
  if (constants.length === 0)
    throw new InputError([
      {
        code: 'calibrate',
        file: files[0]?.name ?? '',
        path: '',
        message: `nothing can be used: ${[...new Set(skipped.map(({ reason }) => reason))].join('; ')}`,
        expected: 'measured runs, or tables of nccl-tests with sizes of 16 MiB and more',
        received: '',
      },
    ]);
  return { constants, skipped, warnings };
}

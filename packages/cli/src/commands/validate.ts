import {
  addFits,
  type BusbwScore,
  boundedGroups,
  didYouMean,
  InputError,
  type MemoryScore,
  parseCount,
  readPublished,
  type ScoredRow,
  scalingPairs,
  scoreBusbwFile,
  scoreFile,
  scoreMemory,
  summariseBy,
  type UnscoredRow,
} from '@regatta/scenarios';
import { type Arguments, type Command, flag, stringArgument } from '../conduct/command.js';
import { deliver } from '../conduct/deliver.js';
import type { Io } from '../conduct/io.js';
import { shippedMeasurements } from '../conduct/package-data.js';
import { scatterHtml, scatterSvg } from '../render/scatter-svg.js';
import { validateText } from '../render/validate-text.js';

const wrong = (path: string, message: string, expected: string): InputError =>
  new InputError([{ code: 'flag', path, message, expected, received: '' }]);

function measurements(args: Arguments, io: Io): { name: string; text: string }[] {
  const path = stringArgument(args, 'data');
  if (path !== undefined) return [{ name: path, text: io.readText(path) }];
  const wanted = stringArgument(args, 'source');
  const all = shippedMeasurements();
  const chosen = all.filter(({ name }) => wanted === undefined || name === wanted);
  const names = all.map(({ name }) => name);
  if (chosen.length === 0)
    throw wrong('--source', `unknown source ${wanted}${didYouMean(wanted ?? '', names)}`, names.join(' | '));
  return chosen;
}

function boundOf(args: Arguments): number | undefined {
  const text = stringArgument(args, 'bound');
  if (text === undefined) return undefined;
  const value = Number(text.replace(/%$/, '')) / (text.endsWith('%') ? 100 : 1);
  if (!(value > 0)) throw wrong('--bound', `is ${text}`, 'a share such as 10% or 0.1');
  return value;
}

export const validate: Command = {
  usage: 'validate',
  describe:
    'Predicts published training runs and shows the error of each: by source, by hardware, worst rows, scaling pairs.',
  examples: [
    ['regatta validate', 'every published row, summarised; exit 1 when a group is over its bound'],
    ['regatta validate --worst 20 --plot errors.svg', 'the worst rows with what was assumed, and a scatter plot'],
    ['regatta validate --data my-runs.json --json', 'your own measured runs, in the form of the published ones'],
  ],
  options: {
    data: { type: 'string', describe: 'score this file instead of the shipped ones' },
    source: { type: 'string', describe: 'only this shipped source' },
    worst: { type: 'string', describe: 'show this many of the worst rows, with what was assumed (default 10)' },
    all: { type: 'boolean', describe: 'show every row by source and device (default with --data of at most 40 rows)' },
    bound: { type: 'string', describe: 'exit 1 when the mean error of a source is over this, such as 10%' },
    plot: { type: 'string', describe: 'write a scatter plot to this file: .svg, or .html with all rows beneath' },
  },
  run(args, io) {
    const worstText = stringArgument(args, 'worst');
    const worst = worstText === undefined ? undefined : parseCount(worstText);
    if (worstText !== undefined && worst === undefined) throw wrong('--worst', `is ${worstText}`, 'a whole number');
    const plot = stringArgument(args, 'plot');
    if (plot !== undefined && !/\.(svg|html?)$/i.test(plot))
      throw wrong('--plot', `is ${plot}`, 'a file .svg or .html');
    const bound = boundOf(args);
    const rows: ScoredRow[] = [];
    const unscored: UnscoredRow[] = [];
    const memory: MemoryScore[] = [];
    const busbw: BusbwScore[] = [];
    for (const { name, text } of measurements(args, io)) {
      io.progress(`scoring ${name}`);
      const file = readPublished(text, name);
      const result = scoreFile(name, file);
      memory.push(scoreMemory(name, file));
      rows.push(...result.scored);
      unscored.push(...result.unscored);
      const measured = scoreBusbwFile(text, name);
      busbw.push(...measured.scores);
      unscored.push(...measured.unscored);
    }
    const own = stringArgument(args, 'data') !== undefined;
    const view = {
      rows,
      unscored,
      bySource: summariseBy(rows, (row) => row.source),
      byHardware: summariseBy(rows, (row) => `${row.hardware} ${row.precision}`),
      groups: own ? [] : boundedGroups(rows),
      pairs: scalingPairs(rows),
      memory: { rows: memory.flatMap((score) => score.rows), fit: addFits(memory.map((score) => score.fit)) },
      busbw,
    };
    if (plot !== undefined)
      io.writeFile(plot, /html?$/i.test(plot) ? scatterHtml(rows) : scatterSvg(rows), flag(args, 'force'));
    const json = {
      schemaVersion: 1,
      command: 'validate',
      rows,
      unscored,
      memory: view.memory,
      busbw,
      summary: { bySource: view.bySource, byHardware: view.byHardware, groups: view.groups, scalingPairs: view.pairs },
    };
    deliver(args, io, json, () =>
      validateText(view, {
        ...(worst === undefined ? {} : { worst }),
        all: flag(args, 'all') || (own && rows.length + unscored.length <= 40),
      }),
    );
    const over =
      bound === undefined
        ? view.groups.some((group) => !group.within)
        : view.bySource.some((s) => s.meanAbsoluteError > bound);
    return over ? 1 : 0;
  },
};

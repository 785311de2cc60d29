import type { CompareReport } from '@regatta/scenarios';
import { duration, number, percent, si, whole } from './format.js';
import { table } from './table.js';

const points = (share: number): string => `${share >= 0 ? '+' : ''}${(share * 100).toFixed(3)}`;

export const compareHead = [
  'variant',
  'goodput',
  'interruptions',
  'MTTF',
  'tokens',
  'goodput against the first, points (95 %)',
  'trials saved',
  'verdict',
] as const;

export function compareRows({ variants }: CompareReport): string[][] {
  return variants.map(({ name, goodput, interruptions, mttfHours, tokens, against }) => {
    const mttf = interruptions.mean === 0 ? '' : duration(mttfHours.mean * 3600);
    const row = [name, percent(goodput.mean, 2), number(interruptions.mean), mttf, si(tokens.mean)];
    if (!against) return [...row, 'the first', '', ''];
    const { mean, ci95, trialsSaved, trialsSavedRatio } = against.goodput;
    const saved =
      trialsSaved === null || trialsSavedRatio === null
        ? ''
        : `${whole(Math.max(0, trialsSaved))} (${number(trialsSavedRatio)}x)`;
    return [...row, `${points(mean)} (${points(ci95[0])} to ${points(ci95[1])})`, saved, against.verdict];
  });
}

/** A comparison for people: each variant against the first, with a verdict where the interval leaves zero out. */
export function compareText(report: CompareReport): string {
  const partial = report.partial ? 'PARTIAL: stopped after ' : '';
  return `${partial}${whole(report.trials)} trials, the same failures for each variant\n\n${table(compareHead, compareRows(report), [0, 7])}`;
}

import { type AlgorithmName, algorithmNames, algorithmsOf, type CollectiveOp, collectiveOps } from '@regatta/sim-core';
import { didYouMean } from '../schema/did-you-mean.js';
import type { InputIssue } from '../schema/input-error.js';
import { parseSize } from '../schema/quantities.js';

/** A value, or what is wrong with the text that should hold it. */
export type Parsed<T> = { readonly value: T } | { readonly issue: InputIssue };

const wrong = (path: string, message: string, expected: string, received: string): { issue: InputIssue } => ({
  issue: { code: 'flag', path, message, expected, received },
});

const bare = (text: string): string =>
  text
    .toLowerCase()
    .replace(/_perf$/, '')
    .replaceAll(/[^a-z]/g, '');

/** An operation by our name or by that of a program of nccl-tests (`all_reduce_perf`, `alltoall_perf`, `sendrecv_perf`). */
export function parseCollectiveOp(text: string): Parsed<CollectiveOp> {
  const op = collectiveOps.find((known) => bare(known) === bare(text));
  if (op) return { value: op };
  return wrong('--op', `unknown operation ${text}${didYouMean(text, collectiveOps)}`, collectiveOps.join(' | '), text);
}

/** An algorithm that runs the operation. */
export function parseAlgorithm(text: string, op: CollectiveOp | undefined): Parsed<AlgorithmName> {
  const algorithm = algorithmNames.find((known) => bare(known) === bare(text));
  if (!algorithm) {
    const names = op ? algorithmsOf(op) : algorithmNames;
    return wrong(
      '--algorithm',
      `unknown algorithm ${text}${didYouMean(text, algorithmNames)}`,
      names.join(' | '),
      text,
    );
  }
  if (op && !algorithmsOf(op).includes(algorithm)) {
    return wrong('--algorithm', `${algorithm} cannot run ${op}`, algorithmsOf(op).join(' | '), text);
  }
  return { value: algorithm };
}

const sizesExpected = 'sizes such as 64MiB, 1KiB,1MiB or 8..8GiB (doubling)';

/** Whole bytes from `64MiB`, `1KiB,1MiB`, or `8..8GiB`, which doubles from the first to the last. */
export function parseSizes(text: string): Parsed<readonly number[]> {
  const sizes: number[] = [];
  for (const part of text.split(',')) {
    const [first = '', last, ...more] = part.split('..');
    const from = parseSize(first);
    const to = last === undefined ? from : parseSize(last);
    const bad = [first, ...(last === undefined ? [] : [last])].find((word) => !Number.isSafeInteger(parseSize(word)));
    if (bad !== undefined || more.length > 0 || from === undefined || to === undefined) {
      const what = bad === undefined || bad.trim() === '' ? `"${part}"` : `"${bad.trim()}"`;
      return wrong('--sizes', `${what} is no size in whole bytes`, sizesExpected, text);
    }
    if (last === undefined) sizes.push(from);
    else if (from < 1 || to < from) {
      return wrong('--sizes', `${part} is an empty range`, 'a range from at least 1 byte up', text);
    } else for (let bytes = from; bytes <= to; bytes *= 2) sizes.push(bytes);
  }
  return { value: sizes };
}

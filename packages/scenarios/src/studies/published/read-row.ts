import { isTree, type Tree, withPath } from '../../schema/paths.js';
import { describeIssues } from '../../schema/zod-issues.js';
import { type PublishedRow, rowSchema, type UnreadableRow } from './published-file.js';

const numeric = /^[+-]?\d+(\.\d+)?(e[+-]?\d+)?$/i;
const show = (value: unknown): string => (JSON.stringify(value) ?? String(value)).slice(0, 40);

/** Texts of rows, which must stay texts though they look like numbers or words of truth. */
const texts = new Set([
  'id',
  'name',
  'round',
  'container',
  'section',
  'dtype',
  'recompute',
  'schedule',
  'source',
  'gpu',
  'system',
  'org',
]);

/** `"8"` as 8, `"yes"` as true, blank as absent; a text that must be one is made of a number. */
function plain(value: unknown, key: string): unknown {
  if (isTree(value)) return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, plain(one, name)]));
  if (texts.has(key)) return typeof value === 'number' || typeof value === 'boolean' ? String(value) : blankless(value);
  if (typeof value !== 'string') return value;
  const text = value.trim().replaceAll(/(?<=\d),(?=\d{3}\b)/g, '');
  if (numeric.test(text)) return Number(text);
  if (/^(yes|true|on)$/i.test(text)) return true;
  if (/^(no|false|off)$/i.test(text)) return false;
  return blankless(value);
}

const blankless = (value: unknown): unknown =>
  typeof value === 'string' && /^\s*(-|n\/?a|null|none given|unknown)?\s*$/i.test(value) ? null : value;

/** Other spellings of a row's fields. */
const spellings: Readonly<Record<string, readonly string[]>> = {
  gpu: ['gpu', 'device', 'hardware', 'accelerator', 'gpuType'],
  gpus: ['gpus', 'numGpus', 'worldSize', 'gpuCount'],
  tensorParallel: ['tensorParallel', 'tp'],
  pipelineParallel: ['pipelineParallel', 'pp'],
  contextParallel: ['contextParallel', 'cp'],
  expertParallel: ['expertParallel', 'ep'],
  dataParallel: ['dataParallel', 'dp'],
  microBatch: ['microBatch', 'microBatchSize', 'mbs'],
  globalBatch: ['globalBatch', 'globalBatchSize', 'gbs'],
  interleave: ['interleave', 'virtualStages', 'vpp'],
  zeroStage: ['zeroStage', 'zero'],
};

function usualNames(row: Tree): Tree {
  const found: Record<string, unknown> = { ...row };
  for (const [name, others] of Object.entries(spellings)) {
    const used = others.find((other) => row[other] !== undefined && row[other] !== null && !isTree(row[other]));
    if (used === undefined || used === name) continue;
    found[name] = row[used];
    delete found[used];
  }
  if (isTree(row.model) && row.model.seqLen === undefined) {
    const seqLen = row.model.sequenceLength ?? row.seqLen ?? row.sequenceLength;
    if (seqLen !== undefined) found.model = { ...row.model, seqLen };
  }
  return found;
}

/** Fields without which a row is none. */
const essential = /^(model|measured|gpus)$/;

/**
 * One row of a file of measurements. Numbers in texts are read as numbers; a field that cannot be read is left out and named in
 * `notRead`, unless the row is nothing without it.
 */
export function readRow(value: unknown, file: string, index: number): PublishedRow | UnreadableRow {
  const place = `${file}/${index + 1}`;
  if (!isTree(value)) return { id: place, reason: `is ${show(value)}, not a map of fields` };
  let tree: Tree = usualNames(value);
  const plainTree = plain(tree, '');
  if (isTree(plainTree)) tree = plainTree;
  const id = typeof tree.id === 'string' && tree.id !== '' ? tree.id : place;
  tree = { ...tree, id };
  const notRead: string[] = [];
  for (let tries = 0; tries < 40; tries++) {
    const parsed = rowSchema.safeParse(tree);
    if (parsed.success) return notRead.length === 0 ? parsed.data : { ...parsed.data, notRead };
    const issues = describeIssues(parsed.error, tree, rowSchema);
    const fatal = issues.filter(({ path }) => essential.test(path));
    if (fatal.length > 0 || issues.length === 0)
      return {
        id,
        reason: fatal.map(({ path, message, expected }) => `${path}: ${message}, expected ${expected}`).join('; '),
      };
    for (const { at, path, received } of issues) {
      notRead.push(`${path}: ${received} not read`);
      tree = withPath(tree, at.map(String), null) ?? tree;
    }
  }
  return { id, reason: `cannot be read: ${notRead.at(-1) ?? ''}` };
}

export const isUnreadable = (row: PublishedRow | UnreadableRow): row is UnreadableRow =>
  'reason' in row && !('measured' in row);

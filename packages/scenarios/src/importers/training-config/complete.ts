import { InputError, type InputIssue } from '../../schema/input-error.js';
import { getPath, type Tree, withPath } from '../../schema/paths.js';
import { type ConfigWarning, configFormats, type TrainingConfig } from './types.js';

/** What the command line adds to a training configuration. */
export interface ConfigContext {
  /** GPU count that the file's batch is for: `--baseline`, or the smallest of `--gpus`. */
  readonly gpus?: number;
  /** Fields that flags and --set lay over the file, with their values. */
  readonly overrides: readonly { readonly path: readonly string[]; readonly value: unknown }[];
}

export const describeWarning = ({ file, line, argument, why }: ConfigWarning): string =>
  `${file}:${line} ${argument}: ${why}`;

/** A flag that sets a field, or a part above it, makes what the file says of it void. */
function isVoid(field: string | undefined, context: ConfigContext): boolean {
  if (field === undefined) return false;
  return context.overrides.some(({ path }) => {
    const set = path.join('.');
    return field === set || field.startsWith(`${set}.`);
  });
}

/**
 * Makes a scenario's tree of a training configuration and the command line: sizes that follow from the number of GPUs are worked
 * out, mistakes and assumptions that a flag replaces are dropped.
 * @throws InputError with every mistake of the file, and when no cluster is named or a size needs a GPU count that nobody gave.
 */
export function completeConfig(
  config: TrainingConfig,
  context: ConfigContext,
): { readonly tree: Tree; readonly warnings: readonly string[]; readonly gpus?: number } {
  const issues: InputIssue[] = config.issues
    .filter(({ field }) => !isVoid(field, context))
    .map(({ field: _field, ...issue }) => issue);
  const warnings = config.warnings.filter(({ field }) => !isVoid(field, context)).map(describeWarning);
  const set = (path: string): boolean => isVoid(path, context);
  const missing = (path: string, message: string, expected: string, at = path): void => {
    issues.push({
      code: 'training-config',
      file: config.file,
      ...(config.origins.get(at) ?? { line: 1, column: 1 }),
      path,
      message,
      expected,
      received: '',
    });
  };
  if (!context.overrides.some(({ path }) => path[0] === 'cluster'))
    missing(
      'cluster',
      `a ${configFormats[config.format]} describes no cluster`,
      '--cluster NAME of regatta catalogue clusters',
    );
  let tree: Tree = config.scenario;
  const put = (path: string, value: unknown): void => {
    tree = withPath(tree, path.split('.'), value) ?? tree;
  };
  const laid = context.overrides.reduce<Tree>((whole, { path, value }) => withPath(whole, path, value) ?? whole, tree);
  const size = (name: string): number => {
    const value = getPath(laid, ['job', 'parallel', name]);
    return typeof value === 'number' ? value : 1;
  };
  const whole = size('tensor') * size('pipeline') * size('context');
  const fixed = getPath(laid, ['job', 'parallel', 'data']);
  const gpus = context.gpus ?? (typeof fixed === 'number' ? fixed * whole : config.gpus);
  const data = gpus === undefined ? undefined : gpus / whole;
  const unknownWorld = (path: string): void =>
    missing(path, 'follows from the number of GPUs, which the file does not tell', '--gpus N');
  const micro = getPath(laid, ['job', 'microBatch']);
  const total = getPath(laid, ['job', 'globalBatch']);
  const { batchPerReplica, accumulation, replicas } = config;
  // GPU counts that the grid does not divide are told by the scaling points, with all the other sizes.
  const replica = data === undefined ? undefined : Math.max(1, Math.floor(data));
  if (batchPerReplica !== undefined && !set('job.globalBatch')) {
    if (replica === undefined) unknownWorld('job.globalBatch');
    else put('job.globalBatch', batchPerReplica * replica);
  }
  if (accumulation !== undefined && typeof total === 'number' && !set('job.globalBatch') && !set('job.microBatch')) {
    const derived = replica === undefined ? undefined : total / accumulation / replica;
    if (derived === undefined) {
      if (typeof micro !== 'number') unknownWorld('job.microBatch');
    } else if (typeof micro === 'number' && derived !== micro) {
      missing(
        'job.globalBatch',
        `${total} is not micro-batch ${micro} x accumulation ${accumulation} x data ${replica}`,
        `sizes that agree, or --global-batch N`,
      );
    } else if (!Number.isInteger(derived)) {
      missing(
        'job.globalBatch',
        `${total} is not a multiple of accumulation ${accumulation} x data ${replica}`,
        `a multiple of ${accumulation * (replica ?? 1)}`,
      );
    } else put('job.microBatch', derived);
  }
  if (replicas !== undefined && !set('job.options.shardGroup')) {
    if (data === undefined) {
      if (issues.length === 0) unknownWorld('job.options.shardGroup');
    } else put('job.options.shardGroup', Math.max(1, Math.floor((data * size('context')) / replicas)));
  }
  if (config.gpus !== undefined && context.gpus !== undefined && context.gpus !== config.gpus)
    warnings.push(`${config.file}: the file is for ${config.gpus} GPUs: the data-parallel size follows --gpus`);
  if (issues.length > 0) throw new InputError(issues);
  return { tree, warnings, ...(gpus === undefined ? {} : { gpus }) };
}

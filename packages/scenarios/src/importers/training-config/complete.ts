import { type CatalogueCluster, catalogueClusters } from '../../catalogue/clusters.js';
import { stacksOf } from '../../catalogue/lookup.js';
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

/** The value that the command line gives a field last. */
const overriding = (context: ConfigContext, path: string): unknown =>
  context.overrides.findLast((one) => one.path.join('.') === path)?.value;

const clusterNamed = (context: ConfigContext): CatalogueCluster | undefined =>
  catalogueClusters.find(({ name }) => name === overriding(context, 'cluster'));

/** Catalogue name of the device that the command line asks for; empty when it has none. */
function deviceOf(context: ConfigContext): string {
  const device = overriding(context, 'cluster.device') ?? clusterNamed(context)?.cluster.device;
  return typeof device === 'string' ? device : '';
}

/**
 * GPUs of the job, by who tells: `--gpus` (or `--baseline`), a data-parallel size, the cluster's own size where the command line
 * sets it, the file, and batch sizes that leave one data-parallel size.
 */
function worldOf(
  config: TrainingConfig,
  context: ConfigContext,
  laid: Tree,
  whole: number,
): { readonly gpus?: number; readonly fromFile: boolean } {
  if (context.gpus !== undefined) return { gpus: context.gpus, fromFile: false };
  const number = (...path: readonly string[]): number | undefined => {
    const value = getPath(laid, path);
    return typeof value === 'number' ? value : undefined;
  };
  const data = number('job', 'parallel', 'data');
  if (data !== undefined) return { gpus: data * whole, fromFile: false };
  const nodes = number('cluster', 'nodes');
  if (nodes !== undefined) {
    const ofNode = number('cluster', 'gpusPerNode') ?? clusterNamed(context)?.cluster.gpusPerNode;
    if (ofNode !== undefined) return { gpus: nodes * ofNode, fromFile: false };
  }
  if (config.gpus !== undefined) return { gpus: config.gpus, fromFile: true };
  const [total, micro] = [number('job', 'globalBatch'), number('job', 'microBatch')];
  const replicas = total === undefined || micro === undefined ? 0 : total / micro / (config.accumulation ?? 0);
  return Number.isInteger(replicas) && replicas > 0 ? { gpus: replicas * whole, fromFile: false } : { fromFile: false };
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
  const { gpus, fromFile } = worldOf(config, context, laid, whole);
  const told = isVoid('job.globalBatch', context) ? undefined : getPath(laid, ['job', 'globalBatch']);
  if (gpus === undefined)
    missing(
      '--gpus',
      'the file does not tell how many GPUs it runs on',
      `--gpus N${whole > 1 ? `, a multiple of tensor x pipeline x context = ${whole}` : ''}${typeof told === 'number' ? `, with a data-parallel size that divides the global batch ${told}` : ''}`,
    );
  else if (fromFile && gpus % whole !== 0)
    missing(
      '--gpus',
      `the launch starts ${gpus} GPUs, no multiple of tensor x pipeline x context = ${size('tensor')} x ${size('pipeline')} x ${size('context')}`,
      `--gpus N, a multiple of ${whole}`,
      'gpus',
    );
  const data = gpus === undefined ? undefined : gpus / whole;
  const micro = getPath(laid, ['job', 'microBatch']);
  const total = getPath(laid, ['job', 'globalBatch']);
  const { batchPerReplica, accumulation, replicas } = config;
  // GPU counts that the grid does not divide are told by the scaling points, with all the other sizes.
  const replica = data === undefined ? undefined : Math.max(1, Math.floor(data));
  if (batchPerReplica !== undefined && !set('job.globalBatch')) {
    if (replica !== undefined) put('job.globalBatch', batchPerReplica * replica);
  }
  if (accumulation !== undefined && typeof total === 'number' && !set('job.globalBatch') && !set('job.microBatch')) {
    const derived = replica === undefined ? undefined : total / accumulation / replica;
    if (derived === undefined) {
      // The number of GPUs is asked for above.
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
  if (replicas !== undefined && data !== undefined && !set('job.options.shardGroup'))
    put('job.options.shardGroup', Math.max(1, Math.floor((data * size('context')) / replicas)));
  if (config.gpus !== undefined && context.gpus !== undefined && context.gpus !== config.gpus)
    warnings.push(`${config.file}: the file is for ${config.gpus} GPUs: the data-parallel size follows --gpus`);
  const stack = config.stack;
  if (stack !== undefined && !set('job.stack') && stacksOf(deviceOf(context)).some(({ name }) => name === stack)) {
    put('job.stack', stack);
    warnings.push(`${config.file}: stack ${stack} taken, whose constants are this software's; --stack names another`);
  }
  if (issues.length > 0) throw new InputError(issues);
  return { tree, warnings, ...(gpus === undefined ? {} : { gpus }) };
}

import {
  type CollectiveTable,
  clusterOf,
  collectiveTable,
  InputError,
  type InputIssue,
  linkProblems,
  type Parsed,
  parseAlgorithm,
  parseCollectiveOp,
  parseCount,
  parseSizes,
  parseTime,
} from '@regatta/scenarios';
import { type Cluster, DisconnectedError, linksCount, packedGroupLayout, StalledError } from '@regatta/sim-core';
import { type ClusterSource, clusterIssues, clusterResolution } from '../conduct/cluster-source.js';
import { type Arguments, type Command, stringArgument } from '../conduct/command.js';
import { deliver } from '../conduct/deliver.js';
import type { Io } from '../conduct/io.js';
import { collectiveText } from '../render/collective-text.js';

/** Most GPUs whose links are looked at one by one. */
const mostRoutedGpus = 65_536;

const defaultCluster = 'h100-rail-clos';

const flagIssue = (path: string, message: string, expected: string, received = ''): InputIssue => {
  return { code: 'flag', path, message, expected, received };
};

/** The cluster with as many nodes as the GPUs need; it grows, with a remark, unless its own text says how many it has. */
function grown(source: ClusterSource, gpus: number, io: Io): Cluster {
  const { scenario, nodesFixed } = source;
  const cluster = clusterOf(scenario);
  const available = cluster.nodes * cluster.gpusPerNode;
  if (gpus <= available) return cluster;
  if (nodesFixed) {
    const message = `${gpus} GPUs do not fit ${cluster.nodes} nodes of ${cluster.gpusPerNode}`;
    throw new InputError([flagIssue('--gpus', message, `at most ${available} GPUs`, String(gpus))]);
  }
  io.remark(`note: the cluster ${cluster.name} is grown from ${available} to ${gpus} GPUs`);
  return clusterOf(scenario, Math.ceil(gpus / cluster.gpusPerNode));
}

function tableOf(args: Arguments, io: Io): CollectiveTable {
  const issues: InputIssue[] = [];
  const take = <T>(parsed: Parsed<T>): T | undefined => {
    if ('value' in parsed) return parsed.value;
    issues.push(parsed.issue);
    return undefined;
  };
  const op = take(parseCollectiveOp(stringArgument(args, 'op') ?? 'all_reduce'));
  const algorithmText = stringArgument(args, 'algorithm');
  const algorithm = algorithmText === undefined ? undefined : take(parseAlgorithm(algorithmText, op));
  const sizes = take(parseSizes(stringArgument(args, 'sizes') ?? '8..8GiB'));
  const gpusText = stringArgument(args, 'gpus') ?? '8';
  const gpus = parseCount(gpusText) ?? 0;
  if (gpus < 1)
    issues.push(flagIssue('--gpus', `${gpusText} is no GPU count`, 'a whole number of at least 1', gpusText));
  const launchText = stringArgument(args, 'launch');
  const launchSeconds = launchText === undefined ? undefined : parseTime(launchText);
  if (launchText !== undefined && launchSeconds === undefined) {
    issues.push(flagIssue('--launch', `${launchText} is no time`, 'a time such as 10us', launchText));
  }
  if (issues.length > 0 || !op || !sizes) throw new InputError(issues);
  const source = clusterResolution(stringArgument(args, 'cluster') ?? defaultCluster, args, io);
  for (const warning of source.warnings) io.remark(`note: ${warning}`);
  const cluster = grown(source, gpus, io);
  const { links } = source.scenario.perturb;
  const wrong = clusterIssues(cluster, source);
  if (wrong.length === 0) {
    wrong.push(
      ...linkProblems(links, cluster).map(({ path, message, expected }) => source.issueAt(path, message, expected)),
    );
  }
  if (gpus > mostRoutedGpus && wrong.length === 0 && linksCount(cluster, packedGroupLayout(cluster, gpus), links)) {
    const message = `${gpus} GPUs are too many to lay over the links of a fabric that can bind`;
    wrong.push(flagIssue('--gpus', message, `at most ${mostRoutedGpus}, or a sprayed Clos without oversubscription`));
  }
  if (wrong.length > 0) throw new InputError(wrong);
  try {
    return collectiveTable({
      op,
      gpus,
      sizes,
      cluster,
      links,
      ...(algorithm ? { algorithm } : {}),
      ...(launchSeconds === undefined ? {} : { launchSeconds }),
    });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const { message } = error;
    if (error instanceof StalledError || (error instanceof DisconnectedError && links.length > 0)) {
      throw new InputError([source.issueAt('perturb.links', message, 'links up that leave a way between all GPUs')]);
    }
    if (error instanceof DisconnectedError) {
      throw new InputError([source.issueAt('cluster.fabric', message, 'a way between all GPUs of the group')]);
    }
    throw new InputError([
      flagIssue('--algorithm', message, 'another algorithm, or none: NCCL chooses', algorithmText),
    ]);
  }
}

/** `collective`: what nccl-tests would print on a cluster. */
export const collective: Command = {
  usage: 'collective',
  describe:
    'Time, algorithm bandwidth and bus bandwidth of a collective by message size, laid out as nccl-tests prints it.',
  examples: [
    ['regatta collective --op all_reduce --gpus 8 --sizes 8..8GiB', 'one node of the default cluster'],
    [
      'regatta collective --op all_reduce --gpus 64 --algorithm ring --cluster b200-rail-clos',
      'a named algorithm on a cluster of the catalogue',
    ],
    ['regatta collective --op all_to_all --gpus 32 --sizes 1MiB,64MiB --json', 'rows for scripts'],
  ],
  options: {
    op: { type: 'string', describe: 'operation, as in nccl-tests (default all_reduce)' },
    gpus: { type: 'string', describe: 'ranks, one a GPU (default 8)' },
    sizes: { type: 'string', describe: 'bytes: 64MiB, a list, or 8..8GiB, which doubles (default 8..8GiB)' },
    algorithm: { type: 'string', describe: 'ring, tree, nvls, hierarchical … (default: as NCCL chooses)' },
    cluster: { type: 'string', describe: `catalogue name, or file with a cluster (default ${defaultCluster})` },
    device: { type: 'string', describe: 'device of the nodes' },
    set: { type: 'array', describe: 'path=value: any field, such as cluster.fabric.nicGbps=200; repeatable' },
    launch: {
      type: 'string',
      describe: 'least time of an iteration, which the host takes to launch it (default 25.5us)',
    },
  },
  run(args, io) {
    const table = tableOf(args, io);
    if (table.countedShare < 1) {
      const share = (100 * table.countedShare).toPrecision(2);
      io.remark(`note: ${share} % of the pairs of GPUs, at evenly spread distances, stand for all of them`);
    }
    deliver(args, io, table, () => collectiveText(table));
    return 0;
  },
};

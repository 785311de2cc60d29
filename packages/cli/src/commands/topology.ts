import {
  catalogueClusters,
  catalogueDevice,
  catalogueScenarios,
  clusterOf,
  deviceHardware,
  didYouMean,
  InputError,
  type InputIssue,
  importCluster,
} from '@regatta/scenarios';
import { type ClusterSource, clusterIssues, clusterResolution, scenarioResolution } from '../conduct/cluster-source.js';
import { type Arguments, type Command, listArgument, stringArgument } from '../conduct/command.js';
import type { Io } from '../conduct/io.js';
import { type DescribedCluster, reportTopology } from './topology-report.js';

const usage = (path: string, message: string, expected: string, received: string): InputIssue => {
  return { code: 'usage', path, message, expected, received };
};

/** Finite number above 0 of an option; undefined when it is not given. */
function positive(args: Arguments, name: string, issues: InputIssue[], whole = false): number | undefined {
  const text = stringArgument(args, name);
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value) && value > 0 && (!whole || Number.isInteger(value))) return value;
  issues.push(
    usage(`--${name}`, `${text} is no ${whole ? 'count' : 'rate'}`, `a ${whole ? 'whole ' : ''}number above 0`, text),
  );
  return undefined;
}

function imported(files: readonly string[], args: Arguments, io: Io): DescribedCluster {
  const issues: InputIssue[] = [];
  for (const other of ['scenario', 'cluster', 'set']) {
    if (args[other] !== undefined) issues.push(usage(other, 'does not go with --import', 'one of them', ''));
  }
  const name = stringArgument(args, 'device') ?? 'h100-sxm-80gb';
  const device = catalogueDevice(name);
  const names = deviceHardware.map((one) => one.name);
  if (!device)
    issues.push(usage('--device', `unknown device ${name}${didYouMean(name, names)}`, names.join(', '), name));
  const nicGbps = positive(args, 'nic-gbps', issues);
  const oversubscription = positive(args, 'oversubscription', issues);
  const gpusPerNode = positive(args, 'gpus-per-node', issues, true);
  if (issues.length > 0 || !device) throw new InputError(issues);
  const texts = files.map((file) => ({ file, text: io.readText(file) }));
  const view = importCluster(texts, {
    device,
    ...(nicGbps === undefined ? {} : { nicGbps }),
    ...(oversubscription === undefined ? {} : { oversubscription }),
    ...(gpusPerNode === undefined ? {} : { gpusPerNode }),
  });
  const assumed = stringArgument(args, 'device') === undefined ? [`no --device: ${name} is assumed`] : [];
  return {
    cluster: view.cluster,
    ...(view.clos ? { closFabric: view.clos.fabric } : {}),
    nodeNames: view.nodeNames,
    warnings: [...assumed, ...view.warnings],
    imported: true,
  };
}

function ofScenario(args: Arguments, io: Io): DescribedCluster {
  const given = stringArgument(args, 'scenario');
  // The name of a cluster stands for itself.
  const named = catalogueClusters.some(({ name }) => name === given);
  const source = named ? undefined : given;
  const cluster = stringArgument(args, 'cluster') ?? (named ? given : undefined);
  const issues = ['nic-gbps', 'oversubscription', 'gpus-per-node']
    .filter((name) => args[name] !== undefined)
    .map((name) => usage(`--${name}`, 'goes with --import only', '--set cluster.… for a scenario', ''));
  if (source === undefined && cluster === undefined) {
    const names = catalogueClusters.map((one) => one.name).join(', ');
    issues.push(usage('scenario', 'neither scenario, --cluster nor --import', `one of them; clusters: ${names}`, ''));
  }
  if (issues.length > 0) throw new InputError(issues);
  const resolution = resolutionOf(source, cluster, args, io);
  const { scenario, warnings } = resolution;
  const described = clusterOf(scenario);
  const problems = clusterIssues(described, resolution);
  if (problems.length > 0) throw new InputError(problems);
  return { cluster: described, warnings, imported: false };
}

/** The job is not looked at, so that a cluster alone will do. */
function resolutionOf(source: string | undefined, cluster: string | undefined, args: Arguments, io: Io): ClusterSource {
  if (source === undefined || io.exists(source)) {
    return clusterResolution(source ?? cluster ?? '', args, io, source === undefined ? undefined : cluster);
  }
  if (!Object.hasOwn(catalogueScenarios, source)) {
    const [scenarios, clusters] = [Object.keys(catalogueScenarios), catalogueClusters.map(({ name }) => name)];
    const message = `no scenario or cluster ${source}${didYouMean(source, [...scenarios, ...clusters])}`;
    const expected = `a file, or one of ${[...scenarios, ...clusters].join(', ')}`;
    throw new InputError([usage('', message, expected, source)]);
  }
  return scenarioResolution(source, args, io, cluster);
}

/** `topology`: what a cluster is made of, from a scenario, the catalogue, or the files of one that exists. */
export const topology: Command = {
  usage: 'topology [scenario]',
  describe:
    'The unified view of a cluster: inventory, tiers, rails, links, bisection bandwidth, diameter, oversubscription, and what a job occupies.',
  examples: [
    [
      'regatta topology --cluster h100-rail-clos --job 1024',
      'a cluster of the catalogue and what 1,024 GPUs take of it',
    ],
    ['regatta topology scenario.yaml --json', 'every link with the name that perturb.links takes'],
    [
      'regatta topology --import topo.txt --import ibnet.txt --import topology.conf --dot',
      'a cluster that exists, from nvidia-smi topo -m, ibnetdiscover and Slurm, as Graphviz',
    ],
  ],
  options: {
    cluster: { type: 'string', describe: 'cluster of the catalogue, or file with a cluster' },
    device: { type: 'string', describe: 'device of the nodes' },
    set: { type: 'array', describe: 'path=value: any field of the scenario, repeatable' },
    import: { type: 'array', describe: 'file of nvidia-smi topo -m, ibnetdiscover or Slurm; repeatable' },
    'nic-gbps': { type: 'string', describe: 'with --import: rate of cables that no file states (400)' },
    oversubscription: { type: 'string', describe: 'with --import of Slurm alone: down over up bandwidth (1)' },
    'gpus-per-node': { type: 'string', describe: 'with --import without a topo matrix (as many as NICs)' },
    job: { type: 'string', describe: 'GPUs of a job: what it occupies' },
    'job-nodes': { type: 'string', describe: 'nodes of that job: 0-31,64 or their names' },
    dot: { type: 'boolean', describe: 'Graphviz text' },
  },
  run(args, io) {
    const files = listArgument(args, 'import');
    return reportTopology(files.length > 0 ? imported(files, args, io) : ofScenario(args, io), args, io);
  },
};

import {
  catalogueClusters,
  catalogueScenarios,
  InputError,
  type LocatedText,
  parseLocated,
  type Resolution,
  resolveScenario,
} from '@regatta/scenarios';
import { type Arguments, listArgument, stringArgument } from './command.js';
import type { Io } from './io.js';

/**
 * The cluster of a catalogue name, of a scenario file, or of a file that holds a cluster alone, changed by --device and --set.
 * @throws InputError with every mistake of the file and of the flags.
 */
export function clusterResolution(named: string, args: Arguments, io: Io): Resolution {
  const device = stringArgument(args, 'device');
  // The job is not looked at; a cluster alone borrows one.
  const any = Object.values(catalogueScenarios)[0]?.scenario ?? {};
  const readText = (path: string): string | undefined => (io.exists(path) ? io.readText(path) : undefined);
  const deviceOverride = device === undefined ? [] : [{ path: ['cluster', 'device'], value: device, flag: '--device' }];
  const rest = { overrides: deviceOverride, sets: listArgument(args, 'set'), readText };
  if (catalogueClusters.some(({ name }) => name === named) || !io.exists(named)) {
    return resolveScenario({ base: { ...any, cluster: named }, ...rest });
  }
  const parsed = parseLocated(io.readText(named), named);
  const { value } = parsed;
  if (typeof value !== 'object' || value === null) {
    throw new InputError([
      {
        code: 'type',
        path: '',
        message: 'holds no cluster',
        expected: 'a cluster or a scenario',
        received: '',
        file: named,
      },
    ]);
  }
  if (!('cluster' in value)) {
    return located(parsed, () => resolveScenario({ base: { ...any, cluster: value }, ...rest }));
  }
  const job = { path: ['job'], value: any.job, flag: '--cluster' };
  return resolveScenario({
    source: named,
    ...rest,
    overrides: 'job' in value ? rest.overrides : [job, ...rest.overrides],
  });
}

/** Runs `resolve` on the cluster that a file holds alone; its mistakes are said at their place in the file. */
function located(text: LocatedText, resolve: () => Resolution): Resolution {
  try {
    return resolve();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new InputError(
      error.issues.map((issue) => {
        if (!issue.path.startsWith('cluster.')) return issue;
        const path = issue.path.slice('cluster.'.length);
        return { ...issue, file: text.file, ...text.locate(path.split('.')), path };
      }),
    );
  }
}

import { type FailureComponent, type FailureDomains, type FailureModel, jobInstancesOf } from '@regatta/sim-core';
import type { ResolvedScenario } from '../schema/scenario-schema.js';

type Incidents = NonNullable<NonNullable<ResolvedScenario['failures']>['incidents']>;
type Row = Incidents['rows'][number];

/**
 * A log of incidents as failures: met again at its own times, or as rates. Of one instance of a component the mean time between
 * failures is instances x time / incidents of the log; detection and repair are the means of its rows.
 */
export function incidentFailures(
  { rows, use, nodes, days }: Incidents,
  domains: FailureDomains,
): Pick<FailureModel, 'components' | 'incidents'> {
  const hours = days === undefined ? Math.max(...rows.map(({ seconds }) => seconds)) / 3600 : days * 24;
  const observed = { ...domains, nodes: nodes ?? domains.nodes };
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    // Met again, each incident keeps its own lengths; as a rate, a component is one whatever it took.
    const lengths =
      use === 'replay' ? `/${row.detectSeconds}/${row.repairHours}/${row.slowFactor}/${row.capacityFactor}` : '';
    const key = `${row.component}/${row.level}/${row.mode}${lengths}`;
    const group = groups.get(key);
    if (group) group.push(row);
    else groups.set(key, [row]);
  }
  const components = [...groups].map(([name, group]): FailureComponent => {
    const [first] = group;
    const mean = (of: (row: Row) => number): number => group.reduce((sum, row) => sum + of(row), 0) / group.length;
    const level = first?.level ?? 'software';
    const slowFactor = mean((row) => row.slowFactor ?? 1);
    const capacityFactor = mean((row) => row.capacityFactor ?? 1);
    return {
      name: `log/${name}`,
      level,
      mode: first?.mode ?? 'stop',
      mtbfHours: (jobInstancesOf(level, observed) * hours) / group.length,
      ...gapsOf(group, use),
      detectSeconds: mean((row) => row.detectSeconds),
      repairHours: mean((row) => row.repairHours),
      ...(slowFactor > 1 ? { slowFactor } : {}),
      ...(capacityFactor < 1 ? { capacityFactor } : {}),
    };
  });
  if (use !== 'replay') return { components };
  const index = new Map([...groups.values()].flatMap((group, i) => group.map((row) => [row, i] as const)));
  return {
    components,
    incidents: rows.map((row) => ({ timeSeconds: row.seconds, component: index.get(row) ?? 0, node: row.node })),
  };
}

/** Observed gaps have the shape of the log's; one incident has none, and is taken as exponential. */
function gapsOf(
  group: readonly Row[],
  use: Incidents['use'],
): Pick<FailureComponent, 'distribution'> & { readonly values?: readonly number[] } {
  const values = group.slice(1).map(({ seconds }, i) => (seconds - (group[i]?.seconds ?? 0)) / 3600);
  const positive = values.filter((gap) => gap > 0);
  return use === 'empirical' && positive.length > 0
    ? { distribution: 'empirical', values: positive }
    : { distribution: 'exponential' };
}

import type { SlurmSwitch } from './slurm-types.js';
import type { TextIssues } from './text-issues.js';

/** Roots of a tree or forest of switches; reports children that are not defined, two parents and loops. */
export function checkTree(switches: readonly SlurmSwitch[], issues: TextIssues): string[] {
  const byName = new Map(switches.map((one) => [one.name, one]));
  const parent = new Map<string, SlurmSwitch>();
  reportUndefined(switches, byName, issues);
  for (const above of switches) {
    for (const name of above.switches) {
      const first = parent.get(name);
      if (first && first.name !== above.name) {
        issues.add({
          code: 'two-parents',
          line: above.line,
          column: 1,
          path: name,
          message: `${name} is under ${first.name} and under ${above.name}`,
          expected: 'one parent',
        });
      }
      parent.set(name, above);
    }
  }
  const roots = switches.filter(({ name }) => !parent.has(name)).map(({ name }) => name);
  const reached = new Set<string>();
  const visit = [...roots];
  for (let name = visit.pop(); name !== undefined; name = visit.pop()) {
    if (reached.has(name)) continue;
    reached.add(name);
    visit.push(...(byName.get(name)?.switches ?? []));
  }
  const looped = switches.find(({ name }) => !reached.has(name));
  if (looped) {
    issues.add({
      code: 'loop',
      line: looped.line,
      column: 1,
      path: looped.name,
      message: `${looped.name} is above itself`,
      expected: 'a tree',
    });
  }
  return roots;
}

/** Children that no line defines: one mistake for all of them, since a file that is cut lacks many at once. */
function reportUndefined(
  switches: readonly SlurmSwitch[],
  byName: ReadonlyMap<string, SlurmSwitch>,
  issues: TextIssues,
): void {
  const missing = switches.flatMap((above) =>
    above.switches.filter((name) => !byName.has(name)).map((name) => ({ name, above })),
  );
  const [first] = missing;
  if (!first) return;
  const more = missing.length > 1 ? ` and ${missing.length - 1} more switches are` : ' is';
  issues.add({
    code: 'unknown-switch',
    line: first.above.line,
    column: 1,
    path: first.above.name,
    message: `${first.name} of ${first.above.name}${more} not defined: the file is cut, or a name is wrong`,
    expected: 'a SwitchName line for each child',
  });
}

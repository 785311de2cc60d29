import type { SlurmSwitch } from './slurm-types.js';
import type { TextIssues } from './text-issues.js';

/** Roots of a tree or forest of switches; reports children that are not defined, two parents and loops. */
export function checkTree(switches: readonly SlurmSwitch[], issues: TextIssues): string[] {
  const byName = new Map(switches.map((one) => [one.name, one]));
  const parent = new Map<string, SlurmSwitch>();
  for (const above of switches) {
    const missing = above.switches.filter((name) => !byName.has(name));
    if (missing.length > 0) {
      const some =
        missing.length > 3 ? `${missing.slice(0, 3).join(', ')} and ${missing.length - 3} more` : missing.join(', ');
      issues.add({
        code: 'unknown-switch',
        line: above.line,
        column: 1,
        path: above.name,
        message: `${some} of ${above.name} ${missing.length > 1 ? 'are' : 'is'} not defined: the file is cut, or a name is wrong`,
        expected: 'a SwitchName line for each child',
      });
    }
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

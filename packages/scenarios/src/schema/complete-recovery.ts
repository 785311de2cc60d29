import { failureProfiles } from '../catalogue/failure-profiles.js';
import { isTree, type Tree } from './paths.js';

/**
 * What a scenario leaves open about recovery: spares that are given are used; a scenario that says nothing, or `spares` without a
 * number, recovers with the spare nodes of its failure profile.
 */
export function completeRecovery(root: Tree, warnings: string[]): Tree {
  const recovery = isTree(root.recovery) ? root.recovery : {};
  const name = isTree(root.failures) ? root.failures.profile : undefined;
  const profile = failureProfiles.find((known) => known.name === name);
  if (recovery.policy === undefined && recovery.spares !== undefined && recovery.spares !== 0)
    return { ...root, recovery: { ...recovery, policy: 'spares' } };
  if (recovery.spares !== undefined) return root;
  if (profile && (recovery.policy === undefined || recovery.policy === 'spares')) {
    if (recovery.policy === undefined)
      warnings.push(
        `recovery.policy is not given: ${profile.spares} spare nodes stand by, as profile ${profile.name} has it (restart: wait for repair)`,
      );
    return { ...root, recovery: { ...recovery, policy: 'spares', spares: profile.spares } };
  }
  if (recovery.policy === 'spares')
    warnings.push('recovery.policy is spares, but recovery.spares is 0: it waits for repair');
  return root;
}

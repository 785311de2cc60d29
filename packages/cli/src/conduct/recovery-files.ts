import { InputError, isRecoveryFile, type Resolution } from '@regatta/scenarios';
import type { UserPolicies } from '../workers/trial-pool.js';
import { compileUserFile } from '../workers/user-file.js';
import type { Io } from './io.js';

/**
 * Compiles the recovery policies that scenarios name by file.
 * @throws InputError for files that don't exist or cannot be compiled.
 */
export async function userRecovery(
  resolutions: readonly Resolution[],
  timeoutSeconds: number,
  io: Io,
): Promise<UserPolicies> {
  const code: Record<string, string> = {};
  for (const { scenario, locate } of resolutions) {
    const path = scenario.recovery?.policy;
    if (path === undefined || !isRecoveryFile(path) || path in code) continue;
    if (!io.exists(path)) {
      throw new InputError([
        {
          code: 'file',
          ...locate(['recovery', 'policy']),
          path: 'recovery.policy',
          message: `no file ${path}`,
          expected: 'a .ts or .js file with a recovery policy',
          received: path,
        },
      ]);
    }
    code[path] = await compileUserFile(path);
  }
  return { code, timeoutSeconds };
}

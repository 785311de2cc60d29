import { policyFailure } from '../workers/policy-task.js';
import { writeError } from './standard-streams.js';

/** Runs a command; a user's policy that breaks its contract, throws or never returns is an error line and exit 1. */
export async function orPolicyFailure(command: () => Promise<number>): Promise<number> {
  try {
    return await command();
  } catch (error) {
    const failure = policyFailure(error);
    if (failure === undefined) throw error;
    writeError(`error: ${failure}\n`);
    return 1;
  }
}

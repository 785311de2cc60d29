import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { InputError, type Resolution, resolveScenario } from '@regatta/scenarios';

export const fixtureText = (name: string): string =>
  readFileSync(fileURLToPath(new URL(`../../fixtures/training-config/${name}`, import.meta.url)), 'utf8');

export interface Laid {
  readonly gpus?: number;
  readonly sets?: readonly string[];
}

/** A training configuration as a scenario on H100 nodes, as a command resolves it. */
export function resolved(text: string, file: string, { gpus, sets = [] }: Laid = {}): Resolution {
  return resolveScenario({
    source: file,
    readText: (path) => (path === file ? text : undefined),
    overrides: [{ path: ['cluster'], value: 'h100-rail-clos', flag: '--cluster' }],
    sets,
    ...(gpus === undefined ? {} : { gpus }),
  });
}

/** Most texts here do not tell how many GPUs they run on. */
const told: Laid = { gpus: 64 };

export const jobOfText = (text: string, file: string, laid = told): Resolution['scenario']['job'] =>
  resolved(text, file, laid).scenario.job;

/** The mistakes that a text has, as `LINE path: message`. */
export function mistakesOf(text: string, file: string, laid = told): string[] {
  try {
    resolved(text, file, laid);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return error.issues.map(({ file: where, line, path, message }) => `${where}:${line} ${path}: ${message}`);
  }
  return [];
}

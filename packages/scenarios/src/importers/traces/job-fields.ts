import type { JobSpec } from '@regatta/sim-core';
import { didYouMean } from '../../schema/did-you-mean.js';

type FieldKind = 'text' | 'number' | 'flag' | 'numbers' | 'curve';

/** Fields of a job in our own CSV and JSON. */
export const jobFields: Readonly<Record<Exclude<keyof JobSpec, 'line'>, FieldKind>> = {
  id: 'text',
  submitSeconds: 'number',
  gpus: 'number',
  runSeconds: 'number',
  estimateSeconds: 'number',
  tenant: 'text',
  priority: 'number',
  guaranteed: 'flag',
  minGpus: 'number',
  maxGpus: 'number',
  scaling: 'curve',
  failedAttempts: 'numbers',
  ending: 'text',
  cancelSeconds: 'number',
  within: 'text',
  spill: 'flag',
  cpus: 'number',
  memoryBytes: 'number',
  globalBatch: 'number',
  microBatch: 'number',
  gpusPerReplica: 'number',
  application: 'text',
};

const choices: Readonly<Record<string, readonly string[]>> = {
  ending: ['completed', 'failed', 'cancelled'],
  within: ['node', 'leaf', 'pod', 'any'],
};

/**
 * A job from named values (JSON values, or text cells of a CSV), or what is wrong with them. An estimate that is left out is the
 * run time. In a CSV a list is `10;20` and a scaling curve `1:1;2:1.9`.
 */
export function jobFromFields(values: Readonly<Record<string, unknown>>): { job: JobSpec } | { problem: string } {
  const problems: string[] = [];
  const job: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(values)) {
    if (!isFieldName(name)) {
      problems.push(`unknown field ${name}${didYouMean(name, Object.keys(jobFields))}`);
      continue;
    }
    if (value === '' || value === undefined || value === null) continue;
    const read = fieldValue(jobFields[name], value);
    const allowed = choices[name];
    if (read === undefined) problems.push(`${name} is ${String(value)}, must be ${wanted[jobFields[name]]}`);
    else if (allowed !== undefined && !allowed.includes(String(read))) {
      problems.push(`${name} is ${String(value)}, must be ${allowed.join(' | ')}`);
    } else job[name] = read;
  }
  for (const name of ['id', 'submitSeconds', 'gpus', 'runSeconds']) {
    if (job[name] === undefined && !problems.some((text) => text.startsWith(`${name} `)))
      problems.push(`${name} is missing`);
  }
  if (problems.length > 0) return { problem: problems.join('; ') };
  return { job: { estimateSeconds: job.runSeconds, ...job } as unknown as JobSpec };
}

const wanted: Readonly<Record<FieldKind, string>> = {
  text: 'text',
  number: 'a number',
  flag: 'true or false',
  numbers: 'a list of numbers',
  curve: 'a list of pairs [gpus, throughput]',
};

export function isFieldName(name: string): name is Exclude<keyof JobSpec, 'line'> {
  return Object.hasOwn(jobFields, name);
}

function fieldValue(kind: FieldKind, value: unknown): unknown {
  switch (kind) {
    case 'text':
      return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
    case 'number':
      return finite(value);
    case 'flag':
      return value === true || value === 'true' ? true : value === false || value === 'false' ? false : undefined;
    case 'numbers': {
      const list = (typeof value === 'string' ? value.split(';') : Array.isArray(value) ? value : [undefined]).map(
        finite,
      );
      return list.includes(undefined) ? undefined : list;
    }
    case 'curve': {
      const pairs: unknown[] =
        typeof value === 'string' ? value.split(';').map((pair) => pair.split(':')) : Array.isArray(value) ? value : [];
      const points = pairs.map((pair) => (Array.isArray(pair) && pair.length === 2 ? pair.map(finite) : [undefined]));
      return points.length === 0 || points.flat().includes(undefined) ? undefined : points;
    }
  }
}

function finite(value: unknown): number | undefined {
  const number =
    typeof value === 'number' ? value : typeof value === 'string' && value.trim() !== '' ? Number(value) : Number.NaN;
  return Number.isFinite(number) ? number : undefined;
}

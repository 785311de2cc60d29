import {
  builtInPolicy,
  gpuPool,
  type JobSchedule,
  type JobSpec,
  policyNames,
  runCluster,
  scheduleOf,
} from '@regatta/sim-core';
import { didYouMean } from '../../schema/did-you-mean.js';
import { InputError, type InputIssue } from '../../schema/input-error.js';
import { isRecord, parseJson } from './json-text.js';
import { problemsOf } from './trace-builder.js';

/** A file of reference/schedules: jobs on a pool, and the policies to run them under. */
export interface ScheduleCase {
  readonly capacity: number;
  readonly lasThresholdsGpuSeconds: readonly number[];
  readonly jobs: readonly JobSpec[];
  readonly policies: readonly string[];
}

const caseFields = ['id', 'kind', 'model', 'capacity', 'lasThresholdsGpuSeconds', 'why', 'jobs', 'policies'];
const jobFieldNames = ['id', 'submit', 'gpus', 'runtime', 'walltime'];

/** Reads a case; all mistakes are found in one pass. @throws InputError. */
export function readScheduleCase(text: string, file?: string): ScheduleCase {
  const issues: InputIssue[] = [];
  const problem = (path: string, message: string, expected = ''): void => {
    issues.push({ code: 'case', ...(file === undefined ? {} : { file }), path, expected, received: '', message });
  };
  const content = parseJson(text, file);
  const root = isRecord(content) ? content : {};
  if (!isRecord(content)) problem('', 'is no object', caseFields.join(', '));
  unknownFields(root, caseFields, '', problem);
  const { capacity, lasThresholdsGpuSeconds: thresholds = [], jobs, policies } = root;
  if (root.model !== undefined && root.model !== 'pool') problem('model', `is ${String(root.model)}`, 'pool');
  if (typeof capacity !== 'number' || !Number.isInteger(capacity) || capacity < 1)
    problem('capacity', 'is no GPU count', 'a whole number of at least 1');
  const ascending =
    Array.isArray(thresholds) &&
    thresholds.every((value, i) => typeof value === 'number' && value > Number(thresholds[i - 1] ?? 0));
  if (!ascending) problem('lasThresholdsGpuSeconds', 'is no ascending list', 'GPU-seconds above 0');
  const names = Array.isArray(policies) ? policies.map(String) : isRecord(policies) ? Object.keys(policies) : [];
  if (names.length === 0) problem('policies', 'names no policy', 'an object or a list with policy names');
  for (const name of names) {
    if (!policyNames.includes(name))
      problem(`policies.${name}`, `unknown policy ${name}${didYouMean(name, policyNames)}`, policyNames.join(' | '));
  }
  if (!Array.isArray(jobs) || jobs.length === 0) problem('jobs', 'is no list with jobs', jobFieldNames.join(', '));
  const specs = (Array.isArray(jobs) ? jobs : []).map((job: unknown, index) => readJob(job, `jobs[${index}]`, problem));
  const ids = new Set<string>();
  specs.forEach((job, index) => {
    if (ids.has(job.id)) problem(`jobs[${index}].id`, `${job.id} is the id of an earlier job`);
    ids.add(job.id);
    if (typeof capacity === 'number' && job.gpus > capacity)
      problem(`jobs[${index}].gpus`, `is ${job.gpus}, the pool has ${capacity}`);
  });
  if (issues.length > 0) throw new InputError(issues);
  return {
    capacity: Number(capacity),
    lasThresholdsGpuSeconds: (Array.isArray(thresholds) ? thresholds : []).map(Number),
    jobs: specs,
    policies: names,
  };
}

/** Runs a case under each of its policies, in the shape of the reference file. */
export function runScheduleCase(content: ScheduleCase): Record<string, JobSchedule> {
  const { capacity, lasThresholdsGpuSeconds, jobs } = content;
  const cluster = gpuPool(capacity);
  return Object.fromEntries(
    content.policies.flatMap((name) => {
      const policy = builtInPolicy(name, lasThresholdsGpuSeconds.length > 0 ? { lasThresholdsGpuSeconds } : {});
      return policy === undefined ? [] : [[name, scheduleOf(runCluster({ cluster, jobs, policy }))] as const];
    }),
  );
}

type Problem = (path: string, message: string, expected?: string) => void;

function readJob(value: unknown, path: string, problem: Problem): JobSpec {
  const job = isRecord(value) ? value : {};
  if (!isRecord(value)) problem(path, 'is no object', jobFieldNames.join(', '));
  unknownFields(job, jobFieldNames, `${path}.`, problem);
  const number = (name: string): number => (typeof job[name] === 'number' ? Number(job[name]) : Number.NaN);
  const spec: JobSpec = {
    id: typeof job.id === 'string' || typeof job.id === 'number' ? String(job.id) : '',
    submitSeconds: number('submit'),
    gpus: number('gpus'),
    runSeconds: number('runtime'),
    estimateSeconds: job.walltime === undefined ? number('runtime') : number('walltime'),
  };
  for (const text of problemsOf(spec)) problem(path, text);
  return spec;
}

function unknownFields(
  value: Readonly<Record<string, unknown>>,
  known: readonly string[],
  path: string,
  problem: Problem,
): void {
  for (const key of Object.keys(value)) {
    if (!known.includes(key)) problem(`${path}${key}`, `unknown field${didYouMean(key, known)}`, known.join(', '));
  }
}

import * as z from 'zod';
import { parseLocated } from '../schema/located-text.js';
import type { NcclMeasurement, NcclTestsRank, NcclTestsRow } from './nccl-tests-types.js';
import { TextIssues } from './text-issues.js';

const value = z.number().nullish().catch(undefined);
const measurement = z.looseObject({ time: value, cpu_time: value, alg_bw: value, bus_bw: value, nwrong: value });
const row = z.looseObject({
  size: z.number().nonnegative(),
  count: z.number().nonnegative(),
  type: z.string(),
  redop: z.string().nullish(),
  root: z.union([z.string(), z.number()]).nullish(),
  out_of_place: measurement.nullish(),
  in_place: measurement.nullish(),
});
const device = z.looseObject({
  rank: z.number(),
  hostname: z.string(),
  device: z.number(),
  device_info: z.string().nullish(),
});
const report = z.looseObject({
  args: z.array(z.string()).nullish(),
  config: z
    .looseObject({ nthreads: z.number().nullish(), ngpus: z.number().nullish(), devices: z.array(device).nullish() })
    .nullish(),
  results: z.array(z.unknown()).min(1),
});

/** What `-J file.json` of nccl-tests holds, in the terms of its text table. */
export interface NcclTestsJson {
  readonly program: string;
  readonly ranks: readonly NcclTestsRank[];
  /** Ranks: a process names its first device only, so processes x threads x GPUs of a thread. */
  readonly gpus: number;
  readonly rows: readonly NcclTestsRow[];
  readonly rejected: readonly string[];
}

function measured(from: z.infer<typeof measurement> | null | undefined): NcclMeasurement {
  const time = from?.time ?? from?.cpu_time;
  return {
    ...(typeof time === 'number' ? { seconds: time / 1e6 } : {}),
    ...(typeof from?.alg_bw === 'number' ? { algbwGBps: from.alg_bw } : {}),
    ...(typeof from?.bus_bw === 'number' ? { busbwGBps: from.bus_bw } : {}),
    ...(typeof from?.nwrong === 'number' ? { wrong: from.nwrong } : {}),
  };
}

/**
 * Reads the report that nccl-tests writes with -J (NVIDIA/nccl-tests src/util.cu).
 * @throws InputError when it is no such report, or none of its results can be read.
 */
export function readNcclTestsJson(text: string, file?: string): NcclTestsJson {
  const located = parseLocated(text, file ?? 'nccl-tests');
  const issues = new TextIssues(file);
  const parsed = report.safeParse(located.value);
  const rows: NcclTestsRow[] = [];
  const rejected: string[] = [];
  const results = parsed.success ? parsed.data.results : [];
  results.forEach((result, i) => {
    const one = row.safeParse(result);
    const { line } = located.locate(['results', i]);
    if (!one.success) {
      rejected.push(`line ${line}: result ${i} left out: ${one.error.issues[0]?.path.join('.')} cannot be read`);
      return;
    }
    const { size, count, type, redop, root, out_of_place, in_place } = one.data;
    const where = root === null || root === undefined ? Number.NaN : Number(root);
    rows.push({
      line,
      bytes: size,
      count,
      type,
      ...(redop ? { redop } : {}),
      ...(Number.isFinite(where) ? { root: where } : {}),
      outOfPlace: measured(out_of_place),
      ...(in_place ? { inPlace: measured(in_place) } : {}),
    });
  });
  if (!parsed.success || rows.length === 0) {
    issues.add({
      code: 'no-table',
      line: 1,
      column: 1,
      path: 'results',
      message: 'is no JSON report of nccl-tests: no result can be read',
      expected: 'what a program of nccl-tests writes with -J',
    });
  }
  issues.throwIfAny();
  const config = parsed.data?.config;
  const ranks = (config?.devices ?? []).map((one): NcclTestsRank => {
    return { rank: one.rank, host: one.hostname, device: one.device, gpu: one.device_info?.trim() ?? '' };
  });
  const gpus = ranks.length * (config?.nthreads ?? 1) * (config?.ngpus ?? 1);
  return { program: parsed.data?.args?.[0] ?? '', ranks, gpus, rows, rejected };
}

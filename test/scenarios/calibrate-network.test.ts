import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  benchmarkCluster,
  calibrateFiles,
  collectiveTable,
  constantsOf,
  InputError,
  replayStudy,
  resolveScenario,
} from '@regatta/scenarios';
import { busBandwidthFactor, type CollectiveOp } from '@regatta/sim-core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

const sizes = Array.from({ length: 12 }, (_, i) => 2 ** (20 + i));

interface Written {
  readonly op?: CollectiveOp;
  readonly gpu?: string;
  readonly device?: string;
  readonly nodes?: number;
  readonly constants?: Readonly<Record<string, number>>;
  readonly program?: boolean;
}

/** A log as nccl-tests writes it, of a machine whose device has some constants. */
function logOf({
  op = 'all_reduce',
  gpu = 'NVIDIA A100-SXM4-80GB',
  device = 'a100-sxm-80gb',
  nodes = 1,
  constants = {},
  program = true,
}: Written): string {
  const gpus = 8 * nodes;
  const cluster = benchmarkCluster(device, gpus, nodes, {});
  if (!cluster) throw new Error(`no device ${device}`);
  const table = collectiveTable({
    op,
    gpus,
    sizes,
    cluster: { ...cluster, device: { ...cluster.device, ...constants } },
  });
  const ranks = Array.from(
    { length: gpus },
    (_, i) => `#  Rank ${i} Group  0 Pid ${100 + i} on node${Math.floor(i / 8)} device  ${i % 8} [0x0${i % 8}] ${gpu}`,
  );
  const rows = table.rows.map(({ bytes, seconds }) => {
    const algbw = bytes / seconds / 1e9;
    const values = `${(seconds * 1e6).toFixed(2)} ${algbw.toFixed(2)} ${(algbw * busBandwidthFactor(op, gpus)).toFixed(2)} 0`;
    return `${bytes} ${bytes / 4} float ${op.includes('reduce') ? 'sum' : 'none'} -1 ${values} ${values}`;
  });
  return [
    program ? `# Collective test starting: ${op}_perf` : '#',
    ...ranks,
    '#       size         count      type   redop    root     time   algbw   busbw #wrong     time   algbw   busbw #wrong',
    '#        (B)    (elements)                               (us)  (GB/s)  (GB/s)            (us)  (GB/s)  (GB/s)',
    ...rows,
  ].join('\n');
}

const file = (name: string, text: string): { name: string; text: string } => ({ name, text });
const mistakesOf = (run: () => unknown): string[] => {
  try {
    run();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return error.issues.map(({ file: where, line, path, message }) => `${where}:${line} ${path}: ${message}`);
  }
  return [];
};

describe('calibrate from logs of nccl-tests', () => {
  test('finds the share of NVLink that made the times, from any number of logs', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.4, max: 0.95, noNaN: true }),
        fc.subarray<CollectiveOp>(['all_reduce', 'all_gather', 'reduce_scatter'], { minLength: 1 }),
        (nvlinkMax, ops) => {
          const { constants } = calibrateFiles(
            ops.map((op) => file(`${op}.log`, logOf({ op, constants: { nvlinkMax } }))),
            {},
          );
          const found = constants.find(({ name }) => name === 'nvlinkMax');
          expect(Math.abs((found?.value ?? 0) - nvlinkMax)).toBeLessThan(0.003);
          expect(found?.errorAfter).toBeLessThan(0.005);
          expect(found?.rows).toHaveLength(ops.length);
        },
      ),
      { numRuns: 6 },
    );
  });

  test('several nodes give nicMax, under the NVLink of the logs of one', () => {
    const constants = { nvlinkMax: 0.6, nicMax: 0.7 };
    const fitted = calibrateFiles(
      [
        file('one.log', logOf({ op: 'all_gather', constants })),
        file('four.log', logOf({ op: 'all_gather', nodes: 4, constants })),
      ],
      {},
    ).constants;
    expect(Math.abs((fitted.find(({ name }) => name === 'nicMax')?.value ?? 0) - 0.7)).toBeLessThan(0.01);
  });

  test('no error grows, and logs that contradict one another are told', () => {
    const { constants } = calibrateFiles(
      [
        file('slow.log', logOf({ op: 'all_gather', constants: { nvlinkMax: 0.4 } })),
        file('fast.log', logOf({ op: 'all_gather', constants: { nvlinkMax: 0.9 } })),
      ],
      {},
    );
    const found = constants.find(({ name }) => name === 'nvlinkMax');
    expect(found?.errorAfter).toBeLessThanOrEqual(found?.errorBefore ?? 0);
    expect(found?.remark).toMatch(/contradict one another: singly they give 0\.4\d? to 0\.\d+/);
    expect(found?.confidence).toBe('low');
  });

  test('the device that comes of it changes a step in the direction of its constant', () => {
    const { constants } = calibrateFiles(
      [file('x.log', logOf({ op: 'all_gather', constants: { nvlinkMax: 0.4 } }))],
      {},
    );
    const scenario = { model: 'gpt3-175b', seq: 2048 };
    const step = (device: string | undefined): number => {
      const own = JSON.stringify({
        ...JSON.parse(JSON.stringify(benchmarkCluster('a100-sxm-80gb', 8, 1, {})?.device)),
        ...constantsOf(constants, 'a100-sxm-80gb'),
      });
      const resolution = resolveScenario({
        overrides: [
          { path: ['job', 'model'], value: scenario.model, flag: '--model' },
          { path: ['job', 'sequenceLength'], value: scenario.seq, flag: '--seq-len' },
          { path: ['job', 'globalBatch'], value: 64, flag: '--global-batch' },
          { path: ['job', 'parallel'], value: { tensor: 8, pipeline: 8, zero: 1 }, flag: '--tp' },
          { path: ['cluster'], value: 'a100-superpod', flag: '--cluster' },
          ...(device === undefined ? [] : [{ path: ['cluster', 'device'], value: device, flag: '--device' }]),
        ],
        readText: (path) => (path === 'mine.yaml' ? own : undefined),
      });
      return replayStudy(resolution, { gpus: [64], scaling: 'weak' }).report.points[0]?.stepSeconds ?? 0;
    };
    expect(step('mine.yaml')).toBeGreaterThan(step('a100-sxm-80gb') * 1.02);
  });

  test('a device file with a wrong field is a mistake at its line', () => {
    const wrong = 'peakFlops: { bf16: 1e15 }\nmemoryBytes: -1\nnvlinkMx: 0.5\n';
    expect(
      mistakesOf(() =>
        resolveScenario({
          source: 'gpt3-175b-a100',
          overrides: [{ path: ['cluster', 'device'], value: 'mine.yaml', flag: '--device' }],
          readText: (path) => (path === 'mine.yaml' ? wrong : undefined),
        }),
      ),
    ).toEqual(
      expect.arrayContaining([
        'mine.yaml:2 memoryBytes: is -1',
        'mine.yaml:3 nvlinkMx: unknown key (did you mean nvlinkMax?)',
      ]),
    );
  });

  test('what a log does not tell is asked for', () => {
    const unknown = logOf({ op: 'all_gather', program: false });
    expect(mistakesOf(() => calibrateFiles([file('x.txt', unknown)], {}))).toEqual([
      'x.txt:12 table 1: neither text, file name nor bandwidths tell the operation',
    ]);
    expect(calibrateFiles([file('x.txt', unknown)], { op: 'all_gather' }).constants[0]?.name).toBe('nvlinkMax');
    const other = logOf({ gpu: 'AMD MI300X' });
    expect(mistakesOf(() => calibrateFiles([file('x.log', other)], {}))).toEqual([
      'x.log:12 table 1: GPU AMD MI300X is not in the catalogue',
    ]);
    expect(calibrateFiles([file('x.log', other)], { device: 'a100-sxm-80gb' }).constants[0]?.device).toBe(
      'a100-sxm-80gb',
    );
  });

  test('wrong files, all in one pass', () => {
    expect(
      mistakesOf(() =>
        calibrateFiles(
          [file('a.log', 'no table'), file('b.json', '{"rows": []}'), file('c.json', '{"rows": [{"gpus": 8}]}')],
          {},
        ),
      ).map((text) => text.slice(0, 48)),
    ).toEqual([
      'a.log:1 nccl-tests: no table of nccl-tests: a he',
      'b.json:1 rows: is empty',
      'c.json:undefined rows: no row can be used: model',
    ]);
  });
});

test('the sets of reference/published are a file to calibrate from too', () => {
  const path = fileURLToPath(new URL('../fixtures/reference/published/nccl-busbw.json', import.meta.url));
  const { constants, skipped } = calibrateFiles([file('nccl-busbw.json', readFileSync(path, 'utf8'))], {});
  expect(new Set(constants.map(({ device }) => device)).size).toBe(4);
  for (const one of constants)
    if (one.name !== 'benchmarkLaunchSeconds') expect(one.errorAfter).toBeLessThanOrEqual(one.errorBefore + 1e-9);
  expect(skipped.every(({ reason }) => reason.includes('algorithm'))).toBe(true);
});

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { InputError, type NcclTestsTable, readNcclTests, scoreBusbwSets } from '@regatta/scenarios';
import { describe, expect, it } from 'vitest';
import { sharedFolder } from '../support/reference.js';

const fixture = (name: string): string =>
  readFileSync(fileURLToPath(new URL(`../fixtures/importers/${name}`, import.meta.url)), 'utf8');

describe('nccl-tests logs', () => {
  it('reads rows, ranks and units; counts a cut row as rejected', () => {
    const { tables, rejected, warnings } = readNcclTests(fixture('nccl-reduce-scatter.srun.log'));
    expect(rejected).toBe(1);
    expect(warnings).toEqual(['line 16: row left out: it is cut: 3 of 9 numbers']);
    const [table] = tables;
    expect([table?.collective, table?.gpus, table?.hosts, table?.avgBusbwGBps]).toEqual([
      'reduce_scatter',
      4,
      2,
      27.1433,
    ]);
    expect(table?.ranks[3]).toEqual({ rank: 3, host: 'gpu-a02', device: 1, gpu: 'NVIDIA H100 80GB HBM3' });
    expect(table?.rows.map(({ bytes }) => bytes)).toEqual([2 ** 20, 2 ** 21, 2 ** 23]);
    const second = table?.rows[1];
    expect([second?.count, second?.type, second?.redop, second?.root, second?.line]).toEqual([
      131072,
      'float',
      'sum',
      -1,
      15,
    ]);
    expect(second?.outOfPlace).toEqual({ seconds: 6.4e-5, algbwGBps: 32.77, busbwGBps: 24.58, wrong: 0 });
    expect(second?.inPlace?.wrong).toBeUndefined();
  });

  it('tells several tables apart, and the operation by its bandwidths or its program', () => {
    const { tables, warnings } = readNcclTests(fixture('nccl-two-tables.md'));
    expect(warnings).toEqual([]);
    expect(tables.map(({ collective, gpus, rows }) => [collective, gpus, rows.length])).toEqual([
      ['all_reduce', 4, 2],
      ['all_to_all', 2, 1],
    ]);
    expect(tables[1]?.rows[0]?.redop).toBeUndefined();
    expect(tables[1]?.rows[0]?.outOfPlace.seconds).toBeCloseTo(390e-6, 12);
  });

  it('takes the operation from the name of the file, and says so when nothing tells', () => {
    const log = fixture('nccl-two-tables.md').replace('# ./alltoall_perf -g 4', '#');
    expect(readNcclTests(log, 'logs/nccl_alltoall.log').tables[1]?.collective).toBe('all_to_all');
    // all-gather and all-to-all count busbw alike.
    const unknown = readNcclTests(log);
    expect(unknown.tables[1]?.collective).toBeUndefined();
    expect(unknown.warnings).toEqual(['table 2: neither text, file name nor bandwidths tell the operation']);
  });

  it('reads per-iteration columns, CPU time and the JSON report alike', () => {
    const wide = [
      '# Collective test starting: broadcast_perf',
      '#       size         count      type   redop    root  cputime   algbw   busbw #wrong   i_min   i_max   i_p99   i_cv%  cputime   algbw   busbw #wrong   i_min   i_max   i_p99   i_cv%',
      '     1048576        262144     float    none       0    50.00   20.97   20.97      0   48.00   55.00   54.00    2.00    51.00   20.56   20.56      0   49.00   56.00   55.00    2.10',
    ].join('\n');
    const [table] = readNcclTests(wide).tables;
    expect(table?.collective).toBe('broadcast');
    expect(table?.rows[0]?.root).toBe(0);
    expect(table?.rows[0]?.inPlace).toEqual({ seconds: 51e-6, algbwGBps: 20.56, busbwGBps: 20.56, wrong: 0 });
    const report = {
      version: 1,
      args: ['./build/broadcast_perf', '-g', '8'],
      config: {
        nthreads: 1,
        ngpus: 8,
        devices: [
          { rank: 0, group: 0, pid: 1, hostname: 'a', device: 0, device_hex: '0000:1b:00', device_info: 'H100' },
        ],
      },
      results: [
        {
          size: 1048576,
          count: 262144,
          type: 'float',
          redop: 'none',
          root: '     0',
          out_of_place: { time: 50, alg_bw: 20.97, bus_bw: 20.97, nwrong: 0 },
          in_place: { time: 51, alg_bw: 20.56, bus_bw: 20.56, nwrong: null },
        },
        { size: 'many' },
      ],
    };
    const { tables, rejected, warnings } = readNcclTests(JSON.stringify(report, null, 1), 'r.json');
    expect([tables[0]?.collective, tables[0]?.gpus, tables[0]?.hosts, rejected]).toEqual(['broadcast', 8, 1, 1]);
    expect(warnings[0]).toMatch(/^line \d+: result 1 left out: size cannot be read$/);
    expect(tables[0]?.rows[0]?.outOfPlace).toEqual({ seconds: 50e-6, algbwGBps: 20.97, busbwGBps: 20.97, wrong: 0 });
    for (const text of ['{}', '{"results": []}', '{"results": [{}]}']) {
      expect(() => readNcclTests(text, 'r.json')).toThrow(
        /^error: r\.json:1:1 results: is no JSON report of nccl-tests/,
      );
    }
    expect(() => readNcclTests('{"results": [', 'r.json')).toThrow(InputError);
  });

  it('refuses what is no log, with file and line', () => {
    for (const text of ['', 'size count', '\u0000\u0001', '# Avg bus bandwidth : 1']) {
      expect(() => readNcclTests(text, 'x.log'), JSON.stringify(text)).toThrow(
        /^error: x\.log:1:1 nccl-tests: no table/,
      );
    }
    const [head = ''] = fixture('nccl-reduce-scatter.srun.log').split('0:      1048576');
    try {
      readNcclTests(head, 'cut.log');
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(InputError);
      expect(String(error)).toMatch(/cut\.log:1:1 nccl-tests: the table of nccl-tests has no row/);
    }
  });
});

const samples = sharedFolder('samples');
describe.skipIf(samples === undefined)('samples', () => {
  const sample = (name: string): NcclTestsTable => {
    const { tables, rejected, warnings } = readNcclTests(
      readFileSync(join(samples ?? '', 'nccl-tests', name), 'utf8'),
      name,
    );
    expect([rejected, warnings, tables.length]).toEqual([0, [], 1]);
    if (!tables[0]) throw new Error(name);
    return tables[0];
  };

  it('reads every one whole', () => {
    for (const [name, collective, gpus, hosts, rows, average] of [
      ['nccl_allreduce.log', 'all_reduce', 8, 1, 34, 68.4048],
      ['nccl_alltoall.log', 'all_to_all', 8, 1, 34, 58.6481],
      ['nccl_reduce.log', 'reduce', 8, 1, 34, undefined],
      ['h100_2x8_allreduce.md', 'all_reduce', 16, 2, 31, 70.742],
    ] as const) {
      const table = sample(name);
      expect([table.collective, table.gpus, table.hosts, table.rows.length], name).toEqual([
        collective,
        gpus,
        hosts,
        rows,
      ]);
      if (average !== undefined) expect(table.avgBusbwGBps).toBe(average);
      const last = table.rows.at(-1);
      expect(last?.bytes).toBe(2 ** 33);
      expect(last?.outOfPlace.algbwGBps).toBeCloseTo(2 ** 33 / (last?.outOfPlace.seconds ?? 1) / 1e9, 1);
    }
  });

  it('meets the model on another machine: 8 A100 of 40 GB, within 10 % from 16 MiB up, 2x at the floor', () => {
    const rows = sample('nccl_allreduce.log').rows.flatMap(({ bytes, outOfPlace: { seconds } }) =>
      bytes > 0 && seconds ? [{ bytes, timeUs: seconds * 1e6 }] : [],
    );
    const [score] = scoreBusbwSets([{ gpu: 'a100_40gb', nodes: 1, gpus: 8, collective: 'all_reduce', rows }]);
    expect(score?.device).toBe('a100-sxm-40gb');
    expect(score?.large?.meanError).toBeLessThan(0.1);
    expect(score?.floorRatio).toBeGreaterThan(0.5);
    expect(score?.floorRatio).toBeLessThan(2);
    console.log(`8 x A100 40 GB: mean error ${score?.large?.meanError}, floor ${score?.floorRatio}`);
  });
});

import { InputError, readTrace, windowed } from '@regatta/scenarios';
import { describe, expect, test } from 'vitest';

const swfRow = (fields: Readonly<Record<number, number>>): string =>
  Array.from({ length: 18 }, (_, i) => fields[i + 1] ?? -1).join(' ');

describe('SWF', () => {
  test('processors, estimates, users, endings and the machine', () => {
    const text = `; MaxProcs: 64\n${swfRow({ 1: 7, 2: 0, 4: 100, 5: 8, 8: 16, 9: 300, 11: 1, 12: 3 })}\n${swfRow({ 1: 8, 2: 5, 4: 50, 5: 4, 11: 0 })}\n`;
    const trace = readTrace(text);
    expect(trace.machineGpus).toBe(64);
    expect(trace.jobs).toEqual([
      { id: '7', submitSeconds: 0, gpus: 16, runSeconds: 100, estimateSeconds: 300, tenant: 'user3', line: 2 },
      { id: '8', submitSeconds: 5, gpus: 4, runSeconds: 50, estimateSeconds: 50, ending: 'failed', line: 3 },
    ]);
    expect(trace.warnings).toHaveLength(2);
  });

  test('bad rows are named with their line and their reason', () => {
    const rows = [
      swfRow({ 1: 1, 2: 9, 4: 10, 5: 1 }),
      swfRow({ 1: 2, 2: 3, 4: -5, 5: 1 }),
      swfRow({ 1: 1, 2: 4, 4: 10, 5: 1 }),
      '1 2 3',
      swfRow({ 1: 3, 2: 0, 4: 10, 5: 0 }),
      swfRow({ 1: 4, 2: 0, 4: 10, 5: 1 }).replace('10', 'ten'),
      swfRow({ 1: 5, 2: 1, 4: 10, 5: 1 }),
    ];
    const trace = readTrace(rows.join('\n'), { format: 'swf' });
    expect(trace.jobs.map((job) => job.id)).toEqual(['5', '1']);
    expect(trace.rejected.map(({ line, job }) => [line, job])).toEqual([
      [2, '2'],
      [3, '1'],
      [4, undefined],
      [5, '3'],
      [6, undefined],
    ]);
    expect(trace.rejected[1]?.reason).toBe('has the id of line 1');
    expect(trace.warnings).toContain('submit times are out of order: sorted');
  });

  test('a job that was cancelled while it waited leaves when it left', () => {
    const text = `${swfRow({ 1: 1, 2: 100, 3: 40, 4: 0, 8: 4, 9: 600, 11: 5 })}\n${swfRow({ 1: 2, 2: 0, 4: 9, 5: 1 })}`;
    expect(readTrace(text).jobs[1]).toMatchObject({ cancelSeconds: 140, ending: 'cancelled', runSeconds: 600 });
  });

  test('strict: the first bad row is wrong input', () => {
    const text = `${swfRow({ 1: 1, 2: 0, 4: 1, 5: 1 })}\nfoo\n`;
    expect(() => readTrace(text, { format: 'swf', strict: true, file: 'x.swf' })).toThrow(
      'error: x.swf:2: has 1 fields, must have 18',
    );
  });
});

describe('other formats', () => {
  test('Philly: attempts, virtual clusters, status', () => {
    const attempt = (from: string, to: string, gpus: number) => ({
      start_time: `2017-10-09 ${from}`,
      end_time: to === '' ? 'None' : `2017-10-09 ${to}`,
      detail: [{ ip: 'm1', gpus: Array.from({ length: gpus }, (_, i) => `gpu${i}`) }],
    });
    const jobs = [
      {
        status: 'Killed',
        vc: 'ee9e8c',
        jobid: 'b',
        submitted_time: '2017-10-09 07:00:00',
        user: 'u',
        attempts: [attempt('07:10:00', '07:20:00', 2), attempt('07:30:00', '07:31:00', 2)],
      },
      {
        status: 'Pass',
        vc: 'ee9e8c',
        jobid: 'a',
        submitted_time: '2017-10-09 06:59:00',
        user: 'u',
        attempts: [attempt('07:00:00', '07:00:30', 1)],
      },
      { status: 'Pass', vc: 'ee9e8c', jobid: 'c', submitted_time: '2017-10-09 07:00:00', user: 'u', attempts: [] },
      {
        status: 'Pass',
        vc: 'ee9e8c',
        jobid: 'd',
        submitted_time: '2017-10-09 07:00:00',
        user: 'u',
        attempts: [attempt('07:00:00', '', 1)],
      },
    ];
    const trace = readTrace(JSON.stringify(jobs));
    expect(trace.format).toBe('philly');
    expect(trace.jobs).toEqual([
      { id: 'a', submitSeconds: 0, gpus: 1, runSeconds: 30, estimateSeconds: 30, tenant: 'ee9e8c', line: 2 },
      {
        id: 'b',
        submitSeconds: 60,
        gpus: 2,
        runSeconds: 60,
        estimateSeconds: 600,
        failedAttempts: [600],
        tenant: 'ee9e8c',
        ending: 'cancelled',
        line: 1,
      },
    ]);
    expect(trace.rejected.map(({ job }) => job)).toEqual(['c', 'd']);
  });

  test('Acme: both column sets, time zones, stop instead of end', () => {
    const kalos = [
      'job_id,user,node_num,gpu_num,cpu_num,mem_per_pod_GB,shared_mem_per_pod,type,state,submit_time,start_time,end_time,fail_time,stop_time,duration,queue,gpu_time',
      'dlc1,u1,8,64,960,1000,100.0,Other,CANCELLED,2023-05-17 11:28:42+00:00,2023-05-17 11:28:54+00:00,,,2023-05-17 11:30:04+00:00,82,12.0,5248.0',
      'dlc2,u2,1,8,960,1000,100.0,Other,COMPLETED,2023-05-17 19:28:43+08:00,2023-05-17 19:29:00+08:00,2023-05-17 19:30:00+08:00,,,60,17,480',
      'dlc3,u2,1,0,960,1000,100.0,Other,COMPLETED,2023-05-17 19:28:43+08:00,2023-05-17 19:29:00+08:00,2023-05-17 19:30:00+08:00,,,60,17,0',
    ];
    const trace = readTrace(kalos.join('\n'));
    expect(trace.format).toBe('acme');
    expect(
      trace.jobs.map(({ id, submitSeconds, gpus, runSeconds, ending }) => [
        id,
        submitSeconds,
        gpus,
        runSeconds,
        ending,
      ]),
    ).toEqual([
      ['dlc1', 0, 64, 70, 'cancelled'],
      ['dlc2', 1, 8, 60, undefined],
    ]);
    expect(trace.rejected).toEqual([{ line: 4, job: 'dlc3', reason: 'asks for 0 GPUs' }]);
  });

  test('Batsim: delay profiles only', () => {
    const workload = {
      nb_res: 4,
      jobs: [
        { id: 'a', subtime: 10, walltime: 100, res: 4, profile: 'short' },
        { id: 'b', subtime: 20, walltime: -1, res: 2, profile: 'short' },
        { id: 'c', subtime: 20, walltime: 10, res: 2, profile: 'par' },
        { id: 'd', subtime: 20, walltime: 10, res: 2, profile: 'gone' },
      ],
      profiles: { short: { type: 'delay', delay: 13 }, par: { type: 'parallel_homogeneous', cpu: 1, com: 1 } },
    };
    const trace = readTrace(JSON.stringify(workload));
    expect([trace.format, trace.machineGpus]).toEqual(['batsim', 4]);
    expect(trace.jobs.map((job) => [job.id, job.runSeconds, job.estimateSeconds])).toEqual([
      ['a', 13, 100],
      ['b', 13, 13],
    ]);
    expect(trace.rejected).toHaveLength(2);
  });

  test('Gavel and Sia take lengths from the user before ours, and reject what nobody knows', () => {
    const gavel = 'ResNet-18 (batch size 32)\tcmd\t-n\t1\t900\t0.0\t2\nUnheard\tcmd\t-n\t1\t900\t5.0\t1\n';
    expect(readTrace(gavel).jobs[0]?.runSeconds).toBe(20);
    expect(readTrace(gavel).rejected).toHaveLength(1);
    const lengths = { 'ResNet-18 (batch size 32)': { stepsPerSecond: 10 }, Unheard: 77 };
    expect(readTrace(gavel, { lengths }).jobs.map((job) => job.runSeconds)).toEqual([90, 77]);
    const sia = 'name,time,application,num_replicas,batch_size\na-0,3,cifar10,1,128\nb-1,4,zzz,1,128\n';
    expect(readTrace(sia, { lengths: { cifar10: 5 } }).jobs).toMatchObject([
      { id: 'a-0', runSeconds: 5, application: 'cifar10' },
    ]);
  });
});

describe('our own', () => {
  test('CSV with every kind of field', () => {
    const text = [
      'id,submitSeconds,gpus,runSeconds,estimateSeconds,tenant,guaranteed,scaling,failedAttempts,within',
      '"a,1",0,4,10,20,red,false,1:1;2:1.9,3;4,node',
      'b,1,2,5,,,,,,',
    ].join('\n');
    expect(readTrace(text).jobs).toEqual([
      {
        id: 'a,1',
        submitSeconds: 0,
        gpus: 4,
        runSeconds: 10,
        estimateSeconds: 20,
        tenant: 'red',
        guaranteed: false,
        scaling: [
          [1, 1],
          [2, 1.9],
        ],
        failedAttempts: [3, 4],
        within: 'node',
        line: 2,
      },
      { id: 'b', submitSeconds: 1, gpus: 2, runSeconds: 5, estimateSeconds: 5, line: 3 },
    ]);
  });

  test('JSON with tenants and node events; an unknown field names the nearest', () => {
    const file = {
      jobs: [
        { id: 'a', submitSeconds: 0, gpus: 4, runSeconds: 10 },
        { id: 'b', submitSeconds: 0, gpu: 4, runSeconds: 10 },
        { id: 'c', submitSeconds: 0, gpus: 1.5, runSeconds: 10 },
      ],
      tenants: [{ name: 'red', quotaGpus: 8, nodes: [0, 1] }],
      nodeEvents: [{ timeSeconds: 5, kind: 'fail', node: 0 }],
    };
    const trace = readTrace(JSON.stringify(file));
    expect(trace.jobs.map((job) => job.id)).toEqual(['a']);
    expect(trace.rejected[0]?.reason).toBe('unknown field gpu (did you mean gpus?); gpus is missing');
    expect([trace.tenants, trace.nodeEvents]).toEqual([file.tenants, file.nodeEvents]);
    expect(() => readTrace(JSON.stringify({ ...file, tennants: [] }))).toThrow('unknown field');
    expect(() =>
      readTrace(JSON.stringify({ ...file, nodeEvents: [{ timeSeconds: 5, kind: 'melt', node: 0 }] })),
    ).toThrow('nodeEvents[0].kind');
  });

  test('a generator: same seed same jobs, and one property does not move another', () => {
    const generate = {
      jobs: 50,
      seed: 3,
      interarrivalSeconds: { kind: 'exponential', mean: 60 },
      runSeconds: { kind: 'lognormal', median: 600, sigma: 1 },
      gpus: [
        { gpus: 1, weight: 3 },
        { gpus: 8, weight: 1 },
      ],
      tenants: [
        { name: 'x', weight: 1 },
        { name: 'y', weight: 1 },
      ],
    };
    const { jobs } = readTrace(JSON.stringify({ generate }));
    expect(readTrace(JSON.stringify({ generate })).jobs).toEqual(jobs);
    const longer = readTrace(
      JSON.stringify({ generate: { ...generate, runSeconds: { kind: 'constant', value: 5 } } }),
    ).jobs;
    expect(longer.map((job) => [job.submitSeconds, job.gpus, job.tenant])).toEqual(
      jobs.map((job) => [job.submitSeconds, job.gpus, job.tenant]),
    );
    expect(() => readTrace(JSON.stringify({ generate: { ...generate, gpus: [] } }))).toThrow(InputError);
  });
});

describe('what is no trace', () => {
  test.each([
    ['empty', ''],
    ['prose', 'hello world\nthis is no trace\n'],
    ['a CSV with another header', 'a,b,c\n1,2,3\n'],
    ['broken JSON', '[{"id": '],
    ['no valid row', `${swfRow({ 1: 1 })}\n`],
    ['a header without rows', 'name,time,application,num_replicas,batch_size\n'],
    ['binary', '\u0000\u0001\u0002'],
  ])('%s is wrong input', (_, text) => {
    expect(() => readTrace(text, { file: 'x' })).toThrow(InputError);
  });
});

describe('windows', () => {
  const job = (id: string, submitSeconds: number, more = {}) => ({
    id,
    submitSeconds,
    gpus: 1,
    runSeconds: 5,
    estimateSeconds: 5,
    ...more,
  });

  test('from, until and load', () => {
    const jobs = [job('a', 0), job('b', 100, { cancelSeconds: 130 }), job('c', 200), job('d', 300)];
    expect(windowed(jobs, { fromSeconds: 100, untilSeconds: 300, scaleLoad: 2 })).toEqual({
      jobs: [job('b', 0, { cancelSeconds: 30 }), job('c', 50)],
      leftOut: 2,
      untilSeconds: 100,
    });
  });
});

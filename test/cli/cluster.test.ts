import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readTrace } from '@regatta/scenarios';
import { describe, expect, test } from 'vitest';
import { referenceFiles, referenceFolder } from '../support/reference.js';
import { folderWith, regatta } from '../support/run-cli.js';

const jobs = 'id,submitSeconds,gpus,runSeconds,estimateSeconds\na,0,6,10,10\nb,1,8,10,10\nc,2,4,8,8\nd,3,4,9,9\n';
const pool = ['cluster', '--jobs', 'jobs.csv', '--pool', '10'];

interface ClusterJson {
  command: string;
  policy: string;
  jobs: Record<string, unknown>[];
  summary: { waitSeconds: { mean: number }; jobs: { rejected: number; waiting: number } };
  results?: { policy: string }[];
  differences?: { policy: string; waitSeconds: { mean: number } }[];
  rejected: { line: number; job?: string; reason: string }[];
}
const json = (text: string): ClusterJson => JSON.parse(text);

describe('cluster', () => {
  test('the fields that scripts rely on', () => {
    const folder = folderWith({ 'jobs.csv': jobs });
    const { code, stdout } = regatta([...pool, '--policy', 'easy', '--json'], folder);
    expect(code).toBe(0);
    const report = json(stdout);
    expect([report.command, report.policy]).toEqual(['cluster', 'easy']);
    expect(report.jobs[2]).toMatchObject({
      id: 'c',
      submitSeconds: 2,
      startSeconds: 2,
      finishSeconds: 10,
      gpus: 4,
      nodes: 1,
      preemptions: 0,
    });
    expect(report.jobs[1]?.waitReason).toMatch(/^head of the queue, needs 8 GPUs/);
    expect(regatta([...pool, '--policy', 'easy', '--json'], folder).stdout).toBe(stdout);
  });

  test('several policies side by side, with paired differences', () => {
    const folder = folderWith({ 'jobs.csv': jobs });
    const report = json(
      regatta([...pool, '--policy', 'fifo,easy,las', '--las-thresholds', '30', '--json'], folder).stdout,
    );
    expect(report.results?.map(({ policy }) => policy)).toEqual(['fifo', 'easy', 'las']);
    expect(report.differences?.[0]).toMatchObject({ policy: 'easy', waitSeconds: { mean: 6.5 - 11 } });
    const human = regatta([...pool, '--policy', 'fifo,easy'], folder);
    expect(human.stdout).toMatch(/easy - fifo/);
  });

  test('--case prints the shape of the reference file', () => {
    const [file] = referenceFiles('schedules').filter((name) => name !== 'queueing.json');
    if (file === undefined) return;
    const path = join(referenceFolder, 'schedules', file);
    const wanted: { policies: Record<string, { jobs: unknown }> } = JSON.parse(readFileSync(path, 'utf8'));
    const got: typeof wanted = JSON.parse(regatta(['cluster', '--case', path, '--json']).stdout);
    expect(Object.keys(got)).toEqual(['policies']);
    for (const [name, { jobs: schedule }] of Object.entries(wanted.policies)) {
      if (name !== 'las') expect(got.policies[name]?.jobs).toEqual(schedule);
    }
  });

  test('--out writes every job as CSV or SWF, and not over a file that exists', () => {
    const folder = folderWith({ 'jobs.csv': jobs });
    expect(regatta([...pool, '--policy', 'fifo', '--out', 'done.swf'], folder).code).toBe(0);
    expect(readTrace(readFileSync(join(folder, 'done.swf'), 'utf8')).jobs.map((job) => job.runSeconds)).toEqual([
      10, 10, 8, 9,
    ]);
    expect(regatta([...pool, '--policy', 'fifo,easy', '--out', 'done.csv'], folder).code).toBe(0);
    expect(readFileSync(join(folder, 'done.csv'), 'utf8').split('\n')[0]).toMatch(
      /^policy,id,submitSeconds,startSeconds/,
    );
    const again = regatta([...pool, '--policy', 'fifo,easy', '--out', 'done.csv'], folder);
    expect([again.code, again.stderr]).toEqual([2, expect.stringContaining('--force')]);
  });

  test('a job larger than the cluster is refused with its line, the rest runs; --strict is exit 2', () => {
    const folder = folderWith({ 'jobs.csv': `${jobs}e,4,11,5,5\nf,5,1,-3,3\n` });
    const { code, stdout, stderr } = regatta([...pool, '--json'], folder);
    const report = json(stdout);
    expect([code, report.summary.jobs.rejected]).toEqual([0, 1]);
    expect(report.rejected.map(({ line, job }) => [line, job])).toEqual([
      [7, 'f'],
      [6, 'e'],
    ]);
    expect(stderr).toContain('jobs.csv:6: job e rejected: needs 11 GPUs, the cluster has 10');
    const strict = regatta([...pool, '--strict'], folder);
    expect([strict.code, strict.stdout]).toEqual([2, '']);
    expect(strict.stderr).toMatch(/^error: jobs.csv:7 f: run time is -3/);
  });

  test('--until stops there, and says why each waiting job waits', () => {
    const { stdout } = regatta(
      [...pool, '--policy', 'fifo', '--until', '5', '--json'],
      folderWith({ 'jobs.csv': jobs }),
    );
    const report = json(stdout);
    expect(report.summary.jobs.waiting).toBe(3);
    expect(report.jobs[2]).toMatchObject({
      id: 'c',
      startSeconds: null,
      status: 'queued',
      waitReason: 'waits behind job b, which needs 8 GPUs',
    });
  });

  test.each([
    [['--policy', 'esay'], 'did you mean easy?'],
    [['--placement', 'pakced'], 'packed'],
    [['--scale-load', '0'], 'a number above 0'],
    [['--jobs', 'gone.csv'], 'no such file'],
    [['--nodes', '4'], 'does not go with nodes'],
    [['--policy', 'cells'], 'needs a cluster of nodes'],
    [['--las-thresholds', '5,3'], 'not ascending'],
  ])('wrong input %j is exit 2 and a line that says so', (more, message) => {
    const base = more[0] === '--jobs' ? ['cluster', '--pool', '10'] : pool;
    const { code, stdout, stderr } = regatta([...base, ...more], folderWith({ 'jobs.csv': jobs }));
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(message);
    expect(stderr).not.toContain(' at ');
  });
});

describe('policies of users', () => {
  const greedy = `import { startUntilBlocked, type SchedulingPolicy } from '@regatta/sim-core';
const shortest: SchedulingPolicy = { name: 'shortest', reasonsIn: 'nodes', queueKey: (job) => job.spec.estimateSeconds, decide: startUntilBlocked };
export default shortest;
`;
  const bad: Readonly<Record<string, readonly [string, RegExp]>> = {
    throws: [
      "export default { name: 'bad', reasonsIn: 'pool', decide() { throw new Error('oops'); } };",
      /policy bad at 0 s: decide threw: oops/,
    ],
    loops: [
      "export default { name: 'bad', reasonsIn: 'pool', decide() { for (;;); } };",
      /did not return within 1 s, stopped/,
    ],
    nonsense: [
      "export default { name: 'bad', reasonsIn: 'pool', decide: () => [{ kind: 'start', job: 7 }] };",
      /job 7, which does not exist/,
    ],
    'bad key': [
      "export default { name: 'bad', reasonsIn: 'pool', queueKey: () => 'x', decide: () => [] };",
      /queueKey of job \w+ is x/,
    ],
    oversubscribes: [
      "export default { name: 'bad', reasonsIn: 'pool', decide: (view) => [...view.queue].map((job) => ({ kind: 'start', job: job.id })) };",
      /breaks S1/,
    ],
  };

  test('a TypeScript file runs beside built-in policies', () => {
    const folder = folderWith({ 'jobs.csv': jobs, 'shortest.ts': greedy });
    const { code, stdout } = regatta([...pool, '--policy', 'sjf,shortest.ts', '--json'], folder);
    expect(code).toBe(0);
    expect(json(stdout).differences?.[0]).toMatchObject({ policy: 'shortest', waitSeconds: { mean: 0 } });
  });

  test.each(Object.entries(bad))('one that %s is named, stopped, exit 1', (_, [code, message]) => {
    const folder = folderWith({ 'jobs.csv': jobs, 'bad.js': code });
    const run = regatta([...pool, '--policy', 'bad.js', '--policy-timeout', '1s'], folder);
    expect(run.code).toBe(1);
    expect(run.stderr).toMatch(message);
  });

  test('a file that is no policy, or does not compile, is wrong input', () => {
    const folder = folderWith({
      'jobs.csv': jobs,
      'none.js': 'export const x = 1;',
      'broken.ts': 'export default {\n  name: ',
    });
    expect(regatta([...pool, '--policy', 'none.js'], folder)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('exports no policy'),
    });
    expect(regatta([...pool, '--policy', 'broken.ts'], folder)).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^error: broken.ts:2:/),
    });
  });
});

describe('check', () => {
  test('a sound policy is exit 0', () => {
    expect(regatta(['check', '--policy', 'easy', '--runs', '100'])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('no counterexample in 100 worlds'),
    });
  });

  test('a broken one: smallest world, timeline, and a command that finds it again', () => {
    const folder = folderWith({});
    const policy = `import { firstFit } from '@regatta/sim-core';
export const policy = { ...firstFit, name: 'leaky-fifo', claims: { fifoOrder: true } };
`;
    writeFileSync(join(folder, 'leaky.ts'), policy);
    const found = regatta(['check', '--policy', 'leaky.ts', '--runs', '500'], folder);
    expect(found.code).toBe(1);
    expect(found.stdout).toMatch(/S10 at \d+ s: job j\d+ starts before job j\d+/);
    const replay = /^replay: regatta (.*)$/m.exec(found.stdout)?.[1] ?? '';
    const again = regatta(replay.replaceAll("'", '').split(' '), folder);
    expect(again.code).toBe(1);
    expect(again.stdout.split('\n').slice(1, -2)).toEqual(found.stdout.split('\n').slice(1, -2));
  });

  test('JSON holds the world', () => {
    const folder = folderWith({ 'idle.js': "export default { name: 'idle', reasonsIn: 'pool', decide: () => [] };" });
    const { code, stdout } = regatta(['check', '--policy', 'idle.js', '--runs', '20', '--json'], folder);
    const report: { counterexample: { violations: { invariant: string }[]; world: { jobs: unknown[] } } } =
      JSON.parse(stdout);
    expect(code).toBe(1);
    expect(report.counterexample.violations[0]?.invariant).toBe('S18');
    expect(report.counterexample.world.jobs).toHaveLength(1);
  });
});

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type CliResult, fixture, folderWith, interruptedRegatta, regatta } from '../support/run-cli.js';

const base = [
  'llama-3.1-405b-h100',
  '--gpus',
  '1024',
  '--days',
  '20',
  '--trials',
  '20',
  '--set',
  'failures={profile: llama3-2024}',
];

describe('run and compare', () => {
  test('run prints the contract, the same bytes each time', () => {
    const { code, stdout } = regatta(['run', ...base, '--json']);
    expect(code).toBe(0);
    const report = JSON.parse(stdout);
    for (const key of ['goodput', 'ettr', 'interruptions', 'mttfHours', 'tokens']) {
      expect(Object.keys(report[key])).toEqual(['mean', 'ci95', 'p5', 'p50', 'p95']);
    }
    expect(report.gpuHours).toHaveProperty('lostWork.mean');
    expect(regatta(['run', ...base, '--json']).stdout).toBe(stdout);
  });

  test('the same bytes on 1, 2 and 7 workers, stopped early or not', () => {
    const early = base.map((word, i) => (base[i - 1] === '--trials' ? '200' : word));
    const slow = `components: [
      {name: thermal, level: gpu, mtbfHours: 20000, mode: slow, slowFactor: 1.3, detectSeconds: 3600, repairHours: 12},
      {name: nic, level: nic, mtbfHours: 40000, capacityFactor: 0, repairHours: 4}]`;
    for (const line of [
      ['run', ...base],
      ['run', ...base, '--set', `failures={profile: llama3-2024, ${slow}}`, '--set', 'recovery.policy=shrink'],
      ['run', ...early, '--until', '2%'],
    ]) {
      const [one, ...others] = ['1', '2', '7'].map((workers) => regatta([...line, '--workers', workers, '--json']));
      expect(one?.code).toBe(0);
      for (const other of others) expect(other.stdout).toBe(one?.stdout);
    }
    expect(regatta(['run', ...base, '--workers', '0']).stderr).toMatch(/--workers/);
  });

  /** Stopped once trials were done: how long that takes depends on the machine. */
  async function stopped(line: readonly string[], some: (stdout: string) => boolean): Promise<CliResult> {
    let result = await interruptedRegatta(line, 2500);
    for (let wait = 5000; wait <= 20_000 && !some(result.stdout); wait *= 2)
      result = await interruptedRegatta(line, wait);
    return result;
  }
  const endless = base.map((word, i) => (base[i - 1] === '--trials' ? '1000000' : word));

  test.each(['1', '2'])(
    'Ctrl-C prints the trials that are done, marked partial, the first of those that a whole run has (%s workers)',
    async (workers) => {
      const line = ['run', ...endless, '--workers', workers, '--json'];
      const { code, stdout } = await stopped(line, (text) => text !== '');
      expect(code).toBe(130);
      const report = JSON.parse(stdout);
      expect(report.partial).toBe(true);
      const done: number = report.points[0].trials;
      expect(done).toBeGreaterThan(0);
      expect(done).toBeLessThan(1_000_000);
      const same = regatta(line.map((word, i) => (line[i - 1] === '--trials' ? String(done) : word)));
      expect(JSON.parse(same.stdout).goodput).toEqual(report.goodput);
    },
    60_000,
  );

  test('Ctrl-C for people: run and compare say that they are partial', async () => {
    const ran = await stopped(['run', ...endless], (text) => text.includes('goodput'));
    expect(ran.code).toBe(130);
    expect(ran.stdout).toMatch(/^PARTIAL: stopped before all trials were done\n/);
    expect(ran.stderr).toContain('stopped: these are the trials that were done by then');
    const compared = await stopped(['compare', ...endless, '--vary', 'recovery.spares=1,2'], (text) => text !== '');
    expect(compared.code).toBe(130);
    expect(compared.stdout).toMatch(/^PARTIAL: stopped after [\d,]+ trials/);
  }, 90_000);

  test('one trial is the same alone as among the many: phases that follow one another, what stopped it, its figures', () => {
    const { stdout } = regatta(['run', ...base, '--trial', '7', '--timeline', '--json']);
    const shown = JSON.parse(stdout);
    const { timeline }: { timeline: [string, number, number][] } = shown;
    timeline.slice(1).forEach(([, from], i) => {
      expect(from).toBe(timeline[i]?.[2]);
    });
    expect(timeline.at(-1)?.[2]).toBeCloseTo(20 * 86400, 3);
    expect(shown.stops.filter(({ why }: { why: string }) => why === 'failure')).toHaveLength(shown.interruptions);
    const computed = timeline.reduce((sum, [kind, from, to]) => sum + (kind === 'compute' ? to - from : 0), 0);
    expect(computed / (20 * 86400)).toBeGreaterThanOrEqual(shown.ettr);
    // The mean of the first eight less that of the first seven is the eighth.
    const meanOf = (trials: string): number =>
      JSON.parse(
        regatta(['run', ...base.map((word, i) => (base[i - 1] === '--trials' ? trials : word)), '--json']).stdout,
      ).goodput.mean;
    expect(8 * meanOf('8') - 7 * meanOf('7')).toBeCloseTo(shown.goodput, 12);
    const alone = JSON.parse(regatta(['run', ...base, '--trial', '7', '--json']).stdout);
    expect(alone).not.toHaveProperty('timeline');
    expect(alone.gpuHours).toEqual(shown.gpuHours);
  });

  test('for people a trial is a strip chart: one row a day', () => {
    const { stdout } = regatta(['run', ...base, '--trial', '7', '--timeline']);
    const rows = stdout.split('\n').filter((line) => line.endsWith('|'));
    expect(rows).toHaveLength(20);
    expect(rows.join('')).toMatch(/x/);
    expect(stdout).toMatch(/stopped by +times\n/);
  });

  test('--trace and --report write whole files, --force replaces them', () => {
    const folder = folderWith({ 'old.html': 'mine' });
    const line = ['run', ...base, '--trial', '7'];
    expect(regatta([...line, '--trace', 'trace.json', '--json'], folder).code).toBe(0);
    const { traceEvents } = JSON.parse(readFileSync(join(folder, 'trace.json'), 'utf8'));
    const phases = traceEvents.filter(({ ph }: { ph: string }) => ph === 'X');
    expect(phases.reduce((sum: number, { dur }: { dur: number }) => sum + dur, 0)).toBeCloseTo(20 * 86400e6, -3);
    expect(traceEvents.filter(({ ph }: { ph: string }) => ph === 'i').length).toBeGreaterThan(3);
    const report = ['run', ...base, '--report', 'old.html', '--json'];
    expect(regatta(report, folder)).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/old.html: exists, expected --force/),
    });
    expect(readFileSync(join(folder, 'old.html'), 'utf8')).toBe('mine');
    expect(regatta([...report, '--force'], folder).code).toBe(0);
    expect(readFileSync(join(folder, 'old.html'), 'utf8')).toMatch(/lost work[\s\S]*<h3>1,024 GPUs, 20 trials<\/h3>/);
    const compared = regatta(['compare', ...base, '--vary', 'recovery.spares=1,2', '--report', 'c.html'], folder);
    expect(compared.code).toBe(0);
    expect(readFileSync(join(folder, 'c.html'), 'utf8')).toContain('recovery.spares=2');
  });

  test('several --vary make a grid, commas in brackets belong to a value, GPU counts are variants too', () => {
    const names = (...more: string[]): string[] =>
      JSON.parse(regatta(['compare', ...base, ...more, '--json']).stdout).variants.map(
        ({ name }: { name: string }) => name,
      );
    expect(
      names('--vary', 'recovery.spares=1,2', '--vary', 'recovery={policy: restart, spares: 0},{policy: shrink}'),
    ).toEqual([
      'recovery.spares=1 recovery={policy: restart, spares: 0}',
      'recovery.spares=1 recovery={policy: shrink}',
      'recovery.spares=2 recovery={policy: restart, spares: 0}',
      'recovery.spares=2 recovery={policy: shrink}',
    ]);
    const sizes = base.map((word, i) => (base[i - 1] === '--gpus' ? '1024,2048' : word));
    const compared = JSON.parse(regatta(['compare', ...sizes, '--json']).stdout);
    expect(compared.variants.map(({ gpus }: { gpus: number }) => gpus)).toEqual([1024, 2048]);
    expect(compared.variants[1].against.verdict).toBe('worse');
  });

  test('--until a percentage: as many trials as it takes, of goodput or of every difference', () => {
    const narrow = base.filter((word, i) => word !== '--trials' && base[i - 1] !== '--trials');
    const width = ({ mean, ci95 }: { mean: number; ci95: number[] }): number =>
      ((ci95[1] ?? 0) - (ci95[0] ?? 0)) / 2 / mean;
    const ran = JSON.parse(regatta(['run', ...narrow, '--until', '0.1%', '--json']).stdout);
    expect(ran.points[0].trials).toBeGreaterThan(20);
    expect(width(ran.goodput)).toBeLessThanOrEqual(0.001);
    const compared = JSON.parse(
      regatta(['compare', ...narrow, '--vary', 'recovery.spares=4,5', '--until', '1%', '--json']).stdout,
    );
    expect(compared.trials).toBe(20);
    const never = regatta(['run', ...base, '--until', '0.001%']);
    expect(never.stderr).toMatch(/note: after 20 trials at 1024 GPUs the interval is/);
  });

  test('the rows of a log that are left out are named and counted; --strict refuses the first', () => {
    const log = ['--set', `failures.incidents=${fixture('incidents/bad.csv')}`];
    const { code, stdout, stderr } = regatta(['run', ...base, ...log, '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout).rejected).toBe(4);
    expect(stderr.match(/bad.csv:\d+: left out/g)).toHaveLength(4);
    expect(
      JSON.parse(regatta(['compare', ...base, ...log, '--vary', 'recovery.spares=1,2', '--json']).stdout).rejected,
    ).toBe(4);
    expect(regatta(['run', ...base, ...log, '--strict'])).toMatchObject({ code: 2, stdout: '' });
  });

  test('a variant against itself differs by exactly nothing; spares help', () => {
    const repair = ['--set', 'recovery={policy: spares, spares: 0}'];
    const same = JSON.parse(regatta(['compare', ...base, ...repair, '--vary', 'recovery.spares=0,0', '--json']).stdout);
    expect(same.variants[1].against.goodput).toEqual({
      mean: 0,
      ci95: [0, 0],
      trialsSavedRatio: null,
      trialsSaved: null,
    });
    expect(same.variants[1].against.verdict).toBe('open');
    const spares = JSON.parse(
      regatta(['compare', ...base, ...repair, '--vary', 'recovery.spares=0,32', '--json']).stdout,
    );
    expect(spares.variants[1].against.verdict).toBe('better');
  });

  const plain = ['llama-3.1-405b-h100', '--gpus', '1024'];
  test.each<[string, readonly string[], readonly RegExp[]]>([
    ['no end', ['run', ...plain], [/job\.steps: is missing, and there is no --days/]],
    [
      'all flags at once',
      ['run', ...plain, '--days', '0', '--trials', '0', '--until', '0%', '--workers', '0', '--trial', '-1'],
      [/--days: is 0/, /--workers: is 0/, /--trial: is -1/, /--until: is 0%/, /--trials: is 0/],
    ],
    ['a word for a time', ['run', ...base, '--until', 'soon'], [/--until: is soon/]],
    ['two ends', ['run', ...base, '--until', '3d'], [/--until: is 3d, and --days is given too/]],
    ['one variant', ['compare', ...base], [/needs at least two variants/]],
    ['a report of one trial', ['run', ...base, '--timeline', '--report', 'x.html'], [/--report: is of many trials/]],
    [
      'one trial at several counts',
      ['run', plain[0] ?? '', '--gpus', '1024,2048', '--days', '3', '--timeline'],
      [/--gpus: is 1024, 2048, expected one GPU count/],
    ],
    [
      'a field that is not there',
      ['compare', ...base, '--vary', 'recovery.polcy=restart,spares'],
      [/--vary recovery.polcy: unknown key \(did you mean policy\?\)/],
    ],
    [
      'a value that is not there',
      ['compare', ...base, '--vary', 'recovery.policy=restart,shrnk'],
      [
        /--vary recovery.policy: is "shrnk" \(did you mean shrink\?\), expected restart \| spares .* \| a .ts or .js file/,
      ],
    ],
    [
      'no value',
      ['compare', ...base, '--vary', 'recovery.policy=', '--vary', 'x'],
      [/recovery.policy has an empty value/, /x is no assignment/],
    ],
    ['a policy of no file', ['run', ...base, '--set', 'recovery.policy=none.ts'], [/recovery.policy: no file none.ts/]],
    [
      'an interval in the wrong unit',
      ['run', ...base, '--set', 'checkpoint.intervalSeconds=0.01'],
      [/checkpoint.intervalSeconds: 0.01 s makes 1.73e\+8 checkpoints of one run, expected at least 0.173 s/],
    ],
  ])('wrong input: %s', (_, line, messages) => {
    const { code, stdout, stderr } = regatta(line);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    const lines = stderr.trimEnd().split('\n');
    expect(lines).toHaveLength(messages.length);
    messages.forEach((message, i) => {
      expect(lines[i]).toMatch(/^error: /);
      expect(lines[i]).toMatch(message);
    });
  });
});

describe('a recovery policy of your own', () => {
  const files = {
    'wait.ts': `import type { RecoverableJob } from '@regatta/sim-core';
      export default ({ nodes, states }: RecoverableJob) => ({
        configuration: (missing: readonly number[]) => (missing.length === 0 ? 0 : -1),
        nodesInUse: () => nodes,
        speed: (_: number, ailments: never[]) => states.asItIs(ailments),
      });`,
    'loops.ts': 'export default () => { for (;;); };',
    'halves.js': 'export const policy = () => ({ configuration: () => 0.5, nodesInUse: () => 1, speed: () => 1 });',
    'throws.js':
      "export default () => ({ configuration: (m) => { if (m.length) throw new Error('boom'); return 0; }, nodesInUse: () => 1, speed: () => 1 });",
    'nothing.js': 'export const x = 3;',
    'refuses.ts': `import { RecoveryRefused } from '@regatta/sim-core';
      export default () => { throw new RecoveryRefused('is for odd jobs', 'an odd job'); };`,
    'syntax.ts': 'export default (',
  };
  const often = [...base, '--set', 'failures={components: [{name: n, level: node, mtbfHours: 500, repairHours: 3}]}'];

  test('does what a built-in one of the same mind does, with any number of workers and in one trial', () => {
    const folder = folderWith(files);
    const line = [...often, '--set', 'recovery.spares=0'];
    const [own, builtIn] = ['wait.ts', 'restart'].map((policy) => {
      const ran = regatta(['run', ...line, '--set', `recovery.policy=${policy}`, '--workers', '2', '--json'], folder);
      expect(ran.code).toBe(0);
      return JSON.parse(ran.stdout).points;
    });
    expect(own).toEqual(builtIn);
    const trial = (policy: string): unknown =>
      JSON.parse(
        regatta(['run', ...line, '--set', `recovery.policy=${policy}`, '--trial', '3', '--timeline', '--json'], folder)
          .stdout,
      ).timeline;
    expect(trial('wait.ts')).toEqual(trial('restart'));
  });

  test.each<[string, number, RegExp]>([
    ['loops.ts', 1, /policy loops.ts: did not return within 1 s, stopped/],
    ['halves.js', 1, /policy halves.js: configuration\(\[.*\]\) is 0.5, must be a whole number of at least -1/],
    ['throws.js', 1, /policy throws.js: configuration\(\[.*\]\) threw: boom/],
    ['nothing.js', 2, /nothing.js: exports no recovery policy/],
    ['refuses.ts', 2, /recovery.policy: is for odd jobs, expected an odd job/],
    ['syntax.ts', 2, /syntax.ts:\d+:\d+: /],
  ])('%s is one line and exit %i', (policy, exit, message) => {
    const folder = folderWith(files);
    const { code, stdout, stderr } = regatta(
      ['run', ...often, '--set', `recovery.policy=${policy}`, '--policy-timeout', '1s'],
      folder,
    );
    expect({ code, stdout }).toEqual({ code: exit, stdout: '' });
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(stderr).toMatch(message);
  });
});

import { describe, expect, test } from 'vitest';
import { interruptedRegatta, regatta } from '../support/run-cli.js';

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
    for (const line of [
      ['run', ...base],
      ['run', ...early, '--until', '2%'],
    ]) {
      const [one, ...others] = ['1', '2', '7'].map((workers) => regatta([...line, '--workers', workers, '--json']));
      expect(one?.code).toBe(0);
      for (const other of others) expect(other.stdout).toBe(one?.stdout);
    }
    expect(regatta(['run', ...base, '--workers', '0']).stderr).toMatch(/--workers/);
  });

  test('Ctrl-C prints the trials that are done, marked partial, the first of those that a whole run has', async () => {
    const line = ['run', ...base, '--workers', '1', '--json'];
    const many = line.map((word, i) => (line[i - 1] === '--trials' ? '1000000' : word));
    const { code, stdout } = await interruptedRegatta(many, 2500);
    expect(code).toBe(130);
    const report = JSON.parse(stdout);
    expect(report.partial).toBe(true);
    const done: number = report.points[0].trials;
    expect(done).toBeGreaterThan(0);
    expect(done).toBeLessThan(1_000_000);
    const same = regatta(line.map((word, i) => (line[i - 1] === '--trials' ? String(done) : word)));
    expect(JSON.parse(same.stdout).goodput).toEqual(report.goodput);
  }, 60_000);

  test('one trial can be shown', () => {
    const { stdout } = regatta(['run', ...base, '--trial', '7', '--timeline', '--json']);
    const { timeline }: { timeline: [string, number, number][] } = JSON.parse(stdout);
    timeline.slice(1).forEach(([, from], i) => {
      expect(from).toBe(timeline[i]?.[2]);
    });
    expect(timeline.at(-1)?.[2]).toBeCloseTo(20 * 86400, 3);
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

  test('wrong input', () => {
    expect(regatta(['run', 'llama-3.1-405b-h100', '--gpus', '1024']).stderr).toMatch(
      /job\.steps: is missing, and there is no --days/,
    );
    expect(regatta(['run', ...base, '--until', 'soon']).stderr).toMatch(/--until: is soon/);
    expect(regatta(['compare', ...base]).stderr).toMatch(/needs at least two variants/);
  });
});

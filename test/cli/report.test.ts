import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { pageProblems } from '../support/html.js';
import { folderWith, regatta } from '../support/run-cli.js';

function reported(line: readonly string[]): { readonly html: string; readonly json: ReturnType<typeof JSON.parse> } {
  const folder = folderWith({});
  const { code, stdout, stderr } = regatta([...line, '--json', '--report', 'r.html'], folder);
  expect(code, stderr).toBe(0);
  return { html: readFileSync(join(folder, 'r.html'), 'utf8'), json: JSON.parse(stdout) };
}

describe('replay --report', () => {
  test('a page that stands alone: figures, charts with words, the command that makes it again', () => {
    const line = ['replay', 'llama-3.1-405b-h100', '--gpus', '1024,4096', '--set', 'job.options={recomputeLayers: 2}'];
    const { html, json } = reported(line);
    expect(pageProblems(html)).toEqual([]);
    for (const { cause, share } of json.points[1].loss)
      if (share > 0.001) expect(html, cause).toContain(`${(100 * share).toFixed(2)}%`);
    expect(html).toContain('llama-3.1-405b on h100-sxm-80gb (stack nemo-2026), weak scaling against 1,024 GPUs');
    expect(html.match(/<svg /g)).toHaveLength(7);
    expect(html).toContain(
      "regatta replay llama-3.1-405b-h100 --gpus 1024,4096 --set 'job.options={recomputeLayers: 2}'",
    );
    expect(html).toMatch(/stage 15, rank \d+ and 255 alike\. forward of micro-batch 0: .* computing /);
    expect(reported(line).html).toBe(html);
  });

  test('one count, every schedule, a plan that does not fit, every rank', () => {
    const base = [
      'replay',
      '--model',
      'llama-3.1-8b',
      '--device',
      'h100-sxm-80gb',
      '--gpus',
      '16',
      '--global-batch',
      '64',
    ];
    for (const more of [
      ['--pp', '4', '--schedule', 'zb-h1'],
      ['--pp', '4', '--schedule', 'interleaved', '--vpp', '2', '--set', 'job.options.p2p=blocking'],
      ['--zero', '3', '--no-fold'],
      ['--tp', '2', '--set', 'perturb.slowRanks=[{rank: 5, factor: 1.3}]'],
    ]) {
      const { html, json } = reported([...base, '--seq-len', '4096', ...more]);
      expect(pageProblems(html), more.join(' ')).toEqual([]);
      expect(html.includes('does not fit')).toBe(!json.points[0].memory.fits);
    }
  });

  test('names of the scenario do no harm', () => {
    const { html } = reported([
      'replay',
      'gpt3-175b-a100',
      '--gpus',
      '128',
      '--global-batch',
      '16',
      '--set',
      'name=<b>"&',
    ]);
    expect(pageProblems(html)).toEqual([]);
    expect(html).toContain('<h1>&lt;b&gt;&quot;&amp;</h1>');
  });
});

describe('run and compare --report', () => {
  const base = ['llama-3.1-405b-h100', '--days', '20', '--trials', '10', '--set', 'failures.profile=llama3-2024'];

  test('run: goodput by scale with intervals, GPU-hours by cause, one trial in time', () => {
    const line = ['run', ...base, '--gpus', '1024,4096', '--set', 'recovery={policy: spares, spares: 8}'];
    const { html, json } = reported(line);
    expect(pageProblems(html)).toEqual([]);
    for (const { goodput } of json.points) expect(html).toContain(`${(100 * goodput.mean).toFixed(2)}%`);
    expect(html).toContain('exposed tensor-parallel');
    expect(html).toContain('lost work');
    expect(html).toMatch(/Trial 0 of 4,096 GPUs in time, with \d+ stops/);
    expect(html.match(/<svg /g)).toHaveLength(3);
    expect(reported(line).html).toBe(html);
  });

  test('compare: differences with their intervals', () => {
    const line = [
      'compare',
      ...base,
      '--gpus',
      '1024',
      '--set',
      'recovery.policy=spares',
      '--vary',
      'recovery.spares=0,8',
    ];
    const { html } = reported(line);
    expect(pageProblems(html)).toEqual([]);
    expect(html).toContain('recovery.spares=8: better: +');
  });
});

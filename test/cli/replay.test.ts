import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { fixture, folderWith, regatta } from '../support/run-cli.js';

interface Report {
  schemaVersion: number;
  command: string;
  baselineGpus: number;
  scenario: { cluster: { nodes: number }; job: { globalBatch: number; parallel: { data: unknown } } };
  points: {
    gpus: number;
    globalBatch: number;
    stepSeconds: number;
    tokensPerSecond: number;
    speedup: number;
    idealSpeedup: number;
    scalingEfficiency: number;
    mfu: number;
    memory: Record<string, number | boolean>;
    loss: { cause: string; share: number }[];
    folding: { ranks: number; classes: number; events: number };
  }[];
}
const json = (text: string): Report => JSON.parse(text);
const main = ['replay', 'llama-3.1-405b-h100', '--gpus', '1024,4096,16384'];

describe('replay', () => {
  test('405B at three sizes: contract of the JSON, and shares that add up', () => {
    const { code, stdout } = regatta([...main, '--json']);
    expect(code).toBe(0);
    const report = json(stdout);
    expect(report.points.map((point) => point.gpus)).toEqual([1024, 4096, 16384]);
    expect([report.schemaVersion, report.command, report.baselineGpus]).toEqual([1, 'replay', 1024]);
    expect(report.scenario.cluster.nodes).toBe(2048);
    expect(report.scenario.job.parallel.data).toBe('auto');
    for (const point of report.points) {
      const total = point.loss.reduce((sum, { share }) => sum + share, 0);
      expect(Math.abs(total - 1)).toBeLessThan(1e-9);
      expect(point.loss).toHaveLength(14);
      expect(Math.abs((point.loss[0]?.share ?? 0) / point.mfu - 1)).toBeLessThan(1e-9);
      expect(Math.abs(point.scalingEfficiency - point.speedup / point.idealSpeedup)).toBeLessThan(1e-12);
      expect(point.memory.fits).toBe(true);
      const { weightsBytes, gradientsBytes, optimizerBytes, activationsBytes, otherBytes, peakBytes } = point.memory;
      const parts = [weightsBytes, gradientsBytes, optimizerBytes, activationsBytes, otherBytes].map(Number);
      expect(Math.abs(parts.reduce((a, b) => a + b) / Number(peakBytes) - 1)).toBeLessThan(1e-12);
      expect(point.folding.classes).toBe(16);
    }
    expect(report.points.map((point) => point.globalBatch)).toEqual([2048, 8192, 32768]);
  });

  test('the resolved scenario fed back gives the same bytes', () => {
    const first = regatta([...main, '--json']).stdout;
    const folder = folderWith({ 'again.json': JSON.stringify(json(first).scenario) });
    const again = regatta(['replay', 'again.json', '--gpus', '1024,4096,16384', '--json'], folder);
    expect(again.stderr).toBe('');
    expect(again.stdout).toBe(first);
  });

  test('strong scaling keeps the batch; a baseline can be named; flags and --set reach every field', () => {
    const report = json(
      regatta([
        'replay',
        'gpt3-175b-a100',
        '--gpus',
        '512,1024',
        '--scaling',
        'strong',
        '--baseline',
        '1024',
        '--tp',
        '4',
        '--set',
        'job.options.p2p=blocking',
        '--json',
      ]).stdout,
    );
    expect(report.baselineGpus).toBe(1024);
    expect(report.points.map((point) => point.globalBatch)).toEqual([1536, 1536]);
    expect(report.points[1]?.speedup).toBe(1);
  });

  test('every rank simulated agrees with folding', () => {
    const args = ['replay', 'llama-3.1-405b-h100', '--gpus', '1024', '--global-batch', '128', '--json'];
    const folded = json(regatta(args).stdout).points[0];
    const single = json(regatta([...args, '--no-fold']).stdout).points[0];
    expect(single?.folding.classes).toBe(1024);
    expect(Math.abs((single?.stepSeconds ?? 0) / (folded?.stepSeconds ?? 1) - 1)).toBeLessThan(1e-9);
  });

  test('a job that does not fit is simulated, flagged and explained; --require-fit exits with 1', () => {
    const args = ['replay', 'llama-3.1-405b-h100', '--gpus', '1024', '--set', 'job.recompute=none', '--json'];
    const result = regatta(args);
    expect(result.code).toBe(0);
    expect(json(result.stdout).points[0]?.memory.fits).toBe(false);
    expect(result.stderr).toMatch(
      /does not fit at 1,024 GPUs: rank \d+ needs .* GiB too much; the largest part are activations/,
    );
    expect(regatta([...args, '--require-fit']).code).toBe(1);
  });

  test('a Hugging Face config is a model; files are written whole and kept unless --force', () => {
    const folder = folderWith({});
    const args = [
      'replay',
      '--model',
      fixture('hf-config/small-llama.config.json'),
      '--cluster',
      'h100-rail-clos',
      '--gpus',
      '16',
      '--seq-len',
      '2048',
      '--global-batch',
      '64',
      '--out',
      'result.json',
      '--json',
    ];
    expect(regatta(args, folder)).toMatchObject({ code: 0, stdout: '' });
    const written = readFileSync(join(folder, 'result.json'), 'utf8');
    expect(json(written).points).toHaveLength(1);
    expect(regatta(args, folder).code).toBe(2);
    expect(regatta([...args, '--force'], folder).code).toBe(0);
    expect(readFileSync(join(folder, 'result.json'), 'utf8')).toBe(written);
  });
});

describe('other commands', () => {
  test('init gives a scenario that replays; schema, catalogue and completion answer', () => {
    const scenario = regatta(['init']).stdout;
    const folder = folderWith({ 'scenario.yaml': scenario });
    expect(regatta(['replay', 'scenario.yaml', '--gpus', '1024', '--json'], folder).code).toBe(0);
    expect(JSON.parse(regatta(['schema']).stdout)).toHaveProperty('properties.job');
    const listing: { models: unknown[]; clusters: unknown[] } = JSON.parse(regatta(['catalogue', '--json']).stdout);
    expect(listing.models.length).toBeGreaterThanOrEqual(10);
    expect(listing.clusters.length).toBeGreaterThanOrEqual(4);
    for (const shell of ['bash', 'zsh', 'fish']) expect(regatta(['completion', shell]).stdout).toContain('replay');
  });

  test('inspect shows the compute wall: GPT-3 on one A100 at peak takes 32 years', () => {
    const report: { walls: { compute: { sixParametersTokens: number; yearsBySixParametersTokens: number } } } =
      JSON.parse(regatta(['inspect', 'gpt3-175b-a100', '--gpus', '1024', '--json']).stdout);
    expect(report.walls.compute.sixParametersTokens / 1e21).toBeCloseTo(314, 0);
    expect(report.walls.compute.yearsBySixParametersTokens).toBeCloseTo(32, 0);
  });

  test('every command shows help with three examples', () => {
    const overview = regatta(['--help']).stdout;
    const names = [...overview.matchAll(/^ {2}([a-z]+) {2}/gm)].map((found) => found[1] ?? '');
    expect(names.length).toBeGreaterThan(5);
    for (const name of names) {
      const help = regatta([name, '--help']);
      expect(help.code, name).toBe(0);
      expect(help.stdout.match(/\$ /g)?.length ?? 0, name).toBeGreaterThanOrEqual(3);
    }
    expect(existsSync(fixture('hf-config/small-llama.config.json'))).toBe(true);
  }, 30_000);
});

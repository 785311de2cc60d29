import { describe, expect, test } from 'vitest';
import { regatta } from '../support/run-cli.js';

/** Flags by name, so that advice replaces what was given. */
type Flags = Readonly<Record<string, string>>;

const argumentsOf = (flags: Flags): string[] => Object.entries(flags).flat();

/** The changes that a warning proposes. */
function adviceOf(warning: string): Flags[] {
  const text = /would fit: (.*)$/m.exec(warning)?.[1] ?? '';
  return text.split('; or ').map((change) => {
    const words = change.replace(/ \([\d.]+ GiB\)$/, '').split(' ');
    return Object.fromEntries(words.flatMap((word, i) => (i % 2 === 0 ? [[word, words[i + 1] ?? '']] : [])));
  });
}

const tooLarge: readonly (readonly [string, Flags])[] = [
  ['llama-3.1-405b-h100', { '--gpus': '1024', '--micro-batch': '2' }],
  ['llama-3.1-405b-h100', { '--gpus': '1024', '--recompute': 'none' }],
  ['llama-3.1-405b-h100', { '--gpus': '8', '--pp': '1', '--global-batch': '8' }],
  ['gpt3-175b-a100', { '--gpus': '64', '--pp': '4', '--zero': '0', '--global-batch': '64' }],
  ['gpt3-175b-a100', { '--gpus': '1024', '--recompute': 'none', '--micro-batch': '4' }],
];

describe('a warning of a job that does not fit', () => {
  for (const [scenario, flags] of tooLarge) {
    test(`${scenario} ${argumentsOf(flags).join(' ')}: what it proposes fits`, () => {
      const { stderr, code } = regatta(['replay', scenario, ...argumentsOf(flags), '--json']);
      expect(code).toBe(0);
      expect(stderr).toMatch(/does not fit at [\d,]+ GPUs: rank \d+ needs .* GiB too much; the largest part are/);
      const proposals = adviceOf(stderr);
      expect(proposals.length).toBeGreaterThan(0);
      for (const proposal of proposals) {
        const result = regatta(['replay', scenario, ...argumentsOf({ ...flags, ...proposal }), '--json']);
        expect(result.code, result.stderr).toBe(0);
        const [point] = JSON.parse(result.stdout).points;
        expect(point.memory.fits, JSON.stringify(proposal)).toBe(true);
      }
    });
  }
});

test('inspect shows every pipeline rank; parts and margin add up', () => {
  const { stdout } = regatta(['inspect', 'llama-3.1-405b-h100', '--gpus', '1024', '--json']);
  const { memory } = JSON.parse(stdout);
  expect(memory.stages).toHaveLength(16);
  expect(memory.remedies).toEqual([]);
  for (const stage of memory.stages) {
    const {
      weightsBytes,
      gradientsBytes,
      optimizerBytes,
      activationsBytes,
      gatheredBytes,
      temporaryBytes,
      fixedBytes,
    } = stage;
    const sum =
      weightsBytes + gradientsBytes + optimizerBytes + activationsBytes + gatheredBytes + temporaryBytes + fixedBytes;
    expect(sum / stage.peakBytes).toBeCloseTo(1, 9);
    expect(stage.peakBytes + stage.marginBytes).toBeCloseTo(0.97 * stage.deviceBytes, 0);
  }
  const text = regatta(['inspect', 'llama-3.1-405b-h100', '--gpus', '1024']).stdout;
  expect(text).toMatch(/stage +device +layers +in flight +weights +gradients +optimizer +activations/);
});

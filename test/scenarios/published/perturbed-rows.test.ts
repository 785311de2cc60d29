import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { deviceHardware, InputError, readPublished, scoreBusbwFile, scoreFile, scoreMemory } from '@regatta/scenarios';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { referenceFolder } from '../../support/reference.js';

const folder = join(referenceFolder, 'published');
const files = readdirSync(folder).filter((name) => name.endsWith('.json') && name !== 'nccl-busbw.json');

type Row = Readonly<Record<string, unknown>>;
const isRow = (value: unknown): value is Row => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Rows that are quick to simulate, with their file's source. */
const rows: readonly { readonly row: Row; readonly source: string }[] = files.flatMap((name) => {
  const file: { source: string; rows: Row[] } = JSON.parse(readFileSync(join(folder, name), 'utf8'));
  return file.rows
    .filter((row) => typeof row.gpus === 'number' && row.gpus <= 512)
    .filter((_, i) => i % 3 === 0)
    .map((row) => ({ row, source: file.source }));
});

const devices = deviceHardware.map(({ name }) => name);
const strange = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    '',
    'not stated',
    '8',
    '1,024',
    'yes',
    true,
    0,
    -1,
    1.5,
    1e9,
    [],
    {},
    'full (assumed)',
  ),
  fc.integer({ min: 1, max: 64 }),
  fc.string({ maxLength: 6 }),
);
const respelt: Readonly<Record<string, readonly unknown[]>> = {
  dtype: [
    'BF16',
    'bfloat16 (mixed)',
    'bf16-mixed',
    'AMP bf16',
    'FP8 (hybrid)',
    'fp8-delayed',
    'MXFP8, block 32',
    'half',
    'int7',
  ],
  recompute: [
    'Full (uniform)',
    'selective: core attention',
    'no',
    'none by default (checked)',
    'every other day',
    'not stated',
  ],
  schedule: ['1F1B', 'Interleaved-1F1B (VP 2)', 'GPipe', 'zero bubble H1', 'FSDP FULL_SHARD', 'round robin', 'none'],
  optimizerSharding: ['ZeRO-1', 'distributed optimizer', 'zero 3', 'none', 'a third', true, false],
  gpu: [...devices, 'NVIDIA H100 80GB HBM3', 'H100 (assumed)', 'A100-SXM4-80GB x 8', 'MI300X', 'GH200', 'unobtainium'],
};

type Change = (row: Row) => Row;
const without =
  (key: string): Change =>
  (row) =>
    Object.fromEntries(Object.entries(row).filter(([name]) => name !== key));
const withField =
  (key: string, value: unknown): Change =>
  (row) => ({ ...row, [key]: value });
const inside =
  (part: string, change: Change): Change =>
  (row) => ({ ...row, [part]: isRow(row[part]) ? change(row[part]) : row[part] });

const keys = [...new Set(rows.flatMap(({ row }) => Object.keys(row)))];
const innerKeys = (part: string): string[] => [
  ...new Set(rows.flatMap(({ row }) => (isRow(row[part]) ? Object.keys(row[part]) : []))),
];
const changes: fc.Arbitrary<Change> = fc.oneof(
  fc.constantFrom(...keys).map(without),
  fc.tuple(fc.constantFrom(...keys), strange).map(([key, value]) => withField(key, value)),
  fc
    .constantFrom(...Object.keys(respelt))
    .chain((key) => fc.constantFrom(...(respelt[key] ?? [])).map((value) => withField(key, value))),
  fc
    .constantFrom('model', 'measured', 'derived')
    .chain((part) =>
      fc
        .tuple(fc.constantFrom(...innerKeys(part)), fc.option(strange))
        .map(([key, value]) => inside(part, value === null ? without(key) : withField(key, value))),
    ),
);

describe('rows of other files of the form of reference/published', () => {
  test('any of them is scored with a positive time or listed with a reason: nothing is dropped, nothing crashes', () => {
    let scoredRows = 0;
    fc.assert(
      fc.property(
        fc.constantFrom(...rows),
        fc.array(changes, { minLength: 1, maxLength: 3 }),
        fc.constantFrom('map', 'list'),
        ({ row, source }, made, form) => {
          const changed = made.reduce((now, change) => change(now), row);
          const text = JSON.stringify(form === 'map' ? { source, rows: [changed] } : [changed]);
          const file = readPublished(text, 'other.json');
          const { scored, unscored } = scoreFile('other.json', file);
          scoreMemory('other.json', file);
          expect(scored.length + unscored.length).toBe(1);
          for (const one of scored) {
            expect(Number.isFinite(one.predictedStepSeconds) && one.predictedStepSeconds > 0).toBe(true);
            expect(one.measuredStepSeconds).toBeGreaterThan(0);
            expect(one.error).toBeCloseTo(Math.abs(one.predictedStepSeconds / one.measuredStepSeconds - 1), 12);
            expect(typeof one.fits).toBe('boolean');
          }
          for (const { id, reason } of unscored) expect(id !== '' && reason !== '').toBe(true);
          scoredRows += scored.length;
        },
      ),
      { numRuns: 120 },
    );
    // A property that lists every row as unscored would hold for nothing.
    expect(scoredRows).toBeGreaterThan(30);
  });

  const sample = rows.find(({ row }) => String(row.id).startsWith('korthikanti'))?.row ?? {};
  const scoreOf = (change: Row): ReturnType<typeof scoreFile> =>
    scoreFile('own', readPublished(JSON.stringify([{ ...sample, ...change }]), 'own.json'));

  test('each way to print a time is the same time', () => {
    const model = isRow(sample.model) ? sample.model : {};
    const [batch, seqLen, gpus] = [Number(sample.globalBatch), Number(model.seqLen), Number(sample.gpus)];
    for (const measured of [
      { stepSeconds: 10 },
      { stepSecondsMean: 10 },
      { tokensPerSecond: (batch * seqLen) / 10 },
      { tokensPerSecondPerGpu: (batch * seqLen) / 10 / gpus },
      { sequencesPerSecond: batch / 10 },
    ])
      expect(scoreOf({ measured, derived: null }).scored[0]?.measuredStepSeconds).toBeCloseTo(10, 9);
    expect(
      scoreOf({ measured: { tflopsPerGpu: 1 }, derived: { stepSeconds: 10 } }).scored[0]?.measuredStepSeconds,
    ).toBe(10);
  });

  test('TFLOP/s by what they count: hardware FLOP of full recomputation are more than model FLOP, causal ones fewer', () => {
    const of = (tflopsKind: string): number =>
      scoreOf({ recompute: 'full', measured: { tflopsPerGpu: 100, tflopsKind }, derived: null }).scored[0]
        ?.measuredStepSeconds ?? 0;
    const model = of('model FLOPs');
    expect(of('hardware FLOPs, includes recompute') / model).toBeGreaterThan(1.3);
    expect(of('hardware FLOPs, includes recompute') / model).toBeLessThan(1.34);
    expect(of('model FLOPs, causal') / model).toBeLessThan(1);
    expect(of('model FLOPs, causal') / model).toBeGreaterThan(0.8);
    expect(scoreOf({ measured: { tflopsPerGpu: 100 }, derived: null }).unscored[0]?.reason).toMatch(/tflopsKind/);
  });

  test('sizes beyond any step are listed, not simulated', () => {
    const model = isRow(sample.model) ? sample.model : {};
    expect(scoreOf({ globalBatch: 1e9 }).unscored[0]?.reason).toMatch(/more than can be simulated/);
    expect(scoreOf({ model: { ...model, layers: 1e9 } }).unscored[0]?.reason).toBe('no model shape was published');
  });

  test.each([
    ['MI300X', /hardware MI300X is not in the catalogue/],
    ['GH200', /hardware GH200 is not in the catalogue/],
    ['NVIDIA H100 PCIe', /hardware NVIDIA H100 PCIe is not in the catalogue/],
    ['', /no hardware was published/],
  ])('hardware that the catalogue does not have is named: %s', (gpu, reason) => {
    expect(scoreOf({ gpu }).unscored[0]?.reason).toMatch(reason);
  });

  test('every device of the catalogue is known by its name', () => {
    for (const gpu of devices) expect(scoreOf({ gpu, dtype: 'bf16' }).scored[0]?.hardware).toBe(gpu);
  });

  test('what cannot be read is named in assumed', () => {
    const assumed = scoreOf({ dtype: 'int7', recompute: 'sometimes', schedule: 'spiral', sequenceParallel: 'perhaps' })
      .scored[0]?.assumed;
    for (const part of [
      'dtype int7 not read',
      'recompute sometimes not read',
      'schedule spiral not read',
      'sequenceParallel: "perhaps" not read',
    ])
      expect(assumed?.some((text) => text.startsWith(part))).toBe(true);
  });

  test('a row keeps its own source; else that of its id, else the file', () => {
    expect(scoreOf({ source: 'lab' }).scored[0]?.source).toBe('lab');
    expect(scoreOf({}).scored[0]?.source).toBe('korthikanti-2022');
    expect(scoreOf({ id: 'mine' }).scored[0]?.source).toBe('own');
    expect(scoreOf({ id: 7 }).scored[0]?.id).toBe('7');
    expect(scoreOf({ id: null }).scored[0]?.id).toBe('own/1');
  });

  test.each([
    ['{}', 'own.json:1 rows: is missing'],
    ['{"rows": []}', 'own.json:1 rows: is empty'],
    ['[]', 'own.json:1 : is empty'],
    ['{"rows": {"a": 1}}', 'own.json:1 rows: is no list'],
    ['"text"', 'own.json:1 rows: is missing'],
    ['{"rows": [', 'own.json:1 : '],
  ])('a file that is none: %s', (text, message) => {
    try {
      readPublished(text, 'own.json');
      expect('no error').toBe(message);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      const [issue] = error.issues;
      expect(`${issue?.file}:${issue?.line} ${issue?.path}: ${issue?.message}`.startsWith(message)).toBe(true);
    }
  });

  test('sets of bus bandwidths: scored, or listed with what is wrong', () => {
    const set = {
      gpu: 'h100_80gb',
      nodes: 1,
      gpus: 8,
      collective: 'all_reduce',
      rows: [{ bytes: 2 ** 28, busbwGBps: 360 }],
    };
    const text = JSON.stringify({
      sets: [
        set,
        { ...set, gpu: 'MI300X' },
        { ...set, collective: 'all_dance' },
        { ...set, nodes: 0 },
        { ...set, rows: [] },
        7,
      ],
    });
    const { scores, unscored } = scoreBusbwFile(text, 'bw.json');
    expect(scores).toHaveLength(1);
    expect(unscored.map(({ id, reason }) => `${id}: ${reason.slice(0, 40)}`).sort()).toEqual([
      'bw/set 2: no device of the catalogue is a MI300X',
      'bw/set 3: no operation all_dance',
      'bw/set 4: nodes: is 0, expected a number above 0',
      'bw/set 5: no row has a time or a bandwidth',
      'bw/set 6: : is 7, expected a map of fields',
    ]);
  });
});

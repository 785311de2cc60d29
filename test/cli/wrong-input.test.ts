import { describe, expect, test } from 'vitest';
import { folderWith, regatta } from '../support/run-cli.js';

const valid = `job:
  model: llama-3.1-8b
  sequenceLength: 8192
  globalBatch: 64
  parallel: { tensor: 2 }
cluster: h100-rail-clos
`;
const replay = (text: string | Uint8Array, ...flags: string[]) => {
  const folder = folderWith({ 's.yaml': text });
  const result = regatta(['replay', 's.yaml', '--gpus', '16', '--json', ...flags], folder);
  return { ...result, lines: result.stderr.trim().split('\n') };
};
/** Wrong input: exit 2, one line for each mistake, nothing on stdout, no stack trace. */
const mistakes = (result: ReturnType<typeof replay>, ...patterns: RegExp[]): void => {
  expect(result.code, result.stderr).toBe(2);
  expect(result.stdout).toBe('');
  expect(result.lines).toHaveLength(patterns.length);
  for (const [i, pattern] of patterns.entries()) expect(result.lines[i]).toMatch(pattern);
  for (const line of result.lines) expect(line).toMatch(/^error: /);
};

describe('wrong input', () => {
  test('the valid file is valid', () => expect(replay(valid).code).toBe(0));

  test('what a torus does not have is refused, not ignored', () => {
    const torus = [
      'cluster.gpusPerNode=1',
      'cluster.fabric={kind: torus, dims: [4, 4], linkGbps: 400, routing: dimension-order}',
      'perturb.links=[{link: node0.gpu0, capacityFactor: 0.5}, {link: chip3.y.up, capacityFactor: 0.5}, {link: node0.nic0, capacityFactor: 0.5}, {link: chip16.x, capacityFactor: 0}]',
    ].flatMap((set) => ['--set', set]);
    mistakes(
      replay(valid, ...torus),
      /perturb\.links\.2\.link: unknown link node0\.nic0, expected a name of regatta topology --json, such as chip0\.x/,
      /perturb\.links\.3\.link: unknown link chip16\.x/,
    );
  });

  test('a torus of more chips than are simulated cable by cable', () => {
    const torus = [
      'cluster.gpusPerNode=1',
      'cluster.fabric={kind: torus, dims: [64, 64, 128], linkGbps: 400, routing: dimension-order}',
    ].flatMap((set) => ['--set', set]);
    const folder = folderWith({ 's.yaml': valid });
    const result = regatta(['replay', 's.yaml', '--gpus', '524288', '--global-batch', '262144', ...torus], folder);
    expect(result.code, result.stderr).toBe(2);
    expect(result.stderr).toMatch(/cluster\.fabric\.dims: a torus is simulated cable by cable, not at 524288 GPUs/);
  });

  test('a flag without its value', () => {
    mistakes(replay(valid, '--tp', '--pp', '2'), /^error: --tp: has no value/);
  });

  test('unknown model, with the nearest name', () => {
    mistakes(
      replay(valid.replace('llama-3.1-8b', 'llama-3.1-8')),
      /^error: s\.yaml:2:3 job\.model: unknown model llama-3\.1-8 \(did you mean llama-3\.1-8b\?\)/,
    );
  });

  test('several mistakes are all found, each at its place', () => {
    const text = valid
      .replace('globalBatch: 64', 'globalBatch: -64')
      .replace('tensor: 2', 'tenser: 2, zero: 7')
      .replace('8192', '.nan');
    mistakes(
      replay(text),
      /s\.yaml:3:3 job\.sequenceLength: is NaN, expected a (whole|finite) number/,
      /s\.yaml:4:3 job\.globalBatch: is -64, expected a number above 0/,
      /s\.yaml:5:26 job\.parallel\.zero: is 7, expected 0 \| 1 \| 2 \| 3/,
      /s\.yaml:5:\d+ job\.parallel\.tenser: unknown key \(did you mean tensor\?\)/,
    );
  });

  test('wrong types and huge numbers', () => {
    mistakes(
      replay(valid.replace('globalBatch: 64', 'globalBatch: many')),
      /job\.globalBatch: is "many", expected a finite number/,
    );
    mistakes(
      replay(valid.replace('globalBatch: 64', 'globalBatch: 1e300')),
      /job\.globalBatch: is 1e\+300, expected a number of at most 1000000000000/,
    );
  });

  test('sizes that do not divide', () => {
    mistakes(
      replay(valid.replace('tensor: 2', 'tensor: 16')),
      /job\.parallel\.tensor: job\.model\.kvHeads 8 is not a multiple of job\.parallel\.tensor 16/,
    );
    mistakes(
      replay(valid.replace('tensor: 2', 'tensor: 3')),
      /--gpus: 16 GPUs are not a multiple of tensor x pipeline x context = 3 x 1 x 1/,
    );
    mistakes(
      replay(valid.replace('globalBatch: 64', 'globalBatch: 63')),
      /job\.globalBatch: 63 is not a multiple of microBatch x data = 1 x 8/,
    );
  });

  test('uneven layers are allowed, fewer layers than stages are not', () => {
    expect(replay(valid.replace('tensor: 2', 'tensor: 2, pipeline: 4'), '--set', 'job.model.layers=30').code).toBe(0);
    mistakes(
      replay(valid.replace('tensor: 2', 'pipeline: 8'), '--set', 'job.model.layers=7'),
      /job\.parallel\.pipeline: 7 layers cannot fill 8 x 1 chunks/,
    );
  });

  test('GPUs that do not fit a cluster whose size is fixed', () => {
    mistakes(
      replay(valid, '--set', 'cluster.nodes=1'),
      /cluster\.nodes: 16 GPUs do not fit 1 nodes of 8, expected at most 8 GPUs/,
    );
  });

  test('virtual stages with 1f1b name interleaved', () => {
    mistakes(
      replay(valid.replace('tensor: 2', 'tensor: 2, pipeline: 2, virtualStages: 2')),
      /job\.schedule: 1f1b has one chunk a rank.*interleaved/,
    );
  });

  test('links that are down and leave no way', () => {
    const fabric =
      '{ kind: clos, tiers: 2, rails: 1, nicGbps: 200, oversubscription: 5, nodesPerLeaf: 1, routing: static-rail }';
    const text = `job: { model: llama-3.1-8b, sequenceLength: 1024, globalBatch: 4, parallel: { pipeline: 4 } }
cluster: { device: h100-sxm-80gb, nodes: 2, gpusPerNode: 2, fabric: ${fabric} }
perturb: { links: [{ link: rail0.leaf0.spine0.up, capacityFactor: 0 }] }
`;
    const folder = folderWith({ 's.yaml': text });
    const line = ['replay', 's.yaml', '--set', 'cluster.device.scaleUp.domain=2'];
    expect(regatta([...line, '--set', 'perturb={}'], folder).code).toBe(0);
    const { code, stderr } = regatta(line, folder);
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /^error: perturb\.links: no way from rank \d+ to rank \d+ over the links that are up, expected /,
    );
  });

  test('empty, binary and malformed files, duplicate keys', () => {
    mistakes(replay(''), /s\.yaml: is empty/);
    mistakes(replay(new Uint8Array([0, 1, 2, 3, 0])), /s\.yaml: is a binary file/);
    mistakes(replay(`${valid}cluster: a100-superpod\n`), /s\.yaml:7:1: the same key stands twice in one map/);
    expect(replay('job: [').code).toBe(2);
    mistakes(replay('just text'), /s\.yaml:1:1: is no map of fields/);
  });

  test('a config.json of an architecture that is not supported', () => {
    const folder = folderWith({ 'config.json': '{"model_type":"mamba","hidden_size":768}' });
    const result = regatta(
      [
        'replay',
        '--model',
        'config.json',
        '--cluster',
        'h100-rail-clos',
        '--gpus',
        '8',
        '--seq-len',
        '128',
        '--global-batch',
        '8',
      ],
      folder,
    );
    expect(result.code).toBe(2);
    expect(result.stderr).toMatch(/^error: config\.json:1:2 model_type: architecture mamba is not supported/);
  });

  test('unknown commands, flags, files and values', () => {
    expect(regatta(['reply'])).toMatchObject({ code: 2 });
    expect(regatta(['reply']).stderr).toContain('did you mean replay?');
    expect(regatta(['replay', '--gpu', '8']).stderr).toMatch(/^error: --gpu: unknown option \(did you mean --gpus\?\)/);
    expect(regatta(['replay', 'nowhere.yaml']).stderr).toMatch(/^error: no scenario nowhere\.yaml/);
    expect(regatta(['replay', 'gpt3-175b-a100', '--gpus', '1024,x']).stderr).toMatch(
      /^error: --gpus: x is no GPU count/,
    );
    expect(regatta(['replay', 'gpt3-175b-a100', '--tp', 'two']).stderr).toMatch(
      /^error: --tp: is two, expected a whole number/,
    );
    expect(regatta(['replay', 'gpt3-175b-a100', '--scaling', 'week']).stderr).toMatch(/did you mean weak\?/);
    expect(regatta(['replay', 'gpt3-175b-a100', '--set', 'job.modle=3', '--gpus', '128']).stderr).toMatch(
      /--set job\.modle: unknown key \(did you mean model\?\)/,
    );
  });
});

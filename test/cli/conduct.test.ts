import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { bugReport } from '../../packages/cli/src/conduct/bug-report.js';
import { writeWhole } from '../../packages/cli/src/conduct/output-file.js';
import { ensureBundle, folderWith, regatta } from '../support/run-cli.js';

const program = fileURLToPath(new URL('../../packages/cli/bin/regatta.js', import.meta.url));
const small = ['--model', 'llama-3.1-8b', '--device', 'h100-sxm-80gb', '--gpus', '8', '--global-batch', '8'];
const replay = ['replay', ...small, '--seq-len', '2048'];

/** Runs a shell line with $REGATTA in it. */
function shell(line: string): { code: number; stdout: string; stderr: string } {
  ensureBundle();
  const env = { ...process.env, REGATTA: `${process.execPath} ${program}` };
  const { status, stdout, stderr } = spawnSync('bash', ['-c', line], { encoding: 'utf8', env });
  return { code: status ?? -1, stdout, stderr };
}

describe('--json', () => {
  test.each([
    replay,
    ['inspect', ...small, '--seq-len', '2048'],
    ['run', ...small, '--seq-len', '2048', '--days', '1', '--trials', '3'],
    ['compare', 'gpt3-175b-a100', '--gpus', '128', '--days', '1', '--trials', '2', '--vary', 'recovery.spares=0,1'],
    ['collective', '--gpus', '8', '--sizes', '1MiB'],
    ['topology', '--cluster', 'v100-dgx'],
    ['init'],
    ['schema'],
    ['catalogue', 'stacks'],
    ['completion', 'zsh'],
  ])('%s %s prints one object and nothing else, the same bytes twice', (...line) => {
    const first = regatta([...line, '--json']);
    expect(first.code, first.stderr).toBe(0);
    expect(JSON.parse(first.stdout)).toBeTypeOf('object');
    expect(first.stdout.endsWith('}\n')).toBe(true);
    expect(regatta([...line, '--json']).stdout).toBe(first.stdout);
  });
});

describe('exit codes and pipes', () => {
  test('a reader that goes away is no error', () => {
    const { stdout, stderr } = shell('set -o pipefail; $REGATTA catalogue | head -1; echo $?');
    expect(stderr).toBe('');
    expect(stdout).toBe('models\n0\n');
  });

  test('a disk that is full is said in one line', () => {
    if (!existsSync('/dev/full')) return;
    const { code, stderr } = shell('$REGATTA schema > /dev/full');
    expect(code).toBe(2);
    expect(stderr).toMatch(/^error: stdout: cannot be written: ENOSPC.*\n$/);
  });

  test('a bug says what to report, without a stack trace', () => {
    const error = new Error('the books do not balance');
    error.stack =
      'Error: the books\n    at closeBooks (file:///x/main.js:1:2)\n    at async run (file:///x/main.js:3:4)';
    const text = bugReport(error, '1.2.3', ['replay', 'a file.yaml', '--set', "x='y'"]);
    expect(text).toMatch(/^error: a bug of Regatta, not of yours: the books do not balance\n/);
    expect(text).toContain("command  regatta replay 'a file.yaml' --set 'x='\\''y'\\'''");
    expect(text).toContain('version  1.2.3, Node v');
    expect(text).toContain('through  closeBooks < run');
    expect(text).not.toMatch(/\n\s+at /);
  });

  test('no command, and help', () => {
    expect(regatta([])).toMatchObject({ code: 2, stdout: '' });
    expect(regatta([]).stderr).toMatch(/^error: no command is given\n/);
    expect(regatta(['help', 'replay']).stdout).toBe(regatta(['replay', '--help']).stdout);
  });
});

describe('files that a command writes', () => {
  test('a folder, a missing folder, a file that exists: refused before the work, nothing is written', () => {
    const folder = folderWith({ 'there.txt': 'old' });
    mkdirSync(join(folder, 'inner'));
    const to = (path: string, ...more: string[]) => regatta([...replay, '--out', path, ...more], folder);
    expect(to('inner').stderr).toBe('error: inner: is a folder, expected the path of a file\n');
    expect(to('inner', '--force').code).toBe(2);
    expect(to('no/where.txt').stderr).toMatch(/^error: no\/where\.txt: its folder does not exist/);
    expect(to('there.txt/x').stderr).toMatch(/^error: there\.txt\/x: its folder is a file|is not/);
    expect(to('there.txt').stderr).toMatch(/^error: there\.txt: exists, expected --force to replace it\n$/);
    expect(readFileSync(join(folder, 'there.txt'), 'utf8')).toBe('old');
    expect(to('there.txt', '--force')).toMatchObject({ code: 0, stdout: '' });
    expect(readdirSync(folder).sort()).toEqual(['inner', 'there.txt']);
  });

  test('wrong input leaves no file', () => {
    const folder = folderWith({});
    expect(regatta(['replay', 'gpt3-175b-a100', '--tp', '7', '--out', 'x.json'], folder).code).toBe(2);
    expect(readdirSync(folder)).toEqual([]);
  });

  test('a link keeps pointing, a device is written into and stays one', () => {
    const folder = folderWith({ 'real.txt': 'old' });
    symlinkSync('real.txt', join(folder, 'link.txt'));
    writeWhole(join(folder, 'link.txt'), 'new', true);
    expect(readFileSync(join(folder, 'real.txt'), 'utf8')).toBe('new');
    expect(readdirSync(folder)).toHaveLength(2);
    writeWhole('/dev/null', 'gone', false);
    expect(statSync('/dev/null').isFile()).toBe(false);
  });

  test('two outputs need two files', () => {
    const { code, stderr } = regatta(['validate', '--out', 'a', '--plot', 'a']);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^error: --plot: a is another output's file/);
  });
});

describe('a scenario from flags and files', () => {
  test('a device alone stands in its usual nodes and network, and a note says so', () => {
    const { code, stdout, stderr } = regatta([...replay.map((word) => (word === '8' ? '128' : word)), '--json']);
    expect(code, stderr).toBe(0);
    expect(stderr).toMatch(
      /^note: no cluster is given: nodes of 8 h100-sxm-80gb, a 400 Gb\/s NIC each, rail-optimised/m,
    );
    const { cluster } = JSON.parse(stdout).scenario;
    expect(cluster).toMatchObject({ nodes: 16, gpusPerNode: 8, fabric: { kind: 'clos', rails: 8, nicGbps: 400 } });
    const named = regatta(['replay', ...small, '--seq-len', '2048', '--cluster', 'h100-rail-clos', '--json']);
    const usual = regatta([...replay, '--json']);
    expect(JSON.parse(usual.stdout).points).toEqual(JSON.parse(named.stdout).points);
  });

  test('its fields can be set; a rack-scale device has nodes of 4', () => {
    const line = [...replay.map((word) => (word === 'h100-sxm-80gb' ? 'gb300-nvl72' : word)), '--json'];
    const { scenario } = JSON.parse(regatta([...line, '--set', 'cluster.fabric.oversubscription=2']).stdout);
    expect(scenario.cluster).toMatchObject({ gpusPerNode: 4, nodes: 2 });
    expect(scenario.cluster.fabric).toMatchObject({ rails: 4, nicGbps: 800, oversubscription: 2 });
  });

  test('what is missing is said with what gives it', () => {
    expect(regatta(['replay']).stderr).toMatch(
      /^error: scenario: is missing, expected a file, a name of the catalogue.*\n$/,
    );
    expect(regatta(['replay', '--gpus', '8']).stderr.split('\n')).toHaveLength(2);
    expect(regatta(['replay', '--device', 'h100-sxm']).stderr.trim().split('\n')).toEqual([
      'error: --device: unknown device h100-sxm (did you mean h100-sxm-80gb?), expected a name of regatta catalogue devices, or the path of a device file',
      expect.stringMatching(/^error: job\.model: is missing, expected a model of the catalogue, .*: --model$/),
      'error: job.sequenceLength: is missing, expected a whole number: --seq-len',
      'error: job.globalBatch: is missing, expected a whole number: --global-batch',
    ]);
    expect(regatta(['replay', '--model', 'llama-3.1-8b', '--gpus', '8']).stderr).toMatch(
      /error: cluster: is missing, expected a cluster of the catalogue, .*--device/,
    );
  });

  test('--cluster takes a file; mistakes stand at their line of it', () => {
    const text =
      'device: a100-sxm-80gb\nnodes: 4\ngpusPerNode: 8\nfabric: { kind: clos, tiers: 2, rails: 8, nicGbps: 200, oversubscription: 1, routing: spray }\n';
    const folder = folderWith({ 'mine.yaml': text, 'bad.yaml': text.replace('tiers', 'teirs'), 'list.yaml': '[1]' });
    const at = (file: string, ...more: string[]) =>
      regatta(
        ['replay', '--model', 'llama-3.1-8b', '--global-batch', '64', '--seq-len', '2048', '--cluster', file, ...more],
        folder,
      );
    const { code, stdout } = at('mine.yaml', '--gpus', '32', '--device', 'h200-sxm-141gb', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout).scenario.cluster).toMatchObject({ nodes: 4, device: { name: 'h200-sxm-141gb' } });
    expect(at('mine.yaml', '--gpus', '64').stderr).toMatch(
      /^error: mine\.yaml:2:1 cluster\.nodes: 64 GPUs do not fit 4 nodes of 8/,
    );
    expect(at('bad.yaml').stderr).toMatch(
      /^error: bad\.yaml:4:23 fabric\.teirs: unknown key \(did you mean tiers\?\)/m,
    );
    expect(at('list.yaml').stderr).toMatch(
      /^error: list\.yaml:1:1: holds no cluster, expected a cluster or a scenario/,
    );
    expect(at('none.yaml').stderr).toMatch(
      /^error: --cluster: no such file none\.yaml, expected a name of regatta catalogue clusters, or the path/,
    );
  });

  test('a flag after a name that a flag brought reaches into what it stands for', () => {
    const sets = [
      '--set',
      'job.model=llama-3.1-70b',
      '--set',
      'job.model.layers=32',
      '--set',
      'cluster.device.gemmMax=0.5',
    ];
    const line = [
      'replay',
      'gpt3-175b-a100',
      '--gpus',
      '128',
      '--cluster',
      'h100-rail-clos',
      '--device',
      'h200-sxm-141gb',
    ];
    const { scenario } = JSON.parse(regatta([...line, ...sets, '--json']).stdout);
    expect(scenario.job.model).toMatchObject({ name: 'llama-3.1-70b', layers: 32 });
    expect(scenario.cluster).toMatchObject({ nodes: 16, device: { name: 'h200-sxm-141gb', gemmMax: 0.5 } });
  });

  test('--set takes times and sizes with their units', () => {
    const sets = ['job.options.bucketBytes=200MB', 'checkpoint={}', 'checkpoint.intervalSeconds=30min', 'storage={}'];
    const more = ['storage.writeBytesPerSecond=2TB/s', 'storage.readBytesPerSecond=4e12'];
    const flags = [...sets, ...more].flatMap((set) => ['--set', set]);
    const { scenario } = JSON.parse(regatta([...replay, ...flags, '--json']).stdout);
    expect(scenario.job.options.bucketBytes).toBe(2e8);
    expect(scenario.checkpoint.intervalSeconds).toBe(1800);
    expect(scenario.storage).toEqual({ writeBytesPerSecond: 2e12, readBytesPerSecond: 4e12 });
  });

  test('mistakes of --set are said at the flag, all in one pass', () => {
    const sets = [
      'job.parallel.tensor',
      '=4',
      'job.model=[',
      '__proto__.x=1',
      'job.parallel.tensor=x',
      'job.optoins.p2p=async',
      'job.options.p2p=asinc',
      'cluster.fabric.teirs=2',
      'job.parallel.zero=4',
    ];
    const { code, stderr } = regatta(['replay', 'gpt3-175b-a100', ...sets.flatMap((set) => ['--set', set])]);
    expect(code).toBe(2);
    const lines = stderr.trim().split('\n');
    expect(lines).toHaveLength(sets.length);
    for (const pattern of [
      /^error: --set: job\.parallel\.tensor is no assignment, expected path\.to\.field=value$/,
      /^error: --set: =4 is no assignment/,
      /^error: --set: the value of job\.model=\[ cannot be read/,
      /^error: --set __proto__\.x: is no path of the scenario/,
      /^error: --set job\.parallel\.tensor: is "x", expected a finite number/,
      /^error: --set job\.optoins\.p2p: unknown key optoins \(did you mean options\?\)/,
      /^error: --set job\.options\.p2p: is "asinc" \(did you mean async\?\), expected async \| blocking$/,
      /^error: --set cluster\.fabric\.teirs: unknown key \(did you mean tiers\?\), expected kind, tiers, rails, nicGbps(?!.*groups)/,
      /^error: --set job\.parallel\.zero: is 4, expected 0 \| 1 \| 2 \| 3$/,
    ])
      expect(
        lines.filter((line) => pattern.test(line)),
        String(pattern),
      ).toHaveLength(1);
  });
});

describe('did you mean', () => {
  test.each([
    [['reply'], 'replay'],
    [['replay', '--globl-batch', '8'], '--global-batch'],
    [['replay', 'gpt3-175b-a100', '--no-foldd'], '--no-fold'],
    [['replay', 'gpt3-175b-a10'], 'gpt3-175b-a100'],
    [['replay', 'gpt3-175b-a100', '--model', 'gpt3-175'], 'gpt3-175b'],
    [['replay', 'gpt3-175b-a100', '--cluster', 'a100-superpd'], 'a100-superpod'],
    [['replay', 'gpt3-175b-a100', '--device', 'a100-sxm-80g'], 'a100-sxm-80gb'],
    [['replay', 'gpt3-175b-a100', '--stack', 'megatron-2032'], 'megatron-2023'],
    [['replay', 'gpt3-175b-a100', '--schedule', 'interleavd'], 'interleaved'],
    [['replay', 'gpt3-175b-a100', '--recompute', 'ful'], 'full'],
    [['replay', 'gpt3-175b-a100', '--scaling', 'strng'], 'strong'],
    [['run', 'gpt3-175b-a100', '--gpus', '128', '--days', '1', '--set', 'failures.profile=lama3-2024'], 'llama3-2024'],
    [['init', 'gpt3-175b'], 'gpt3-175b-a100'],
    [['catalogue', 'modles'], 'models'],
    [['completion', 'zhs'], 'zsh'],
    [['validate', '--source', 'megascal'], 'megascale'],
    [['check', '--policy', 'eazy'], 'easy'],
    [['collective', '--op', 'allreduc'], 'all_reduce'],
  ])('%s', (line, meant) => {
    const { code, stdout, stderr } = regatta(line);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain(`did you mean ${meant}?`);
  });
});

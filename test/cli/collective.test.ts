import { type CollectiveTable, InputError, readNcclTests } from '@regatta/scenarios';
import { describe, expect, it } from 'vitest';
import { collective } from '../../packages/cli/src/commands/collective.js';
import type { Io } from '../../packages/cli/src/conduct/io.js';

function run(args: Record<string, unknown>, files: Record<string, string> = {}) {
  const done = { out: '', remarks: [] as string[] };
  const io: Io = {
    print: (text) => {
      done.out += text;
    },
    remark: (text) => {
      done.remarks.push(text);
    },
    commandLine: 'regatta',
    progress: () => undefined,
    readText: (path) => files[path] ?? '',
    writeFile: () => {
      throw new Error('nothing is written');
    },
    exists: (path) => path in files,
    color: false,
    width: 100,
    interactive: false,
  };
  expect(collective.run(args, io)).toBe(0);
  return done;
}
const table = (args: Record<string, unknown>, files?: Record<string, string>): CollectiveTable =>
  JSON.parse(run({ ...args, json: true }, files).out);
function issuesOf(args: Record<string, unknown>, files?: Record<string, string>): string[] {
  try {
    run(args, files);
  } catch (error) {
    if (error instanceof InputError) return error.issues.map(({ path, message }) => `${path}: ${message}`);
    throw error;
  }
  return [];
}

const graphOf = (joined: boolean): string =>
  JSON.stringify({
    device: 'h100-sxm-80gb',
    nodes: 4,
    gpusPerNode: 8,
    fabric: {
      kind: 'graph',
      routing: 'spray',
      nicGbps: 400,
      switches: ['a', 'b'],
      cables: [
        ...[0, 1, 2, 3].map((node) => ({ from: `node${node}.nic0`, to: node < 2 ? 'a' : 'b', gbps: 400 })),
        ...(joined ? [{ from: 'a', to: 'b', gbps: 100 }] : []),
      ],
    },
  });

describe('collective', () => {
  it('feels the fabric: oversubscription and a slow cable between switches lengthen it, a wider one does not', () => {
    const seconds = (args: Record<string, unknown>, files?: Record<string, string>): number =>
      table({ sizes: '1GiB', ...args }, files).rows[0]?.seconds ?? 0;
    const allToAll = { op: 'all_to_all', gpus: '512' };
    const full = seconds(allToAll);
    expect(seconds({ ...allToAll, set: ['cluster.fabric.oversubscription=4'] })).toBeGreaterThan(2 * full);
    const slow = seconds({ gpus: '32', cluster: 'g.json' }, { 'g.json': graphOf(true) });
    const wide = seconds(
      { gpus: '32', cluster: 'g.json' },
      { 'g.json': graphOf(true).replace('"gbps":100', '"gbps":1600') },
    );
    expect(slow).toBeGreaterThan(2 * wide);
  });

  it('says which GPUs of a group are disconnected', () => {
    for (const gpus of ['16', '32']) {
      expect(issuesOf({ gpus, sizes: '1GiB', cluster: 'g.json' }, { 'g.json': graphOf(false) })).toEqual([
        'fabric.cables: no way leads from node0 to node2',
      ]);
    }
    expect(() => run({ gpus: '32', cluster: 'g.json' }, { 'g.json': graphOf(false) })).toThrow(
      /^error: g\.json:\d+:\d+ fabric\.cables: no way leads from node0 to node2, expected a way over switches/,
    );
  });

  it('feels the links that a scenario perturbs, and says which one it cannot do without', () => {
    const seconds = (links: string, more: Record<string, unknown> = {}): number =>
      table({ gpus: '16', sizes: '1GiB', set: [`perturb.links=${links}`], ...more }).rows[0]?.seconds ?? 0;
    const well = seconds('[]');
    expect(seconds('[{ link: node0.nic0, capacityFactor: 0.25 }]')).toBeGreaterThan(2 * well);
    expect(seconds('[{ link: node0.nic0, capacityFactor: 0 }]')).toBeGreaterThan(1.3 * well);
    const down = ['perturb.links=[{ link: node0.gpu3, capacityFactor: 0 }]'];
    expect(issuesOf({ algorithm: 'nvls', set: down })).toEqual([
      'perturb.links: stalls: node0.gpu3.up is down and there is no way round it',
    ]);
    expect(issuesOf({ set: ['perturb.links=[{ link: node0.nix0, capacityFactor: 0 }]'] })).toEqual([
      'perturb.links.0.link: unknown link node0.nix0',
    ]);
  });

  it('says what is wrong with a fabric before it runs, and which groups are too large for its links', () => {
    expect(
      issuesOf({ set: ['cluster.fabric={ kind: torus, dims: [2, 2], linkGbps: 400, routing: dimension-order }'] })[0],
    ).toMatch(/^cluster\.fabric\.dims: 2 x 2 = 4 points for 16384 GPUs/);
    expect(issuesOf({ gpus: '70000', set: ['cluster.fabric.oversubscription=2'] })).toEqual([
      '--gpus: 70000 GPUs are too many to lay over the links of a fabric that can bind',
    ]);
    expect(table({ gpus: '70000', sizes: '1GiB' }).rows).toHaveLength(1);
  });

  it('one GPU does nothing, by whatever algorithm', () => {
    for (const algorithm of ['ring', 'nvls', 'sharp', 'halving-doubling']) {
      const { rows } = table({ gpus: '1', sizes: '0,1,1GiB', algorithm, launch: '0us' });
      expect(rows.map((row) => [row.seconds, row.busbwGBps, row.algorithm])).toEqual(rows.map(() => [0, 0, algorithm]));
    }
  });

  it('doubles sizes, counts bandwidths as nccl-tests does, and names what ran', () => {
    const { rows, op, gpus, schemaVersion, command } = table({ gpus: '8', sizes: '8..8GiB' });
    expect([schemaVersion, command, op, gpus]).toEqual([1, 'collective', 'all_reduce', 8]);
    expect(rows.map((row) => row.bytes)).toEqual(Array.from({ length: 31 }, (_, i) => 8 * 2 ** i));
    for (const { bytes, seconds, algbwGBps, busbwGBps } of rows) {
      expect(algbwGBps).toBeCloseTo(bytes / seconds / 1e9, 9);
      expect(busbwGBps).toBeCloseTo(algbwGBps * 1.75, 9);
    }
    expect(rows[0]?.algorithm).toBe('ring');
    expect(rows.at(-1)?.algorithm).toBe('nvls');
    expect(rows.at(-1)?.busbwGBps).toBeGreaterThan(430);
  });

  it('takes the names of the programs of nccl-tests', () => {
    for (const [name, op] of [
      ['all_reduce_perf', 'all_reduce'],
      ['alltoall_perf', 'all_to_all'],
      ['sendrecv_perf', 'send_recv'],
      ['reduce_scatter', 'reduce_scatter'],
    ]) {
      expect(table({ op: name, sizes: '1MiB' }).op).toBe(op);
    }
  });

  it('runs a named algorithm, on a cluster of the catalogue, of a file, or changed by flags', () => {
    const ring = table({ gpus: '64', sizes: '1GiB', algorithm: 'ring', cluster: 'b200-rail-clos' });
    expect(ring.rows[0]?.algorithm).toBe('ring');
    const thin = table({ gpus: '64', sizes: '1GiB', algorithm: 'ring', set: ['cluster.fabric.nicGbps=100'] });
    const wide = table({ gpus: '64', sizes: '1GiB', algorithm: 'ring' });
    expect(thin.rows[0]?.seconds ?? 0).toBeGreaterThan(3 * (wide.rows[0]?.seconds ?? 1));
    const text = [
      'name: mine',
      'device: a100-sxm-80gb',
      'nodes: 4',
      'gpusPerNode: 8',
      'fabric: { kind: clos, tiers: 2, rails: 8, nicGbps: 200, oversubscription: 1, routing: spray }',
    ].join('\n');
    const mine = table({ gpus: '32', sizes: '1GiB', cluster: 'mine.yaml' }, { 'mine.yaml': text });
    expect([mine.cluster, mine.device]).toEqual(['mine', 'a100-sxm-80gb']);
    const scenario = `cluster:\n${text.replaceAll(/^/gm, '  ')}\n`;
    expect(table({ gpus: '32', sizes: '1GiB', cluster: 's.yaml' }, { 's.yaml': scenario }).rows).toEqual(mine.rows);
    expect(issuesOf({ gpus: '64', cluster: 's.yaml' }, { 's.yaml': scenario })).toEqual([
      '--gpus: 64 GPUs do not fit 4 nodes of 8',
    ]);
  });

  it('any number of GPUs; a catalogue cluster grows and says so', () => {
    for (const gpus of [1, 7, 24, 100]) expect(table({ gpus: String(gpus), sizes: '1MiB' }).rows).toHaveLength(1);
    const { remarks } = run({ gpus: '1024', sizes: '1MiB', cluster: 'v100-dgx' });
    expect(remarks).toContain('note: the cluster v100-dgx is grown from 512 to 1024 GPUs');
  });

  it('prints the table of nccl-tests, which its own reader reads back', () => {
    for (const op of ['all_reduce', 'all_gather', 'broadcast', 'all_to_all']) {
      const { rows } = table({ op, gpus: '8', sizes: '8..8GiB' });
      const log = readNcclTests(run({ op, gpus: '8', sizes: '8..8GiB' }).out);
      expect(log.tables).toHaveLength(1);
      expect(log.tables[0]?.collective).toBe(op);
      const read = log.tables[0]?.rows ?? [];
      expect(read.map((row) => row.bytes)).toEqual(rows.map((row) => row.bytes));
      read.forEach(({ outOfPlace }, i) => {
        expect((outOfPlace.seconds ?? 0) / (rows[i]?.seconds ?? 1)).toBeCloseTo(1, 3);
        expect(outOfPlace.busbwGBps).toBeCloseTo(rows[i]?.busbwGBps ?? 0, 1);
      });
    }
  });

  it('says everything that is wrong with the flags at once', () => {
    expect(issuesOf({ op: 'all_reduc', gpus: '0', sizes: '8..x', algorithm: 'rink', launch: 'soon' })).toEqual([
      '--op: unknown operation all_reduc (did you mean all_reduce?)',
      '--algorithm: unknown algorithm rink (did you mean ring?)',
      '--sizes: "x" is no size in whole bytes',
      '--gpus: 0 is no GPU count',
      '--launch: soon is no time',
    ]);
    expect(issuesOf({ op: 'all_to_all', algorithm: 'ring' })).toEqual(['--algorithm: ring cannot run all_to_all']);
    expect(issuesOf({ algorithm: 'nvls', gpus: '16' })[0]).toMatch(
      /^--algorithm: nvls cannot run all_reduce on this group/,
    );
    for (const sizes of ['', '8GiB..8', '1..2..3', '-8', '1.5B', '8 apples', '0..8', ',']) {
      expect(issuesOf({ sizes }).join(), sizes).toMatch(/^--sizes: /);
    }
    expect(issuesOf({ cluster: 'h100-rail-close' })[0]).toMatch(
      /unknown cluster h100-rail-close \(did you mean h100-rail-clos\?\)/,
    );
    const bad = 'device: h100-sxm-80gb\nnodes: 2\ngpusPerNode: eight\n';
    expect(() => run({ cluster: 'mine.yaml' }, { 'mine.yaml': bad })).toThrow(
      /error: mine\.yaml:3:\d+ gpusPerNode: is "eight"[\s\S]*error: mine\.yaml:1:1 fabric: is missing/,
    );
    expect(() => run({ cluster: 'mine.yaml' }, { 'mine.yaml': '7' })).toThrow(/mine\.yaml:1:1: holds no cluster/);
    expect(issuesOf({ device: 'h100' })[0]).toMatch(/unknown device h100/);
  });
});

import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { InputError } from '@regatta/scenarios';
import { describe, expect, it } from 'vitest';
import { topology } from '../../packages/cli/src/commands/topology.js';
import type { Io } from '../../packages/cli/src/conduct/io.js';

const fixtures = fileURLToPath(new URL('../fixtures/importers/', import.meta.url));
const files = ['dgx-two-rails.topo.txt', 'two-rails.ibnet.txt', 'two-rails.topology.conf'].map(
  (name) => fixtures + name,
);

function run(args: Record<string, unknown>): { out: string; remarks: string[] } {
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
    readText: (path) => readFileSync(path, 'utf8'),
    writeFile: () => {
      throw new Error('nothing is written');
    },
    exists: existsSync,
    color: false,
    width: 100,
    interactive: false,
  };
  expect(topology.run(args, io)).toBe(0);
  return done;
}

const issuesOf = (args: Record<string, unknown>): string[] => {
  try {
    run(args);
  } catch (error) {
    if (error instanceof InputError) return error.issues.map((issue) => `${issue.path}: ${issue.message}`);
    throw error;
  }
  return [];
};

describe('topology', () => {
  it('reads a file that holds a cluster alone, as positional and as --cluster', () => {
    const text =
      'cluster:\n  device: h100-sxm-80gb\n  nodes: 4\n  gpusPerNode: 8\n  fabric: { kind: clos, tiers: 2, rails: 8, nicGbps: 400, oversubscription: 2, routing: spray }\n';
    const folder = mkdtempSync(join(tmpdir(), 'regatta-topology-'));
    const file = join(folder, 'mine.yaml');
    writeFileSync(file, text);
    const positional = run({ scenario: file }).out;
    expect(positional).toContain('4 nodes of 8 h100-sxm-80gb = 32 GPUs');
    expect(run({ cluster: file }).out).toBe(positional);
    rmSync(folder, { recursive: true });
  });

  it('takes a scenario without a job, and without a cluster where --cluster names one', () => {
    const folder = mkdtempSync(join(tmpdir(), 'regatta-topology-'));
    const file = (name: string, text: string): string => {
      writeFileSync(join(folder, name), text);
      return join(folder, name);
    };
    const bare = file('bare.yaml', 'name: mine\n');
    const other = file('other.yaml', 'cluster: a100-superpod\n');
    const alone = file('alone.yaml', 'device: h100-sxm-80gb\nnodes: 2\ngpusPerNode: 8\nfabric: {}\n');
    const whole = run({ cluster: 'h100-rail-clos' }).out;
    expect(run({ scenario: bare, cluster: 'h100-rail-clos' }).out).toBe(whole);
    expect(run({ scenario: other, cluster: 'h100-rail-clos' }).out).toBe(whole);
    expect(run({ scenario: other }).out).toBe(run({ cluster: 'a100-superpod' }).out);
    expect(issuesOf({ scenario: alone, cluster: 'h100-rail-clos' })).toEqual([': holds a cluster itself']);
    rmSync(folder, { recursive: true });
  });

  it('tells a fabric that nothing joins at the place of its cables', () => {
    const folder = mkdtempSync(join(tmpdir(), 'regatta-topology-'));
    const path = join(folder, 'apart.yaml');
    const ends = (node: number, to: string): string => `    - { from: node${node}, to: ${to}, gbps: 400 }`;
    const fabric = ['  kind: graph', '  nicGbps: 400', '  routing: spray', '  switches: [a, b]', '  cables:'];
    const text = ['device: h100-sxm-80gb', 'nodes: 2', 'gpusPerNode: 8', 'fabric:', ...fabric];
    writeFileSync(path, [...text, ends(0, 'a'), ends(1, 'b'), ''].join('\n'));
    expect(() => run({ scenario: path })).toThrow(`error: ${path}:9:3 fabric.cables: no way leads from node0 to node1`);
    rmSync(folder, { recursive: true });
  });

  it('describes a cluster of the catalogue and a job on it', () => {
    const { out } = run({ cluster: 'h100-rail-clos', job: '1024' });
    expect(out).toContain('2,048 nodes of 8 h100-sxm-80gb = 16,384 GPUs');
    expect(out).toMatch(/bisection, one way +409\.6 TB\/s \(100 % of full\)/);
    expect(out).toMatch(/first switches +32 \(32 if packed\)/);
    const changed = run({
      cluster: 'h100-rail-clos',
      set: ['cluster.nodes=64', 'cluster.fabric.oversubscription=4'],
    }).out;
    expect(changed).toContain('64 nodes');
    expect(changed).toMatch(/25 % of full/);
  });

  it('prints the same JSON for the same cluster, with the names of all links', () => {
    const args = { cluster: 'h800-rail-clos', json: true, set: ['cluster.nodes=4'] };
    const { out } = run(args);
    expect(run(args).out).toBe(out);
    const json = JSON.parse(out);
    expect(json).toMatchObject({ schemaVersion: 1, command: 'topology', nodes: 4, gpus: 32 });
    expect(json.links.map((link: { name: string }) => link.name)).toContain('node3.nic2');
  });

  it('joins the files of a cluster that exists, as text, JSON and Graphviz', () => {
    const args = { import: files, device: 'h100-sxm-80gb', 'job-nodes': 'tray[1-2]' };
    const { out, remarks } = run(args);
    expect(out).toContain('4 nodes of 4 h100-sxm-80gb = 16 GPUs, 16 NICs');
    expect(remarks.some((remark) => remark.includes('left out'))).toBe(true);
    expect(JSON.parse(run({ ...args, json: true }).out)).toMatchObject({
      nodeNames: ['tray1', 'tray2', 'tray10', 'tray11'],
      job: { gpus: 8, nodes: 2 },
    });
    expect(run({ ...args, dot: true }).out).toContain('"LEAF-0" -- "SPINE-1" [label="2 x 400G"];');
  });

  it('refuses what cannot be, in one pass', () => {
    expect(issuesOf({})).toHaveLength(1);
    expect(issuesOf({ cluster: 'h100-rail-cols' })[0]).toContain('h100-rail-clos');
    expect(issuesOf({ cluster: 'h100-rail-clos', job: '99999' })).toEqual(['--job: 99999 GPUs do not fit']);
    expect(issuesOf({ cluster: 'h100-rail-clos', 'job-nodes': '3,9999' })).toEqual([
      '--job-nodes: there is no node 9999',
    ]);
    expect(issuesOf({ cluster: 'h100-rail-clos', set: ['cluster.fabric.rails=3'] })).toHaveLength(1);
    expect(issuesOf({ import: files, scenario: 'x', device: 'h1000', 'nic-gbps': '-4' })).toHaveLength(3);
    expect(issuesOf({ import: [files[0], files[0]] })).toHaveLength(1);
  });
});

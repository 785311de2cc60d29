import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  expandHostlist,
  InputError,
  ibHosts,
  ibSwitchNames,
  importCluster,
  nodeInside,
  readClusterFile,
  readIbnetdiscover,
  readNvidiaSmiTopo,
  readSlurmTopology,
  readSlurmTopologyYaml,
  unifiedView,
} from '@regatta/scenarios';
import { buildFabricGraph, clusterProblems, Router, topologySummary } from '@regatta/sim-core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sharedFolder } from '../support/reference.js';
import { testDevice } from './clusters.js';

const fixture = (name: string): string =>
  readFileSync(fileURLToPath(new URL(`../fixtures/importers/${name}`, import.meta.url)), 'utf8');
const issuesOf = (read: () => unknown): string[] => {
  try {
    read();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return error.issues.map((issue) => `${issue.line}:${issue.column} ${issue.path}: ${issue.message}`);
  }
  return [];
};

describe('hostlist', () => {
  it('expands ranges, keeps zeros, multiplies brackets', () => {
    expect(expandHostlist('n[0-3,12,08-11],m5')).toEqual({
      ok: true,
      names: ['n0', 'n1', 'n2', 'n3', 'n12', 'n08', 'n09', 'n10', 'n11', 'm5'],
    });
    expect(expandHostlist('r[1-2]c[0-1]x')).toEqual({ ok: true, names: ['r1c0x', 'r1c1x', 'r2c0x', 'r2c1x'] });
  });

  it('gives back what was folded, for any range and width', () => {
    fc.assert(
      fc.property(fc.nat(200), fc.nat(50), fc.integer({ min: 1, max: 6 }), (first, more, width) => {
        const pad = (n: number): string => String(n).padStart(width, '0');
        const found = expandHostlist(`node[${pad(first)}-${pad(first + more)}]`);
        expect(found).toEqual({ ok: true, names: Array.from({ length: more + 1 }, (_, i) => `node${pad(first + i)}`) });
      }),
    );
  });

  it('says where a list is cut or wrong', () => {
    expect(expandHostlist('n[0-')).toMatchObject({ ok: false, offset: 1 });
    expect(expandHostlist('n[3-1]')).toMatchObject({ ok: false, message: 'the range 3-1 runs backwards' });
    expect(expandHostlist('a,,b')).toMatchObject({ ok: false, offset: 2 });
    expect(expandHostlist('n[0-99999999]')).toMatchObject({ ok: false });
    expect(expandHostlist('n]')).toMatchObject({ ok: false, offset: 1 });
  });
});

describe('nvidia-smi topo -m', () => {
  const text = fixture('dgx-two-rails.topo.txt');

  it('gives the matrix, the rails and the names of the NICs', () => {
    const topo = readNvidiaSmiTopo(text);
    expect(topo.devices).toHaveLength(9);
    expect(topo.cells[0]?.[1]).toEqual({ kind: 'nvlink', nvlinks: 18 });
    expect(topo.devices[3]).toMatchObject({ cpuAffinity: '56-111', numaAffinity: '1' });
    expect(topo.warnings).toEqual([]);
    expect(nodeInside(topo)).toMatchObject({
      gpus: 4,
      kind: 'nvswitch',
      nvlinks: 18,
      nics: [2, 3, 0, 1],
      nicDevices: ['mlx5_0', 'mlx5_1', 'mlx5_3', 'mlx5_4'],
      spareNics: 1,
    });
  });

  it('cut at any byte is read in full or refused in one pass, never half read', () => {
    const table = text.slice(0, text.indexOf('Legend:'));
    const whole = readNvidiaSmiTopo(table).cells;
    fc.assert(
      fc.property(fc.nat(table.length - 1), (at) => {
        try {
          expect(readNvidiaSmiTopo(table.slice(0, at)).cells).toEqual(whole);
        } catch (error) {
          expect(error).toBeInstanceOf(InputError);
        }
      }),
    );
  });

  it('names the row and column where the table is cut', () => {
    const lines = text.split('\n');
    expect(issuesOf(() => readNvidiaSmiTopo(lines.slice(0, 6).join('\n')))).toEqual([
      '6:1 rows: the table is cut: the rows of NIC0, NIC1, NIC2, NIC3, NIC4 are missing',
    ]);
    const half = [...lines.slice(0, 10), 'NIC4\tNODE\tNODE'].join('\n');
    const early = `${lines.slice(0, 4).join('\n')}\nGPU2\tNV18`;
    expect(issuesOf(() => readNvidiaSmiTopo(early))).toEqual(['5:10 GPU2.GPU1: the row is cut: 1 of 9 cells']);
    expect(issuesOf(() => readNvidiaSmiTopo(half))).toEqual(['11:15 NIC4.GPU2: the row is cut: 2 of 9 cells']);
    expect(issuesOf(() => readNvidiaSmiTopo(text.replace('PIX', 'PIY')))).toEqual([
      expect.stringMatching(/^3:\d+ GPU0\.NIC2: "PIY" is no connection$/),
    ]);
    expect(issuesOf(() => readNvidiaSmiTopo(''))).toHaveLength(1);
    expect(issuesOf(() => readNvidiaSmiTopo('\u0000\u0001'))).toHaveLength(1);
  });

  it('tells a mesh and a node without NVLink from NVSwitch', () => {
    const mesh = '\tGPU0\tGPU1\tGPU2\nGPU0\tX\tNV2\tNV1\nGPU1\tNV2\tX\tSYS\nGPU2\tNV1\tSYS\tX\n';
    expect(nodeInside(readNvidiaSmiTopo(mesh))).toMatchObject({ kind: 'mesh', nvlinks: 3 });
    const pcie = '\tGPU0\tGPU1\nGPU0\tX\tPIX\nGPU1\tPIX\tX\n';
    expect(nodeInside(readNvidiaSmiTopo(pcie))).toMatchObject({ kind: 'pcie', node: { gpusPerPcieSwitch: 2 } });
    expect(readNvidiaSmiTopo('\tGPU0\tGPU1\nGPU0\tX\tPIX\nGPU1\tPHB\tX\n').warnings).toHaveLength(1);
  });
});

describe('Slurm topology', () => {
  it('reads keys in any case, comments and lines that go on', () => {
    expect(readSlurmTopology(fixture('two-rails.topology.conf'))).toMatchObject({
      kind: 'tree',
      roots: ['top'],
      nodes: ['tray1', 'tray2', 'tray10', 'tray11'],
      warnings: [],
    });
  });

  it('reads blocks, rings and YAML', () => {
    expect(readSlurmTopology('BlockName=a Nodes=n[0-3]\nBlockName=b Nodes=n[4-7]\nBlockSizes=4,8')).toMatchObject({
      kind: 'block',
      blockSizes: [4, 8],
    });
    expect(readSlurmTopology('RingName=r Nodes=n[0-7]')).toMatchObject({ kind: 'ring' });
    expect(readSlurmTopologyYaml(fixture('pods.topology.yaml'))).toMatchObject({
      kind: 'tree',
      roots: ['core'],
      warnings: ['2 topologies: pods is used'],
    });
    expect(issuesOf(() => readSlurmTopologyYaml('- topology: a\n  torus3d: {}\n'))).toHaveLength(1);
    expect(issuesOf(() => readSlurmTopologyYaml('- topology: a\n  tree: [\n'))).not.toHaveLength(0);
    expect(issuesOf(() => readSlurmTopologyYaml(''))).not.toHaveLength(0);
  });

  it('says what is wrong and where, all in one pass', () => {
    const text = [
      'SwitchName=top Switches=leaf[0-2]',
      'SwitchName=leaf0 Nodes=n[0-',
      'SwitchName=leaf1 Nodez=n5',
      'SwitchName=leaf1 Nodes=n5',
      'SwitchName=leaf1 Nodes=n6',
      'stray',
    ].join('\n');
    expect(issuesOf(() => readSlurmTopology(text))).toEqual([
      '6:1 topology: "stray" is no key=value',
      '2:25 nodes: the bracket is not closed: the list is cut',
      '3:18 nodez: unknown key "nodez"',
      '5:1 leaf1: leaf1 is defined in line 4 already',
      '1:1 top: leaf2 of top is not defined: the file is cut, or a name is wrong',
    ]);
    expect(issuesOf(() => readSlurmTopology('# nothing\n'))).toHaveLength(1);
    expect(issuesOf(() => readSlurmTopology('SwitchName=a Switches=b\nSwitchName=b Switches=a'))).toEqual([
      '1:1 a: a is above itself',
    ]);
    expect(issuesOf(() => readSlurmTopology('SwitchName=a Nodes=n1\nSwitchName=b \\'))).toEqual([
      '2:14 topology: the file is cut: the last line goes on',
      '2:1 b: b has no Switches or Nodes: the line is cut',
    ]);
    expect(issuesOf(() => readSlurmTopology('SwitchName=a Nodes='))).toEqual([
      '1:20 nodes: a value is missing: the line is cut',
    ]);
    expect(issuesOf(() => readSlurmTopology('SwitchName=a Nodes=n1\nBlockName=b Nodes=n2'))).toHaveLength(1);
  });
});

describe('ibnetdiscover', () => {
  const text = fixture('two-rails.ibnet.txt');

  it('gives each cable once, also where one end is missing', () => {
    const fabric = readIbnetdiscover(text);
    // 16 NICs, one of storage, eight between leaves and spines, two aggregation nodes.
    expect(fabric.cables).toHaveLength(16 + 1 + 8 + 2);
    expect(fabric.warnings).toHaveLength(1);
    const { hosts } = ibHosts(fabric);
    expect(hosts.map((host) => host.name)).toEqual(['storage1', 'tray1', 'tray2', 'tray10', 'tray11']);
    expect([...ibSwitchNames(fabric).values()]).toEqual(['LEAF-0', 'LEAF-1', 'SPINE-0', 'SPINE-1']);
    expect(new Set(fabric.cables.map((cable) => cable.gbps))).toEqual(new Set([400, 200]));
  });

  it('does not depend on the order of the records', () => {
    const records = text.split('\n\n').filter((record) => record.includes('"'));
    const key = (t: string): string[] =>
      readIbnetdiscover(t)
        .cables.map(({ a, aPort, b, bPort, gbps }) => [[`${a}${aPort}`, `${b}${bPort}`].sort(), gbps].join())
        .sort();
    fc.assert(
      fc.property(fc.shuffledSubarray(records, { minLength: records.length }), (shuffled) => {
        expect(key(shuffled.join('\n\n'))).toEqual(key(text));
      }),
      { numRuns: 20 },
    );
  });

  it('cut at any byte never gives a cable that is not there', () => {
    const known = new Set(readIbnetdiscover(text).cables.map((cable) => JSON.stringify(cable)));
    fc.assert(
      fc.property(fc.nat(text.length - 1), (at) => {
        try {
          for (const cable of readIbnetdiscover(text.slice(0, at)).cables)
            expect(known).toContain(JSON.stringify(cable));
        } catch (error) {
          if (!(error instanceof InputError)) throw error;
          expect(error.issues.length).toBeLessThanOrEqual(2);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('says where a line is cut', () => {
    const lines = text.split('\n');
    expect(issuesOf(() => readIbnetdiscover(`${lines.slice(0, 8).join('\n')}\n[2]\t"H-00`))).toEqual([
      '9:9 S-0000000000001000: the port line is cut: "[2]\t"H-00"',
    ]);
    expect(issuesOf(() => readIbnetdiscover('[1] "S-1"[2]'))).toEqual([
      '1:1 fabric: a port without the record that it belongs to: the head of the file is cut',
    ]);
    expect(issuesOf(() => readIbnetdiscover(''))).toHaveLength(1);
    expect(issuesOf(() => readIbnetdiscover('Switch 8 "S-1"\n[9] "S-2"[1] # "x" lid 1 4xZDR'))).toHaveLength(2);
  });
});

describe('unified view', () => {
  const topo = readNvidiaSmiTopo(fixture('dgx-two-rails.topo.txt'));
  const fabric = readIbnetdiscover(fixture('two-rails.ibnet.txt'));
  const slurm = readSlurmTopology(fixture('two-rails.topology.conf'));

  it('joins matrix, cables and Slurm: compute nodes, rails in GPU order, no storage', () => {
    const view = unifiedView({ topo, fabric, slurm }, { device: testDevice });
    expect(view.nodeNames).toEqual(['tray1', 'tray2', 'tray10', 'tray11']);
    expect(view.cluster).toMatchObject({ nodes: 4, gpusPerNode: 4, node: { kind: 'nvswitch' } });
    const hgx = { ...testDevice, scaleUp: { ...testDevice.scaleUp, domain: 8 } };
    expect(unifiedView({ topo, fabric, slurm }, { device: hgx }).cluster.device.scaleUp.domain).toBe(4);
    expect(view.cluster.device.scaleUp.bandwidthBytesPerSecond).toBe(450e9);
    expect(clusterProblems(view.cluster)).toEqual([]);
    const graph = buildFabricGraph(view.cluster);
    const names = (from: number, to: number): string[] => {
      const route = new Router(graph).route(from, to);
      return route.kind === 'route' ? route.links.map((link) => graph.linkName(link)) : [route.kind];
    };
    // GPU 0 and 1 hang on LEAF-0, GPU 2 and 3 on LEAF-1.
    expect(names(0, 4)).toEqual(['node0.gpu0.pcie.up', 'node0.nic0.up', 'node1.nic0.down', 'node1.gpu0.pcie.down']);
    expect(names(0, 6).filter((name) => name.startsWith('LEAF'))).toHaveLength(8);
    const summary = topologySummary(view.cluster);
    expect(summary.oversubscription.leaf).toBeCloseTo((8 * 400) / 1600, 9);
    expect(summary.tiers.map((tier) => tier.count)).toEqual([2, 2]);
    // Two neighbouring NICs share a leaf: that is no rail of a Clos. With NICs in turn it is.
    expect(view.clos).toBeUndefined();
    const swapped = fixture('two-rails.ibnet.txt').replace(/mlx5_[13]/g, (name) =>
      name === 'mlx5_1' ? 'mlx5_3' : 'mlx5_1',
    );
    const inTurn = unifiedView({ topo, fabric: readIbnetdiscover(swapped), slurm }, { device: testDevice });
    expect(inTurn.clos?.fabric).toMatchObject({ kind: 'clos', rails: 2, spinesPerPod: 2, oversubscription: 2 });
    expect(
      view.warnings.some((warning) => warning.includes('1 hosts of the fabric are not in the Slurm topology')),
    ).toBe(true);
  });

  it('makes a Clos of a regular Slurm tree and a graph of another', () => {
    const pods = unifiedView(
      { slurm: readSlurmTopologyYaml(fixture('pods.topology.yaml')) },
      { device: testDevice, gpusPerNode: 8, nicGbps: 200 },
    );
    expect(pods.cluster.fabric).toMatchObject({
      kind: 'clos',
      tiers: 3,
      nodesPerLeaf: 4,
      leavesPerPod: 2,
      nicsPerNode: 8,
    });
    expect(pods.nodeNames[15]).toBe('n15');
    const uneven = readSlurmTopology('SwitchName=t Switches=a,b\nSwitchName=a Nodes=n[1-2]\nSwitchName=b Nodes=n3');
    const view = unifiedView({ slurm: uneven }, { device: testDevice, gpusPerNode: 2, oversubscription: 2 });
    expect(clusterProblems(view.cluster)).toEqual([]);
    expect(topologySummary(view.cluster)).toMatchObject({ nodes: 3, oversubscription: { leaf: 2 } });
  });

  it('is made of files in any order; mistakes of all of them come together', () => {
    const files = ['two-rails.ibnet.txt', 'two-rails.topology.conf', 'dgx-two-rails.topo.txt'].map((name) => ({
      file: name,
      text: fixture(name),
    }));
    const view = importCluster(files, { device: testDevice });
    expect(importCluster(files.toReversed(), { device: testDevice }).cluster).toEqual(view.cluster);
    expect(view.cluster.gpusPerNode).toBe(4);
    const broken = files.map(({ file, text }) => ({ file, text: text.slice(0, text.length / 3) }));
    expect(
      issuesOf(() => importCluster([...broken, { file: 'x', text: '' }], { device: testDevice })).length,
    ).toBeGreaterThan(2);
    expect(issuesOf(() => importCluster([...files, ...files.slice(0, 1)], { device: testDevice }))).toHaveLength(1);
  });

  it('knows each file by its content', () => {
    expect(readClusterFile(fixture('two-rails.ibnet.txt')).format).toBe('ibnetdiscover');
    expect(readClusterFile(fixture('dgx-two-rails.topo.txt')).format).toBe('nvidia-smi-topo');
    expect(readClusterFile(fixture('two-rails.topology.conf')).format).toBe('slurm-topology');
    expect(readClusterFile(fixture('pods.topology.yaml')).format).toBe('slurm-topology');
    expect(issuesOf(() => readClusterFile('hello'))).toHaveLength(1);
    expect(issuesOf(() => readClusterFile(''))).toEqual(['1:1 import: the file is empty']);
  });
});

describe('files of other projects', () => {
  const samples = sharedFolder('samples');
  const folders = ['nvidia-smi-topo', 'slurm-topology', 'ibnetdiscover'];
  const files = samples
    ? folders.flatMap((folder) => {
        const path = join(samples, folder);
        return existsSync(path) ? readdirSync(path).map((name) => join(path, name)) : [];
      })
    : [];

  it.skipIf(files.length === 0)('are all read and become clusters with routes', () => {
    for (const file of files) {
      const read = readClusterFile(readFileSync(file, 'utf8'), file);
      const source =
        read.format === 'nvidia-smi-topo'
          ? { topo: read }
          : read.format === 'ibnetdiscover'
            ? { fabric: read }
            : { slurm: read };
      const view = unifiedView(source, { device: testDevice });
      expect(view.cluster.nodes, file).toBeGreaterThan(0);
      const summary = topologySummary(view.cluster);
      expect(summary.cables.length, file).toBeGreaterThan(0);
    }
  });

  it.skipIf(files.length === 0)('give the counts that a reader of them finds', () => {
    const load = (name: string): string => readFileSync(join(samples ?? '', name), 'utf8');
    const two = readIbnetdiscover(load('ibnetdiscover/ibsim_2sw.txt'));
    expect([two.cables.length, ibHosts(two).hosts.length]).toEqual([6, 4]);
    const ndr = readIbnetdiscover(load('ibnetdiscover/topograph_ndr_head.txt'));
    expect(ndr.nodes.filter((node) => node.line > 0)).toHaveLength(21);
    expect(ibHosts(ndr).hosts.some((host) => host.name === 'Mellanox')).toBe(false);
    expect(readSlurmTopology(load('slurm-topology/tree-3level-small.conf')).nodes).toHaveLength(400);
    expect(readSlurmTopology(load('slurm-topology/tree-forest.conf'))).toMatchObject({
      roots: ['spineA', 'spineB', 'leafC'],
    });
    const tree = unifiedView(
      { slurm: readSlurmTopology(load('slurm-topology/topograph-tree.conf')) },
      { device: testDevice },
    );
    expect(tree.cluster.fabric).toMatchObject({ kind: 'clos', tiers: 3, nodesPerLeaf: 8, leavesPerPod: 2 });
    const mixed = readNvidiaSmiTopo(load('nvidia-smi-topo/litgpt_nvlink_all_gpu_connected_but_other_connected.txt'));
    expect(nodeInside(mixed)).toMatchObject({
      kind: 'nvswitch',
      gpus: 8,
      nvlinks: 12,
      spareNics: 2,
      nics: [2, 3, 0, 1, 8, 9, 4, 5],
    });
  });
});

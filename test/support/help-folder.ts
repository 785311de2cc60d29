import { readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse, stringify } from 'yaml';
import { folderWith, regatta } from './run-cli.js';

const at = (path: string): string => readFileSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)), 'utf8');

const swfRow = (job: number): string => `${job} ${job * 60} -1 600 16 -1 -1 16 900 -1 1 1 1 -1 -1 -1 -1 -1`;

/** What nccl-tests would print on a node of A100s: its list of ranks, then the table that `regatta collective` prints alike. */
function ncclLog(op: string): string {
  const ranks = Array.from(
    { length: 8 },
    (_, i) => `#  Rank  ${i} Group  0 Pid   ${100 + i} on   node0 device  ${i} [0000:0${i}:00] NVIDIA A100-SXM4-80GB`,
  );
  const table = regatta(['collective', '--op', op, '--gpus', '8', '--cluster', 'a100-superpod']).stdout;
  return `# Using devices\n${ranks.join('\n')}\n${table}`;
}

/** A folder with every file that the examples of `--help` and the commands of the docs name. */
export function helpFolder(): string {
  const scenario: { job: object } = parse(regatta(['init']).stdout);
  const long = { ...scenario, job: { ...scenario.job, steps: 500 }, failures: { profile: 'llama3-2024' } };
  const flows: object = JSON.parse(at('test/fixtures/reference/maxmin/incast-15-staggered.json'));
  const published: { rows: { gpus: number; gpu?: string }[] } = JSON.parse(
    at('packages/cli/data/published/mosaicml-llm-foundry.json'),
  );
  // Few and small: calibration simulates each of them many times.
  const runs = {
    ...published,
    rows: published.rows.filter(({ gpus, gpu }) => gpus === 8 && gpu === 'a100_80gb').slice(0, 2),
  };
  const folder = folderWith({
    'scenario.yaml': stringify(scenario),
    'a.yaml': stringify(long),
    'b.yaml': stringify({ ...long, recovery: { policy: 'spares', spares: 16 } }),
    'flows.json': JSON.stringify(flows),
    'flows.yaml': stringify(flows),
    'nasa.swf': `; MaxProcs: 128\n${Array.from({ length: 50 }, (_, job) => swfRow(job + 1)).join('\n')}\n`,
    'jobs.json': JSON.stringify({ jobs: [{ id: 'a', submitSeconds: 0, gpus: 16, runSeconds: 600 }] }),
    'jobs.csv': at('examples/jobs/nine.csv'),
    'my-policy.ts': at('examples/my-scheduling-policy/smallest-first.ts'),
    'my-runs.json': JSON.stringify(runs),
    'all_reduce.log': ncclLog('all_reduce'),
    'all_gather.log': ncclLog('all_gather'),
    'topo.txt': at('test/fixtures/importers/dgx-two-rails.topo.txt'),
    'ibnet.txt': at('test/fixtures/importers/two-rails.ibnet.txt'),
    'topology.conf': at('test/fixtures/importers/two-rails.topology.conf'),
  });
  symlinkSync(fileURLToPath(new URL('../../examples', import.meta.url)), join(folder, 'examples'));
  return folder;
}

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse, stringify } from 'yaml';
import { folderWith, regatta } from './run-cli.js';

const at = (path: string): string => readFileSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)), 'utf8');

const swfRow = (job: number): string => `${job} ${job * 60} -1 600 16 -1 -1 16 900 -1 1 1 1 -1 -1 -1 -1 -1`;

/** A folder with every file that the examples of `--help` name. */
export function helpFolder(): string {
  const scenario: { job: object } = parse(regatta(['init']).stdout);
  const long = { ...scenario, job: { ...scenario.job, steps: 4000 }, failures: { profile: 'llama3-2024' } };
  const flows: object = JSON.parse(at('test/fixtures/reference/maxmin/incast-15-staggered.json'));
  const runs: { rows?: unknown[] } = JSON.parse(at('packages/cli/data/published/megascale.json'));
  return folderWith({
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
    'topo.txt': at('test/fixtures/importers/dgx-two-rails.topo.txt'),
    'ibnet.txt': at('test/fixtures/importers/two-rails.ibnet.txt'),
    'topology.conf': at('test/fixtures/importers/two-rails.topology.conf'),
  });
}

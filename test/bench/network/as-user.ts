import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execPath } from 'node:process';
import { workloads } from './workloads.js';

/** A workload as a user runs it: `regatta net FILE --json` in a fresh process. */
export interface UserRun {
  /** The simulation alone, as SimGrid's figure is its run phase alone. */
  readonly runSeconds: number;
  /** The whole process: start-up, reading the file, simulating, printing. */
  readonly wholeSeconds: number;
  readonly peakBytes: number;
  readonly finish: readonly number[];
}

const timings = /simulated ([\d.]+) s, peak memory ([\d.]+) MiB/;

const isOutput = (value: unknown): value is { finish: number[] } =>
  typeof value === 'object' && value !== null && 'finish' in value && Array.isArray(value.finish);

function once(file: string): UserRun {
  const began = process.hrtime.bigint();
  const child = spawnSync('packages/cli/bin/regatta.js', ['net', file, '--json', '--timings'], {
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  const wholeSeconds = Number(process.hrtime.bigint() - began) / 1e9;
  const [, run, mebibytes] = timings.exec(child.stderr) ?? [];
  const output: unknown = child.status === 0 ? JSON.parse(child.stdout) : undefined;
  if (!isOutput(output) || run === undefined) throw new Error(`net ${file}: exit ${child.status}\n${child.stderr}`);
  return { runSeconds: Number(run), wholeSeconds, peakBytes: Number(mebibytes) * 2 ** 20, finish: output.finish };
}

/** Peak memory of Node with nothing to do. */
export function idleNodeBytes(): number {
  const program = 'process.stdout.write(String(process.resourceUsage().maxRSS))';
  return Number(spawnSync(execPath, ['--v8-pool-size=0', '-e', program], { encoding: 'utf8' }).stdout) * 1024;
}

/** Median of `repeats` runs by their run phase; undefined for works that are no list of flows. */
export function runAsUser(name: string, repeats: number): UserRun | undefined {
  const flowCase = workloads.find((workload) => workload.name === name)?.make();
  if (!flowCase) return undefined;
  const folder = mkdtempSync(join(tmpdir(), 'regatta-net-'));
  const file = join(folder, `${name}.json`);
  const links = flowCase.capacitiesBytesPerSecond.map((capacity) => ({ capacity }));
  const flows = Array.from(flowCase.flows, ({ startSeconds, bytes, links: route }) => ({
    start: startSeconds,
    bytes,
    links: route,
  }));
  try {
    writeFileSync(file, JSON.stringify({ links, flows }));
    const runs = Array.from({ length: repeats }, () => once(file)).sort((a, b) => a.runSeconds - b.runSeconds);
    return runs[Math.floor(runs.length / 2)];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

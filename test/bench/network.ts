/**
 * Flows on links: time, memory and growth of the fluid network, beside SimGrid where it is installed.
 * `--simgrid` runs SimGrid too (w2 takes it a minute); `--only w1,w3b` picks workloads; `--no-growth` leaves the last part out.
 * Run: `npx --yes pnpm@12 run bench network`
 */
import { spawnSync } from 'node:child_process';
import { cpus } from 'node:os';
import { argv, cwd, execPath, version } from 'node:process';
import { fileURLToPath } from 'node:url';
import { benchmarks, type Measured, measure } from './network/measured.js';
import { SimGrid } from './network/simgrid.js';
import { standingFlows } from './network/standing-flows.js';

const option = (name: string): string | undefined => {
  const at = argv.indexOf(name);
  return at < 0 ? undefined : (argv[at + 1] ?? '');
};
const line = (cells: readonly (string | number)[]): void => console.log(`| ${cells.join(' | ')} |`);
const mebibytes = (bytes: number): string => (bytes / 2 ** 20).toFixed(0);

const isMeasured = (value: unknown): value is Measured =>
  typeof value === 'object' && value !== null && 'coldSeconds' in value;

/** Measures in a process of its own, so that code is cold and memory is this workload's. */
function inProcess(name: string): Measured {
  const child = spawnSync(execPath, [fileURLToPath(import.meta.url), '--one', name], {
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  if (child.status !== 0) throw new Error(`${name}: exit ${child.status}\n${child.stderr}`);
  const value: unknown = JSON.parse(child.stdout);
  if (!isMeasured(value)) throw new Error(`${name}: no result`);
  return value;
}

/** Greatest difference of a flow's finish, relative to the whole. */
function difference(ours: Measured, theirs: { simulatedSeconds: number; finish: readonly number[] }): number {
  const scale = theirs.simulatedSeconds;
  const flows = ours.finish.map((time, i) => Math.abs(time - (theirs.finish[i] ?? Number.NaN)) / scale);
  return Math.max(Math.abs(ours.simulatedSeconds - scale) / scale, ...(flows.length > 0 ? [maximum(flows)] : []));
}

const maximum = (values: readonly number[]): number =>
  values.reduce((most, value) => (value > most || Number.isNaN(value) ? value : most), 0);

function compare(only: readonly string[]): void {
  const wanted = argv.includes('--simgrid');
  const simgrid = wanted ? SimGrid.build(cwd()) : 'left out: --simgrid runs it';
  if (typeof simgrid === 'string') console.log(`SimGrid: ${simgrid}\n`);
  line([
    'work',
    'flows',
    'cold, s',
    'warm, s',
    'SimGrid, s',
    'cold ratio',
    'warm ratio',
    'target',
    'MiB',
    'SimGrid MiB',
    'difference',
  ]);
  line(['---', ...Array.from({ length: 10 }, () => '---:')]);
  for (const { name, target } of benchmarks) {
    if (only.length > 0 && !only.some((prefix) => name.startsWith(prefix))) continue;
    const ours = inProcess(name);
    const own = [name, ours.flows, ours.coldSeconds.toFixed(3), ours.warmSeconds.toFixed(3)];
    const memory = `${mebibytes(ours.peakBytes)} (+${mebibytes(ours.addedBytes)})`;
    if (typeof simgrid === 'string') {
      line([...own, '', '', '', target, memory, '', '']);
      continue;
    }
    const theirs = simgrid.measure(name, 3);
    line([
      ...own,
      theirs.seconds.toFixed(3),
      (theirs.seconds / ours.coldSeconds).toFixed(1),
      (theirs.seconds / ours.warmSeconds).toFixed(1),
      target,
      memory,
      `${mebibytes(theirs.peakBytes)} (+${mebibytes(theirs.addedBytes)})`,
      difference(ours, theirs).toExponential(0),
    ]);
  }
}

function growth(): void {
  console.log('\nStanding random flows on a three-tier Clos of 16,384 hosts; an event is a start or an end\n');
  line(['flows at once', 'events', 'events/s', 'rates changed a solve', 'first solve, s', 'MiB']);
  line(Array.from({ length: 6 }, () => '---:'));
  const clock = (): number => Number(process.hrtime.bigint()) / 1e9;
  for (const [flows, completions] of [
    [1000, 50_000],
    [10_000, 50_000],
    [100_000, 2000],
  ] as const) {
    const { events, seconds, updatesPerSolve, firstSolveSeconds } = standingFlows(flows, completions, clock);
    const memory = mebibytes(process.memoryUsage.rss());
    line([
      flows,
      events,
      Math.round(events / seconds),
      updatesPerSolve.toFixed(1),
      firstSolveSeconds.toFixed(3),
      memory,
    ]);
  }
}

const one = option('--one');
if (one !== undefined) console.log(JSON.stringify(measure(one)));
else {
  compare((option('--only') ?? '').split(',').filter((name) => name !== ''));
  if (!argv.includes('--no-growth')) growth();
  console.log(`\nMachine: node ${version}, ${cpus()[0]?.model ?? ''}, ${cpus().length} cores.`);
}

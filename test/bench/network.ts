/**
 * Flows on links: time, memory and growth of the fluid network, beside SimGrid where it is installed.
 *
 * Cold is the simulation in a fresh process as a user runs it: `regatta net FILE`, for the rings a program that uses the
 * library; warm a later run in one process. SimGrid's time is its run phase alone too. Whole is everything from start to exit;
 * memory is of the whole process, and in brackets beyond that of an idle Node, or of SimGrid with one flow.
 * `--simgrid` runs SimGrid too (w2 takes it a minute); `--only w1,w3b` picks workloads; `--no-growth` leaves the last part out.
 * Run: `npx --yes pnpm@12 run build && npx --yes pnpm@12 run bench network --simgrid`
 */
import { spawnSync } from 'node:child_process';
import { cpus } from 'node:os';
import { argv, cwd, execPath, version } from 'node:process';
import { fileURLToPath } from 'node:url';
import { idleNodeBytes, runAsUser } from './network/as-user.js';
import { benchmarks, type Measured, measure } from './network/measured.js';
import { SimGrid } from './network/simgrid.js';
import { flowsOnOneLink, standingFlows } from './network/standing-flows.js';

const option = (name: string): string | undefined => {
  const at = argv.indexOf(name);
  return at < 0 ? undefined : (argv[at + 1] ?? '');
};
const line = (cells: readonly (string | number)[]): void => console.log(`| ${cells.join(' | ')} |`);
const mebibytes = (bytes: number): string => (bytes / 2 ** 20).toFixed(0);
/** Of the whole process, and what the work adds to one that does nothing. */
const memoryOf = (bytes: number, idle: number): string => `${mebibytes(bytes)} (+${mebibytes(bytes - idle)})`;

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
  const idle = idleNodeBytes();
  const simgridIdle = typeof simgrid === 'string' ? 0 : simgrid.idleBytes();
  line([
    'work',
    'flows',
    'cold, s',
    'warm, s',
    'SimGrid, s',
    'cold ratio',
    'warm ratio',
    'target',
    'whole, s',
    'SimGrid whole, s',
    'MiB (added)',
    'SimGrid MiB (added)',
    'difference',
  ]);
  line(['---', ...Array.from({ length: 12 }, () => '---:')]);
  for (const { name, target } of benchmarks) {
    if (only.length > 0 && !only.some((prefix) => name.startsWith(prefix))) continue;
    const library = inProcess(name);
    const user = runAsUser(name, 5);
    const cold = user?.runSeconds ?? library.coldSeconds;
    const memory = memoryOf(user?.peakBytes ?? library.peakBytes, idle);
    const whole = user?.wholeSeconds.toFixed(2) ?? '';
    const own = [name, library.flows, cold.toFixed(3), library.warmSeconds.toFixed(3)];
    if (typeof simgrid === 'string') {
      line([...own, '', '', '', target, whole, '', memory, '', '']);
      continue;
    }
    const theirs = simgrid.measure(name, 5);
    line([
      ...own,
      theirs.seconds.toFixed(3),
      (theirs.seconds / cold).toFixed(1),
      (theirs.seconds / library.warmSeconds).toFixed(1),
      target,
      whole,
      theirs.wholeSeconds.toFixed(2),
      memory,
      memoryOf(theirs.peakBytes, simgridIdle),
      difference({ ...library, finish: user?.finish ?? library.finish }, theirs).toExponential(0),
    ]);
  }
}

const clock = (): number => Number(process.hrtime.bigint()) / 1e9;

function growth(): void {
  console.log('\nStanding random flows on a three-tier Clos of 16,384 hosts; an event is a start or an end\n');
  line(['flows at once', 'events', 'events/s', 'rates changed a solve', 'first solve, s', 'MiB']);
  line(Array.from({ length: 6 }, () => '---:'));
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

function oneLink(): void {
  console.log(
    '\nn flows of different sizes on one link, alone on it and each behind a link of its own as fast (an incast)\n',
  );
  line(['flows', 'alone: events/s', 'incast: events/s']);
  line(Array.from({ length: 3 }, () => '---:'));
  for (const flows of [1000, 10_000, 100_000]) {
    const rate = (behind: boolean): number => Math.round((2 * flows) / flowsOnOneLink(flows, behind, clock));
    line([flows, rate(false), rate(true)]);
  }
}

const one = option('--one');
if (one !== undefined) console.log(JSON.stringify(measure(one)));
else {
  compare((option('--only') ?? '').split(',').filter((name) => name !== ''));
  if (!argv.includes('--no-growth')) {
    growth();
    oneLink();
  }
  console.log(`\nMachine: node ${version}, ${cpus()[0]?.model ?? ''}, ${cpus().length} cores.`);
}

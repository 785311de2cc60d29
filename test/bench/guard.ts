/**
 * Guard against regressions: each work's time over that of a yardstick loop of the same run, against the stored ratio; exits 1
 * when one is more than 1.3 times the stored one. Times are of the CPU, not of the clock: others on the machine then matter less.
 * `--update` stores what it finds; `--smoke` takes a few seconds, and fails only beyond 3 times, since a machine that is shared
 * with others proves no more. `--prove` checks the guard itself: each work done three times for two must count as slower.
 * Run: `npx --yes pnpm@12 run bench guard`.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { type GuardedWork, guardedWorks, type Work } from './guard/works.js';

const baselineFile = join(process.cwd(), 'test/bench/baseline.json');
const smoke = process.argv.includes('--smoke');
const update = process.argv.includes('--update');
const prove = process.argv.includes('--prove');
const allowed = smoke ? 3 : 1.3;
const rounds = smoke ? 2 : 7;
/** Short works get more rounds, until they have taken so long. */
const leastSeconds = smoke ? 0.05 : 0.7;
const mostRounds = 60;
/** A work that seems too slow is measured so often again before it counts as slow. */
const retries = 2;

/** CPU seconds of a work: those that it reports itself, of a process of its own, or those of this one. */
const secondsOf = (work: Work): number => {
  const start = process.cpuUsage();
  const own = work();
  const { user, system } = process.cpuUsage(start);
  return own ?? (user + system) / 1e6;
};

/** Arithmetic, branches and reads all over a few megabytes: what the works do, without their code. */
function yardstick(): undefined {
  const size = 1 << 19;
  const values = new Float64Array(size);
  let state = 1;
  let sum = 0;
  for (let i = 0; i < 1_500_000; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const at = state & (size - 1);
    const value = (values[at] ?? 0) + (state & 1 ? 1 / (1 + i) : 0.5);
    values[at] = value;
    if (value > 1) sum += value;
  }
  if (sum < 0) throw new Error('the yardstick adds up to less than nothing');
  return undefined;
}

/**
 * Best time of the work over the best of the yardstick, which is run beside it each time. The smoke check takes the least ratio of
 * a round instead: of few rounds on a busy machine one yardstick may be lucky.
 */
function ratioOf(work: Work): number {
  let best = Number.POSITIVE_INFINITY;
  let unit = Number.POSITIVE_INFINITY;
  let least = Number.POSITIVE_INFINITY;
  let spent = 0;
  for (let round = 0; round < rounds || (spent < leastSeconds && round < mostRounds); round++) {
    const beside = secondsOf(yardstick);
    const seconds = secondsOf(work);
    unit = Math.min(unit, beside);
    least = Math.min(least, seconds / beside);
    best = Math.min(best, seconds);
    spent += seconds;
  }
  return smoke ? least : best / unit;
}

function stored(): ReadonlyMap<string, number> {
  const value: unknown = JSON.parse(readFileSync(baselineFile, 'utf8'));
  if (typeof value !== 'object' || value === null) throw new Error(`${baselineFile}: holds no ratios`);
  return new Map(Object.entries(value).flatMap(([name, ratio]) => (typeof ratio === 'number' ? [[name, ratio]] : [])));
}

function measured({ prepare }: GuardedWork, limit: number): number {
  const work = prepare();
  work();
  let ratio = ratioOf(work);
  for (let retry = 0; retry < retries && ratio > limit; retry++) ratio = Math.min(ratio, ratioOf(work));
  return ratio;
}

/** A work done several times in a row. */
function times(work: Work, count: number): Work {
  return () => {
    let own: number | undefined;
    for (let i = 0; i < count; i++) {
      const seconds = work();
      if (seconds !== undefined) own = (own ?? 0) + seconds;
    }
    return own;
  };
}

/** Shows that a slowdown of one half would be caught, whatever is stored: exits 1 when one is not. */
function proveGuard(): void {
  let missed = 0;
  for (const { name, prepare } of guardedWorks) {
    const work = prepare();
    work();
    const slowdown = ratioOf(times(work, 3)) / ratioOf(times(work, 2));
    if (slowdown <= 1.3) missed++;
    console.log(
      `${name}: 1.5 times the work counts as ${slowdown.toFixed(2)} times${slowdown > 1.3 ? '' : ', MISSED'}`,
    );
  }
  process.exitCode = missed > 0 ? 1 : 0;
}

function compare(): void {
  const baseline = update ? new Map<string, number>() : stored();
  const found: Record<string, number> = {};
  let slow = 0;
  console.log(`${cpus()[0]?.model ?? ''}, Node ${process.version}; fails above ${allowed} times the stored ratio`);
  console.log('| work | ratio to the yardstick | stored | times |');
  console.log('|---|---:|---:|---:|');
  for (const work of guardedWorks) {
    const before = baseline.get(work.name);
    const ratio = measured(work, before === undefined ? Number.POSITIVE_INFINITY : allowed * before);
    found[work.name] = Number(ratio.toPrecision(4));
    const grown = before === undefined ? undefined : ratio / before;
    if (!update && (grown === undefined || grown > allowed)) slow++;
    const verdict =
      grown === undefined ? (update ? '' : 'not stored') : `${grown.toFixed(2)}${grown > allowed ? ' SLOWER' : ''}`;
    console.log(`| ${work.name} | ${ratio.toPrecision(3)} | ${before?.toPrecision(3) ?? ''} | ${verdict} |`);
  }
  if (update) writeFileSync(baselineFile, `${JSON.stringify(found, undefined, 2)}\n`);
  if (slow > 0) console.log(`${slow} of ${guardedWorks.length} works are slower than stored, or not stored`);
  process.exitCode = slow > 0 ? 1 : 0;
}

if (prove) proveGuard();
else compare();

/**
 * Guard against regressions: each work's time over that of a yardstick loop of the same run, against the stored ratio; exits 1
 * when one is more than 1.3 times the stored one. `--update` stores what it finds; `--smoke` takes a few seconds, and fails
 * only beyond 3 times, since a machine that is shared with others proves no more. Run: `npx --yes pnpm@12 run bench guard`.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { type GuardedWork, guardedWorks } from './guard/works.js';

const baselineFile = join(process.cwd(), 'test/bench/baseline.json');
const smoke = process.argv.includes('--smoke');
const update = process.argv.includes('--update');
const allowed = smoke ? 3 : 1.3;
const rounds = smoke ? 2 : 7;
/** Short works get more rounds, until they have taken so long. */
const leastSeconds = smoke ? 0.05 : 0.7;
const mostRounds = 60;
/** A work that seems too slow is measured so often again before it counts as slow. */
const retries = 2;

const secondsOf = (work: () => void): number => {
  const start = process.hrtime.bigint();
  work();
  return Number(process.hrtime.bigint() - start) / 1e9;
};

/** Arithmetic, branches and reads all over a few megabytes: what the works do, without their code. */
function yardstick(): number {
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
  return sum;
}

/** Best time of the work over the best of the yardstick, which is run beside it each time. */
function ratioOf(work: () => void): number {
  let best = Number.POSITIVE_INFINITY;
  let unit = Number.POSITIVE_INFINITY;
  let spent = 0;
  for (let round = 0; round < rounds || (spent < leastSeconds && round < mostRounds); round++) {
    unit = Math.min(unit, secondsOf(yardstick));
    const seconds = secondsOf(work);
    best = Math.min(best, seconds);
    spent += seconds;
  }
  return best / unit;
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
  const times = before === undefined ? undefined : ratio / before;
  if (!update && (times === undefined || times > allowed)) slow++;
  const verdict =
    times === undefined ? (update ? '' : 'not stored') : `${times.toFixed(2)}${times > allowed ? ' SLOWER' : ''}`;
  console.log(`| ${work.name} | ${ratio.toPrecision(3)} | ${before?.toPrecision(3) ?? ''} | ${verdict} |`);
}
if (update) writeFileSync(baselineFile, `${JSON.stringify(found, undefined, 2)}\n`);
if (slow > 0) console.log(`${slow} of ${guardedWorks.length} works are slower than stored, or not stored`);
process.exitCode = slow > 0 ? 1 : 0;

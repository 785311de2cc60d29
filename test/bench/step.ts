/**
 * Whole-process times and peak memory of the step simulation, as a user gets them; the curve from 1k to 1M GPUs; where the time
 * of a step goes. Run: `npx --yes pnpm@12 run bench step`; `--only works`, `--only curve` or `--only phases` takes one part.
 */
import { cpus } from 'node:os';
import { printCurve } from './step/curve.js';
import { printPhases } from './step/phases.js';
import { measure } from './step/whole-process.js';
import { stepWorks } from './step/works.js';

const at = process.argv.indexOf('--only');
const only = at < 0 ? undefined : process.argv[at + 1];
const wants = (part: string): boolean => only === undefined || only === part;

function printWorks(): void {
  console.log('| work | wall, s | target, s | user, s | peak memory, MiB | classes | events |');
  console.log('|---|---|---|---|---|---|---|');
  for (const { name, args, targetSeconds, repeats } of stepWorks) {
    const { wallSeconds, userSeconds, mebibytes, classes, events } = measure(args, repeats);
    const figures = [wallSeconds.toFixed(2), targetSeconds, userSeconds.toFixed(2), mebibytes.toFixed(0)];
    console.log(`| ${[name, ...figures, classes ?? '', events ?? ''].join(' | ')} |`);
  }
}

console.log(`node ${process.version}, ${cpus()[0]?.model ?? ''} x ${cpus().length}`);
if (wants('works')) printWorks();
if (wants('curve')) printCurve(3);
if (wants('phases')) printPhases();
